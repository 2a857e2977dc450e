import type { AdapterPayload } from 'oidc-provider'
import type { Keyring } from '../../keys/keyring.ts'
import { now, second } from '../../lib/clock.ts'
import { acrOf, parseAmr } from '../../sessions/assurance.ts'
import { findLiveSession } from '../../sessions/live-session.ts'
import { isSetupSession, type SessionRules } from '../../sessions/session.ts'
import { advisoryLock } from '../../store/locks.ts'
import type { Db } from '../../store/open.ts'
import { retryOnConflict } from '../../store/transaction.ts'
import { rowOf } from './records.ts'

/**
 * The provider’s session: a view on one of ours, whose id is its `uid`. It has no life of its own: once
 * ours has ended, it is not found, and nothing that depends on it is valid.
 */
export interface SessionViews {
  /** Stores it. There is one per session of ours: its latest cookie, and what all its tabs added. */
  save(id: string, payload: AdapterPayload, expiresIn: number): Promise<void>
  /** Takes account, time and strength of the sign-in from our session. */
  view(payload: AdapterPayload): Promise<AdapterPayload | undefined>
  findByUid(uid: string): Promise<AdapterPayload | undefined>
}

export function createSessionViews(deps: {
  db: Db
  keyring: Keyring
  rules: SessionRules
}): SessionViews {
  const { db, keyring, rules } = deps

  async function view(payload: AdapterPayload): Promise<AdapterPayload | undefined> {
    const { accountId, uid = '' } = payload
    // Nobody has signed in yet.
    if (accountId === undefined) return payload
    const session = await findLiveSession(db, uid)
    if (session?.account_id !== accountId || isSetupSession(rules, session)) return undefined
    const amr = parseAmr(session.amr)
    const loginTs = Math.floor(session.authenticated_at / second)
    return { ...payload, loginTs, amr, acr: acrOf(amr) }
  }

  return {
    view,

    async save(id, payload, expiresIn) {
      const { uid = '' } = payload
      await retryOnConflict(db, async (tx) => {
        // Two tabs may come back from signing in at once, each to its application.
        await advisoryLock(tx, `oidc session ${uid}`)
        const stored = await tx
          .selectFrom('oidc_record')
          .select('payload')
          .where('session_uid', '=', uid)
          .executeTakeFirst()
        const authorizations = {
          ...(stored && JSON.parse(stored.payload).authorizations),
          ...payload.authorizations,
        }
        const row = {
          ...rowOf('Session', { ...payload, authorizations }, now() + expiresIn * second),
          id_hash: keyring.hash(id, 'oidc Session'),
          session_uid: uid,
        }
        await tx
          .insertInto('oidc_record')
          .values({ ...row, consumed_at: null })
          .onConflict((conflict) => conflict.column('session_uid').doUpdateSet(row))
          .execute()
      })
    },

    async findByUid(uid) {
      const row = await db
        .selectFrom('oidc_record')
        .select('payload')
        .where('session_uid', '=', uid)
        .executeTakeFirst()
      return row && view(JSON.parse(row.payload))
    },
  }
}
