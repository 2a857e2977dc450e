import { hour } from '../lib/clock.ts'
import { newId, newToken } from '../lib/random.ts'
import { type LockedAccount, lockAccount } from '../sessions/locked-account.ts'
import type { Tx } from '../store/transaction.ts'

/** Long enough to think of a good password. */
const tokenLifetimeMs = hour

/** Mailed codes that are good at one time: more would make guessing pay. */
export const maxValidResetCodes = 3

const tokenPurpose = 'reset_token'
const codePurpose = ({ id }: { id: string }) => `reset ${id}`

/** A password that may be set anew: whose, and what is used up by it. */
export interface PendingReset {
  account: LockedAccount
  resetId: string
}

/** No account: what is done for it takes the time that it takes for one, and opens nothing. */
const noAccount = { id: '', credential_version: 0 }

/**
 * Lets a mailed code set the password of an account as it is now. For none it does the same work.
 */
export async function issueResetCode(
  tx: Tx,
  account: { id: string; credential_version: number } | undefined,
  { code, expiresAt }: { code: string; expiresAt: number },
): Promise<void> {
  const code_hash = tx.keyring.hash(code, codePurpose(account ?? noAccount))
  await insertReset(tx, { account, token_hash: null, code_hash, expiresAt })
}

/** Lets whoever has the token set the password of a held account. @returns it, and its seconds */
export async function issueResetToken(tx: Tx, account: { id: string; credential_version: number }) {
  const token = newToken()
  const expiresAt = tx.now() + tokenLifetimeMs
  const token_hash = tx.keyring.hash(token, tokenPurpose)
  await insertReset(tx, { account, token_hash, code_hash: null, expiresAt })
  return { resetToken: token, until: expiresAt }
}

export async function findResetByToken(tx: Tx, token: string): Promise<PendingReset | undefined> {
  const found = await tx
    .selectFrom('password_reset')
    .select('account_id')
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(token, tokenPurpose))
    .executeTakeFirst()
  const account = found?.account_id ? await lockAccount(tx, found.account_id) : undefined
  if (!account) return undefined
  const reset = await pendingResets(tx, account)
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(token, tokenPurpose))
    .executeTakeFirst()
  return reset && { account, resetId: reset.id }
}

/**
 * Judges a mailed code: the newest few are good, since mails may come late and out of order. Where
 * there is no account it does the same work.
 *
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

/** Uses it up. The account is held, so nobody else has it open. */
export async function consumeReset(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable('password_reset')
    .set({ consumed_at: tx.now() })
    .where('id', '=', id)
    .execute()
}

/** Those of the account as it is now: a change since then makes them void. */
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
