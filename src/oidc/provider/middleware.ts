import type { KoaContextWithOIDC } from 'oidc-provider'
import * as activity from '../../activity/activity.ts'
import { matchesHash } from '../../keys/keyring.ts'
import { clientOf } from '../../lib/client.ts'
import { readCookie, withoutCookie } from '../../lib/cookies.ts'
import { endSession } from '../../sessions/session.ts'
import type { OidcDeps } from '../oidc.ts'
import { continuationPurpose } from './interactions.ts'
import type { ProviderPages } from './pages.ts'
import type { Records } from './records.ts'

type Middleware = (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void>

/**
 * Lets only the browser that signed in go on to the application. Otherwise a stranger could begin a
 * sign-in, have somebody else complete it by a link, and go on as that person.
 */
export function guardContinuation(deps: {
  keyring: OidcDeps['keyring']
  records: Records
  cookies: { apps: string; continuation: string }
  pages: ProviderPages
}): Middleware {
  const { keyring, records, cookies, pages } = deps
  return async (ctx, next) => {
    const [, id] = /^\/oidc\/auth\/([\w-]+)$/.exec(ctx.path) ?? []
    const interaction = id === undefined ? undefined : await records.find('Interaction', id)
    const { result, session } = interaction?.payload ?? {}
    if (!result) return next()

    const { headers } = ctx.req
    const token = readCookie(headers.cookie, cookies.continuation) ?? ''
    if (!matchesHash(keyring, String(result.continuation), token, continuationPurpose)) {
      ctx.status = 400
      await pages.renderError(ctx, {
        error: 'invalid_request',
        error_description: 'another browser has signed in',
      })
      return
    }
    // Another session has signed in than the one of the cookie, which stays as it is.
    if (result.login && !session) {
      headers.cookie = withoutCookie(headers.cookie, cookies.apps)
    }
    await next()
  }
}

/** Signing out at an application’s request ends our session, and with it all applications’. */
export function endSessionOnSignOut({ transaction }: Pick<OidcDeps, 'transaction'>): Middleware {
  return async (ctx, next) => {
    await next()
    if (ctx.path !== '/oidc/logout/confirm' || ctx.status !== 303) return
    const { accountId, uid, destroyed } = ctx.oidc.session as unknown as {
      accountId?: string
      uid: string
      destroyed?: boolean
    }
    if (destroyed && accountId !== undefined) {
      await transaction(async (tx) => {
        if (!(await endSession(tx, accountId, uid))) return
        const detail = { reason: 'signed_out' }
        const client = clientOf({ ip: ctx.ip, headers: ctx.headers })
        await activity.record(tx, accountId, {
          type: 'session.ended',
          client,
          session: uid,
          detail,
        })
      })
    }
    // Our page asks by script: its policy lets it send no form.
    if (ctx.get('accept') === 'application/json') {
      const redirectTo = ctx.response.get('location')
      ctx.remove('location')
      ctx.status = 200
      ctx.body = { redirectTo }
    }
  }
}
