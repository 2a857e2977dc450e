import {
  type Adapter,
  type AdapterPayload,
  type ClientMetadata,
  errors,
  Provider,
} from 'oidc-provider'
import { recordAppUse, refreshAppUse } from '../../apps/account-apps.ts'
import { appOf, findApp } from '../../apps/app.ts'
import { isNative } from '../../apps/app-addresses.ts'
import { recordSessionApp } from '../../apps/logout/session-app.ts'
import { clientOf } from '../../lib/client.ts'
import { hour, now, second } from '../../lib/clock.ts'
import type { Db } from '../../store/open.ts'
import type { RunTransaction } from '../../store/transaction.ts'
import type { Records } from './records.ts'
import type { SessionViews } from './session-view.ts'

/** Within it, refreshes with one token get the same successor, as at `/auth/Refresh`. */
const graceMs = 10 * second

export interface AdapterDeps {
  db: Db
  transaction: RunTransaction
  records: Records
  sessions: SessionViews
  /** The refresh token that replaces another one. */
  successorOf: (refreshToken: string) => string
}

/**
 * The library’s access to its objects of one kind: applications are in a table of their own, sessions are
 * views on ours, others are stored as they are.
 */
export function createAdapter(deps: AdapterDeps, model: string): Adapter {
  const { db, records, sessions, successorOf } = deps

  /** Whether a refresh with a used token is repeated: for a moment, unless its successor was used. */
  async function isRepeatable(id: string, consumedAt: number): Promise<boolean> {
    if (model !== 'RefreshToken' || now() > consumedAt + graceMs) return false
    const successor = await records.find(model, successorOf(id))
    return (successor?.consumedAt ?? null) === null
  }

  return {
    async upsert(id, payload, expiresIn = hour / second) {
      const stored = withoutSessionCookie(payload)
      const { accountId, clientId } = payload
      if (model === 'AuthorizationCode') await recordSignIn(deps, payload)
      if (model === 'AccessToken' && accountId !== undefined && clientId !== undefined) {
        await refreshAppUse(db, accountId, clientId)
      }
      if (model === 'Session') await sessions.save(id, stored, expiresIn)
      else await records.save(model, id, stored, expiresIn)
    },

    async find(id) {
      if (model === 'Client') return findClient(db, id)
      const record = await records.find(model, id)
      if (!record) return undefined
      const { payload, consumedAt } = record
      if (model === 'Session') return sessions.view(payload)
      if (consumedAt === null || (await isRepeatable(id, consumedAt))) return payload
      return { ...payload, consumed: Math.floor(consumedAt / second) }
    },

    findByUid: (uid) => sessions.findByUid(uid),

    // Codes of devices are not issued.
    findByUserCode: async () => undefined,

    async consume(id) {
      if (await records.consume(model, id)) return
      const consumedAt = (await records.find(model, id))?.consumedAt ?? null
      if (consumedAt !== null && (await isRepeatable(id, consumedAt))) return
      throw model === 'PushedAuthorizationRequest'
        ? new errors.InvalidRequestUri('request_uri was already used')
        : new errors.InvalidGrant('already used')
    },

    destroy: (id) => records.remove(model, id),
    revokeByGrantId: (grantId) => records.removeByGrant(model, grantId),
  }
}

/**
 * Records that a session signs in to an application: its owner sees it, and the application learns of
 * the session’s end.
 */
async function recordSignIn({ transaction }: AdapterDeps, payload: AdapterPayload): Promise<void> {
  const { sessionUid: session = '', clientId: app = '', accountId: account = '' } = payload
  const { sid = '', scope = '' } = payload
  const { ctx } = Provider
  const client = ctx ? clientOf({ ip: ctx.ip, headers: ctx.headers }) : null
  await transaction(async (tx) => {
    if (!(await recordSessionApp(tx, { session, app, sid }))) {
      throw new errors.LoginRequired('the session has ended')
    }
    const use = { account, app, scope: scope.split(' '), session, client }
    if (await recordAppUse(tx, use)) return
    throw new errors.AccessDenied('the end-user has removed the application')
  })
}

/** An application as client metadata (OpenID Connect Dynamic Client Registration §2). */
async function findClient(db: Db, id: string): Promise<AdapterPayload | undefined> {
  // PostgreSQL refuses NUL.
  const row = id.includes('\0') ? undefined : await findApp(db, id)
  if (!row) return undefined
  const app = appOf(row)
  return {
    client_id: app.id,
    client_name: app.name,
    client_uri: app.url,
    redirect_uris: app.redirectUris,
    // Back to its address, or to a page from which people start.
    post_logout_redirect_uris: [app.url, `${app.url}/`, ...app.redirectUris],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: isNative(app) ? 'native' : 'web',
    token_endpoint_auth_method: app.public ? 'none' : 'client_secret_basic',
    // The library asks for one; what a request brings is compared with the hash.
    ...(row.secret_hash !== null && { client_secret: row.secret_hash }),
  } satisfies ClientMetadata
}

/** An interaction is saved with the cookie of its session, which nothing reads. */
function withoutSessionCookie(payload: AdapterPayload): AdapterPayload {
  if (typeof payload.session !== 'object') return payload
  const { cookie: _, ...session } = payload.session as Record<string, unknown>
  return { ...payload, session } as AdapterPayload
}
