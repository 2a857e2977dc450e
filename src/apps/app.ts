import type { Selectable } from 'kysely'
import { toIsoString } from '../lib/clock.ts'
import type { Db } from '../store/open.ts'
import type { AppTable } from '../store/schema.ts'

/** An application that sends people here to sign in: an OpenID Connect client. */
export interface App {
  /** The `client_id`. */
  id: string
  name: string
  /** Its address, for people. */
  url: string
  /** The addresses to which people return, compared exactly. */
  redirectUris: string[]
  /** Where it learns that a session has ended; null if it does not want to. */
  backchannelLogoutUri: string | null
  /** Without a secret, because it runs where its users could read one: in a browser, on a phone. */
  public: boolean
  /** The operator’s own: asks for no consent. */
  trusted: boolean
  /** Behind a reverse proxy that asks for each request who sends it: forward authentication. */
  forwardAuth: boolean
  /** Whether forward authentication requires a second factor other than a code by email. */
  requiresMfa: boolean
  createdAt: string
  /** Null for a public one. */
  secretChangedAt: string | null
}

export function appOf(row: Selectable<AppTable>): App {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    redirectUris: JSON.parse(row.redirect_uris),
    backchannelLogoutUri: row.backchannel_logout_uri,
    public: row.secret_hash === null,
    trusted: row.trusted_since !== null,
    forwardAuth: row.forward_auth_origin !== null,
    requiresMfa: row.required_acr === 'aal2',
    createdAt: toIsoString(row.created_at),
    secretChangedAt: row.secret_changed_at === null ? null : toIsoString(row.secret_changed_at),
  }
}

/** All applications, by their client ids. */
export async function listApps(db: Db): Promise<App[]> {
  const rows = await db.selectFrom('app').selectAll().orderBy('id').execute()
  return rows.map(appOf)
}

/** The application of a `client_id`, with the hash of its secret. */
export function findApp(db: Pick<Db, 'selectFrom'>, id: string) {
  return db.selectFrom('app').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function hasApps(db: Db): Promise<boolean> {
  const row = await db.selectFrom('app').select('id').limit(1).executeTakeFirst()
  return row !== undefined
}
