import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { record } from '../../activity/activity.ts'
import type { Client } from '../../lib/client.ts'
import { isUnusablePassword } from '../../lib/password-hasher.ts'
import { Problem } from '../../lib/problem.ts'
import { enqueueNotification } from '../../notifications/outbox.ts'
import { rateLimits } from '../../rate-limits/limits.ts'
import { ignoreIfRateLimited, type RateLimiter } from '../../rate-limits/rate-limiter.ts'
import type { Amr } from '../../sessions/assurance.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import { isCurrent } from '../../store/mfa-state.ts'
import type { Db } from '../../store/open.ts'
import type { Sealer, Tx } from '../../store/transaction.ts'
import { notRemoved } from '../../undo/snapshot.ts'
import { type CredentialDescriptor, type RelyingParty, verifyAssertion } from './webauthn.ts'

/** Dependencies of verifying the response of a passkey to a challenge. */
export interface PasskeyDeps {
  db: Db
  keyring: Sealer
  relyingParty: RelyingParty
}

/**
 * Lists the credential descriptors of an account's passkeys, newest first, for browsers.
 *
 * @param options.includePending whether passkeys that open nothing yet are listed, too
 * @param options.id lists this passkey alone
 * @param options.removed ids of removed passkeys that count all the same
 */
export async function listPasskeyDescriptors(
  tx: Tx,
  account: LockedAccount,
  options: {
    includePending?: boolean
    id?: string | undefined
    removed?: readonly string[]
  } = {},
): Promise<CredentialDescriptor[]> {
  const { includePending = false, id, removed = [] } = options
  const rows = await tx
    .selectFrom('passkey')
    .select(['credential_id', 'transports', 'mfa_epoch'])
    .where('account_id', '=', account.id)
    .where(notRemoved(removed))
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
    .orderBy('id', 'desc')
    .execute()
  return rows
    .filter((row) => includePending || isCurrent(account, row.mfa_epoch))
    .map((row) => ({
      credentialId: row.credential_id,
      transports: JSON.parse(row.transports),
    }))
}

/** The purposes for which a passkey is the only proof; without a password, `turnOn` is another. */
const userVerifiedPurposes: readonly string[] = ['signIn', 'reauthenticate', 'confirm']

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
 * Verifies a passkey's response to a challenge. Runs outside any transaction, because verifying
 * signatures queues behind password hashes; stores nothing.
 *
 * @param challenge.account_id null if any account’s passkey may respond
 * @param options.acceptRemoved whether `recordPasskeyUse` decides about removed passkeys, for an undo
 * @returns undefined if the assertion is invalid, or the passkey unknown or of another account
 */
export async function verifyPasskey(
  db: Db,
  relyingParty: RelyingParty,
  challenge: { purpose: string; value: string; account_id: string | null },
  response: AuthenticationResponseJSON,
  { acceptRemoved = false } = {},
): Promise<VerifiedPasskey | undefined> {
  const { purpose, value, account_id } = challenge
  const row = await db
    .selectFrom('passkey')
    .innerJoin('account', 'account.id', 'passkey.account_id')
    .select(['passkey.id', 'account_id', 'public_key', 'user_handle', 'password_hash'])
    .where('credential_id', '=', response.id)
    .$if(!acceptRemoved, (query) => query.where('removed_at', 'is', null))
    .executeTakeFirst()
  if (!row || (account_id !== null && row.account_id !== account_id)) return undefined
  // The user handle must match; it is required where no account was named (WebAuthn Level 3, §7.2).
  const { userHandle } = response.response
  if ((userHandle ?? (account_id === null ? '' : row.user_handle)) !== row.user_handle) {
    return undefined
  }
  const isOnlyProof =
    userVerifiedPurposes.includes(purpose) ||
    (purpose === 'turnOn' && isUnusablePassword(row.password_hash))
  const assertion = await verifyAssertion(relyingParty, value, response, {
    publicKey: row.public_key,
    requireUserVerification: isOnlyProof,
  })
  if (!assertion) return undefined
  const amr: Amr[] = [assertion.backupEligible ? 'swk' : 'hwk', 'user']
  return {
    ...assertion,
    id: row.id,
    account: row.account_id,
    // With user verification a passkey is two factors: the device, and the biometric or PIN.
    amr: isOnlyProof ? [...amr, 'mfa'] : amr,
  }
}

/**
 * Records the use of a passkey and advances its signature counter, if it has one (WebAuthn Level 3,
 * §6.1.1). A counter that did not advance may mean a cloned authenticator: the use is refused and
 * the owner notified. A pending passkey is refused unless it is being proven.
 *
 * @param options.acceptPending whether the use proves the passkey, so that it may be pending
 * @param options.removed ids of removed passkeys that count all the same
 * @returns the MFA epoch that the passkey belonged to; undefined if the use is refused, which must be
 * committed, too
 */
export async function recordPasskeyUse(
  tx: Tx,
  { rateLimiter }: { rateLimiter: RateLimiter },
  account: LockedAccount,
  { id, counter, backedUp }: VerifiedPasskey,
  client: Client,
  options: { acceptPending?: boolean; removed?: readonly string[] } = {},
): Promise<{ epoch: number | null } | undefined> {
  const { acceptPending = false, removed = [] } = options
  const row = await tx
    .selectFrom('passkey')
    .select(['name', 'counter', 'mfa_epoch'])
    .where('id', '=', id)
    .where(notRemoved(removed))
    .executeTakeFirst()
  if (!row || !(acceptPending || isCurrent(account, row.mfa_epoch))) return undefined

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
  if (numUpdatedRows > 0) return { epoch: row.mfa_epoch }

  const detail = { passkey: row.name, counter, expectedAbove: row.counter }
  await record(tx, account.id, { type: 'passkey.refused', client, detail })
  const reservation = await rateLimiter
    .consume(tx, { limit: rateLimits.cloneNotices, key: account.id })
    .catch(ignoreIfRateLimited)
  if (!reservation) return undefined
  await enqueueNotification(tx, {
    accountId: account.id,
    to: { channel: 'email', destination: account.email },
    template: 'passkey-cloned',
    params: { at: tx.now() },
  })
  return undefined
}

export function invalidPasskey(): Problem {
  return new Problem('invalid_passkey', 'That passkey wasn’t accepted. Please try again.')
}
