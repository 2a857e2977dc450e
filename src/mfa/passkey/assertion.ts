import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { record } from '../../activity/activity.ts'
import type { Client } from '../../lib/client.ts'
import { Problem } from '../../lib/problem.ts'
import { enqueueNotification } from '../../notifications/outbox.ts'
import { rateLimits } from '../../rate-limits/limits.ts'
import { ignoreIfRateLimited, type RateLimiter } from '../../rate-limits/rate-limiter.ts'
import type { Amr } from '../../sessions/assurance.ts'
import type { Db } from '../../store/open.ts'
import type { Sealer, Tx } from '../../store/transaction.ts'
import type { ConsumedPasskeyChallenge } from './passkey-challenge.ts'
import { type CredentialDescriptor, type RelyingParty, verifyAssertion } from './webauthn.ts'

/** Dependencies of verifying the response of a passkey to a challenge. */
export interface PasskeyDeps {
  db: Db
  keyring: Sealer
  relyingParty: RelyingParty
}

/** Lists the credential descriptors of an account's passkeys, newest first, for browsers. */
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

/** A passkey whose assertion is valid. `recordPasskeyUse` must follow, with its account locked. */
export interface VerifiedPasskey {
  id: string
  account: string
  /** Authentication methods of a sign-in by it (RFC 8176). */
  amr: Amr[]
  counter: number
  backedUp: boolean
}

/**
 * Verifies a passkey's response to a consumed challenge. Runs outside any transaction, because
 * verifying signatures queues behind password hashes; stores nothing.
 *
 * @returns undefined if the assertion is invalid, or the passkey unknown or of another account
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
  // The user handle must match; it is required where no account was named (WebAuthn Level 3, §7.2).
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
    // With user verification a passkey is two factors: the device, and the biometric or PIN.
    amr: requireUserVerification ? [...amr, 'mfa'] : amr,
  }
}

/**
 * Records the use of a passkey and advances its signature counter, if it has one (WebAuthn Level 3,
 * §6.1.1). A counter that did not advance may mean a cloned authenticator: the use is refused and
 * the owner notified.
 *
 * @returns whether the use is accepted; a refusal must be committed, too
 */
export async function recordPasskeyUse(
  tx: Tx,
  { rateLimiter }: { rateLimiter: RateLimiter },
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
    .consume(tx, { limit: rateLimits.cloneNotices, key: account.id })
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

export function invalidPasskey(): Problem {
  return new Problem('invalid_passkey', 'That passkey wasn’t accepted. Please try again.')
}
