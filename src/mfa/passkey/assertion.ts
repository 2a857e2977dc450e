import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { record } from '../../activity/activity.ts'
import type { Keyring } from '../../keys/keyring.ts'
import type { Client } from '../../lib/client.ts'
import { day, toIsoString } from '../../lib/clock.ts'
import { enqueueNotification } from '../../notifications/outbox.ts'
import {
  ignoreIfRateLimited,
  type RateLimit,
  type RateLimiter,
} from '../../rate-limits/rate-limiter.ts'
import type { Amr } from '../../sessions/assurance.ts'
import type { Db } from '../../store/open.ts'
import type { Tx } from '../../store/transaction.ts'
import type { ConsumedPasskeyChallenge } from './passkey-challenge.ts'
import { type CredentialDescriptor, type RelyingParty, verifyAssertion } from './webauthn.ts'

/** A passkey as its owner sees it. */
export interface Passkey {
  id: string
  name: string
  createdAt: string
  lastUsedAt: string | null
  backedUp: boolean
}

/** The passkeys of an account, newest first. */
export async function listPasskeys(db: Db | Tx, account: string): Promise<Passkey[]> {
  const rows = await db
    .selectFrom('passkey')
    .select(passkeyColumns)
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .orderBy('id', 'desc')
    .execute()
  return rows.map(passkeyOf)
}

export const passkeyColumns = ['id', 'name', 'created_at', 'last_used_at', 'backed_up'] as const

export function passkeyOf(row: {
  id: string
  name: string
  created_at: number
  last_used_at: number | null
  backed_up: number
}): Passkey {
  return {
    id: row.id,
    name: row.name,
    createdAt: toIsoString(row.created_at),
    lastUsedAt: row.last_used_at === null ? null : toIsoString(row.last_used_at),
    backedUp: row.backed_up === 1,
  }
}

/** The same as browsers must be told of them. */
export async function listPasskeyDescriptors(
  db: Db | Tx,
  account: string,
): Promise<CredentialDescriptor[]> {
  const rows = await db
    .selectFrom('passkey')
    .select(['credential_id', 'transports'])
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .orderBy('id', 'desc')
    .execute()
  return rows.map((row) => ({
    credentialId: row.credential_id,
    transports: JSON.parse(row.transports),
  }))
}

/** A passkey that has signed the challenge. It still has to be used, in its held account. */
export interface VerifiedPasskey {
  id: string
  account: string
  /** What a sign-in by it says of itself (RFC 8176). */
  amr: Amr[]
  counter: number
  backedUp: boolean
}

/**
 * Judges what a passkey made of a challenge that was taken. Nothing is stored, and no transaction
 * waits: checking signatures queues behind password hashes.
 *
 * @returns undefined if it is not right, not this account's, or known to nobody
 */
export async function verifyPasskey(
  db: Db,
  relyingParty: RelyingParty,
  { purpose, value, account_id }: ConsumedPasskeyChallenge,
  response: AuthenticationResponseJSON,
): Promise<VerifiedPasskey | undefined> {
  const row = await db
    .selectFrom('passkey')
    .innerJoin('account', 'account.id', 'passkey.account_id')
    .select(['passkey.id', 'account_id', 'public_key', 'user_handle'])
    .where('credential_id', '=', response.id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!row || (account_id !== null && row.account_id !== account_id)) return undefined
  // Whom it takes itself for; where nobody was named, it must say so (WebAuthn Level 3, §7.2).
  const { userHandle } = response.response
  if ((userHandle ?? (account_id === null ? '' : row.user_handle)) !== row.user_handle) {
    return undefined
  }
  const requireUserVerification = purpose === 'signIn' || purpose === 'reauthenticate'
  const assertion = await verifyAssertion(relyingParty, value, response, {
    publicKey: row.public_key,
    requireUserVerification,
  })
  if (!assertion) return undefined
  const amr: Amr[] = [assertion.backupEligible ? 'swk' : 'hwk', 'user']
  return {
    ...assertion,
    id: row.id,
    account: row.account_id,
    // What knows its user is two factors: the device, and the finger or the PIN.
    amr: requireUserVerification ? [...amr, 'mfa'] : amr,
  }
}

/** A clone may be tried again and again. */
const cloneNotices: RateLimit = {
  name: 'passkey-copy-told',
  max: 3,
  windowMs: day,
  problem: 'too_many_messages',
}

/**
 * Uses a passkey: its counter moves on, if it counts (WebAuthn Level 3, §6.1.1). If it should have
 * and did not, there may be two of it: this use is refused, and the owner is told.
 *
 * @returns whether it may be used; a no must be committed, too
 */
export async function recordPasskeyUse(
  tx: Tx,
  { rateLimiter }: { keyring: Keyring; rateLimiter: RateLimiter },
  account: { id: string; email: string },
  { id, counter, backedUp }: VerifiedPasskey,
  client: Client,
): Promise<boolean> {
  const current = await tx
    .selectFrom('passkey')
    .select(['name', 'counter'])
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!current) return false

  const { numUpdatedRows } = await tx
    .updateTable('passkey')
    .set({ counter, backed_up: backedUp ? 1 : 0, last_used_at: tx.now() })
    .where('id', '=', id)
    .where((row) =>
      row.or([
        row('counter', '<', counter),
        ...(counter === 0 ? [row('counter', '=', counter)] : []),
      ]),
    )
    .executeTakeFirstOrThrow()
  if (numUpdatedRows > 0) return true

  const detail = { passkey: current.name, counter, expectedAbove: current.counter }
  await record(tx, account.id, { type: 'passkey.refused', client, detail })
  const reservation = await rateLimiter
    .consume(tx, { limit: cloneNotices, key: account.id })
    .catch(ignoreIfRateLimited)
  if (!reservation) return false
  await enqueueNotification(tx, {
    accountId: account.id,
    to: { channel: 'email', destination: account.email },
    template: 'passkey-cloned',
    params: { at: tx.now() },
  })
  return false
}
