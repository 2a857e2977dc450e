/**
 * Password resets: a code emailed to an owner who forgot the password (`accounts/`), or a token given
 * to an owner who undid a change (`undo/`). Both authorise one new password and are void after any
 * change of credentials.
 */
import { hour } from '../lib/clock.ts'
import { newId, newToken } from '../lib/random.ts'
import { type LockedAccount, lockAccount } from '../sessions/locked-account.ts'
import type { Tx } from '../store/transaction.ts'

/** Leaves time to choose a good password. */
const tokenLifetimeMs = hour

/** Emailed codes that are valid at a time: more of them would make guessing easier. */
export const maxValidResetCodes = 3

const tokenPurpose = 'reset_token'
const codePurpose = ({ id }: { id: string }) => `reset ${id}`

/** A reset that was authorised and is not consumed yet. */
export interface PendingReset {
  account: LockedAccount
  resetId: string
}

/** Stands in for a missing account, so that an unknown address takes equal time. */
const noAccount = { id: '', credential_version: 0 }

/**
 * Stores a code that resets the password of an account at its current credential version. Without
 * an account it does equal work.
 */
export async function issueResetCode(
  tx: Tx,
  account: { id: string; credential_version: number } | undefined,
  { code, expiresAt }: { code: string; expiresAt: number },
): Promise<void> {
  const code_hash = tx.keyring.hash(code, codePurpose(account ?? noAccount))
  await insertReset(tx, { account, token_hash: null, code_hash, expiresAt })
}

/** Issues a token that resets the password of a locked account. */
export async function issueResetToken(tx: Tx, account: { id: string; credential_version: number }) {
  const token = newToken()
  const expiresAt = tx.now() + tokenLifetimeMs
  const token_hash = tx.keyring.hash(token, tokenPurpose)
  await insertReset(tx, { account, token_hash, code_hash: null, expiresAt })
  return { resetToken: token, expiresAt }
}

/** The account of a reset token, pending or not. */
export async function accountOfResetToken(
  tx: Tx,
  token: string,
): Promise<{ id: string; email: string } | undefined> {
  return tx
    .selectFrom('password_reset')
    .innerJoin('account', 'account.id', 'account_id')
    .select(['account.id', 'email'])
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(token, tokenPurpose))
    .executeTakeFirst()
}

/** Finds the pending reset of a token, and locks its account. */
export async function findResetByToken(tx: Tx, token: string): Promise<PendingReset | undefined> {
  const found = await accountOfResetToken(tx, token)
  const account = found && (await lockAccount(tx, found.id))
  if (!account) return undefined
  const reset = await pendingResets(tx, account)
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(token, tokenPurpose))
    .executeTakeFirst()
  return reset && { account, resetId: reset.id }
}

/**
 * Finds the pending reset of an emailed code. The newest `maxValidResetCodes` are valid, since
 * emails may arrive late and out of order. Without an account it does equal work.
 *
 * @param account locked
 * @returns undefined for a wrong code
 */
export async function findResetByCode(
  tx: Tx,
  account: LockedAccount | undefined,
  code: string,
): Promise<PendingReset | undefined> {
  const subject = account ?? noAccount
  const pending = await pendingResets(tx, subject)
    .select('code_hash')
    .where('code_hash', 'is not', null)
    .orderBy('id', 'desc')
    .limit(maxValidResetCodes)
    .execute()
  const hashes = tx.keyring.hashWithAllKeys(code.replaceAll(' ', ''), codePurpose(subject))
  const reset = pending.find(({ code_hash }) => hashes.includes(code_hash ?? ''))
  return account && reset && { account, resetId: reset.id }
}

/** Consumes a reset. Its account must be locked, so that no other request can consume it. */
export async function consumeReset(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable('password_reset')
    .set({ consumed_at: tx.now() })
    .where('id', '=', id)
    .execute()
}

/** Pending resets; a change of credentials has voided those of an earlier credential version. */
function pendingResets(tx: Tx, account: { id: string; credential_version: number }) {
  return tx
    .selectFrom('password_reset')
    .select('id')
    .where('account_id', '=', account.id)
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .where('credential_version', '=', account.credential_version)
}

async function insertReset(
  tx: Tx,
  row: {
    account: { id: string; credential_version: number } | undefined
    token_hash: string | null
    code_hash: string | null
    expiresAt: number
  },
): Promise<void> {
  const { account, token_hash, code_hash, expiresAt } = row
  await tx
    .insertInto('password_reset')
    .values({
      id: newId(),
      account_id: account?.id ?? null,
      credential_version: (account ?? noAccount).credential_version,
      token_hash,
      code_hash,
      created_at: tx.now(),
      expires_at: expiresAt,
      consumed_at: null,
    })
    .execute()
}
