import { isLoopback } from '../lib/loopback.ts'
import { OperatorError } from '../lib/operator-error.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import { parseAppUrl } from './app-addresses.ts'

/** The path on the application’s host to which people return from signing in. No application has it. */
export const callbackPath = '/.latchkey/callback'

export function forwardAuthCallback(origin: string): string {
  return origin + callbackPath
}

/**
 * The origin of an application behind forward authentication. All paths of it are protected: proxy and
 * application may read a path differently.
 *
 * @throws OperatorError unless it is one that browsers keep a `__Host-` cookie for
 */
export function parseForwardAuthOrigin(input: string, publicUrl: string): string {
  const { origin, pathname, search, hash, protocol, hostname } = new URL(parseAppUrl(input))
  if (pathname !== '/' || search !== '' || hash !== '') {
    throw new OperatorError(
      `“${input}” has a path. Forward authentication protects a whole host: ${origin}.`,
    )
  }
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    throw new OperatorError(`Forward authentication needs https://, for its cookie: ${input}.`)
  }
  if (origin === new URL(publicUrl).origin) {
    throw new OperatorError(`${origin} is Latchkey itself. An application needs a host of its own.`)
  }
  return origin
}

/** An application behind forward authentication, by its origin. */
export async function findAppByOrigin(
  db: Db,
  origin: string,
): Promise<{ id: string; required_acr: 'aal2' | null } | undefined> {
  const [app] = await selectAppByOrigin(db, { origin })
  return app
}

const selectAppByOrigin = prepared((db, { origin }: { origin: string }) =>
  db.selectFrom('app').select(['id', 'required_acr']).where('forward_auth_origin', '=', origin),
)

/** Whether a reverse proxy protects any application. */
export async function hasForwardAuthApps(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('app')
    .select('id')
    .where('forward_auth_origin', 'is not', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
