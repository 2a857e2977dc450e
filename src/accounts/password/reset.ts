import { hour, now } from '../../lib/clock.ts'
import type { Keys } from '../../lib/keys.ts'
import { newId, newToken } from '../../lib/random.ts'
import { type HeldAccount, holdAccount } from '../../sessions/guard.ts'
import type { Tx } from '../../store/open.ts'

/** Long enough to think of a good password. */
const tokenLivesMs = hour

/** Mailed codes that are good at one time: more would make guessing pay. */
export const codesGood = 3

const tokenPurpose = 'reset_token'
const codePurpose = ({ id }: { id: string }) => `reset ${id}`

/** A password that may be set anew: whose, and what is used up by it. */
export interface OpenReset {
  account: HeldAccount
  reset: string
}

/** No account: what is done for it takes the time that it takes for one, and opens nothing. */
const nobody = { id: '', credential_version: 0 }

/**
 * Lets a mailed code set the password of an account as it is now. For none it does the same work.
 */
export async function newResetCode(
  tx: Tx,
  keys: Keys,
  account: { id: string; credential_version: number } | undefined,
  { code, until }: { code: string; until: number },
): Promise<void> {
  const code_hash = keys.hash(code, codePurpose(account ?? nobody))
  await insert(tx, { account, token_hash: null, code_hash, until })
}

/** Lets whoever has the token set the password of a held account. @returns it, and its seconds */
export async function newResetToken(
  tx: Tx,
  keys: Keys,
  account: { id: string; credential_version: number },
) {
  const token = newToken()
  const until = now() + tokenLivesMs
  const token_hash = keys.hash(token, tokenPurpose)
  await insert(tx, { account, token_hash, code_hash: null, until })
  return { resetToken: token, until }
}

export async function openResetByToken(
  tx: Tx,
  keys: Keys,
  token: string,
): Promise<OpenReset | undefined> {
  const found = await tx
    .selectFrom('password_reset')
    .select('account_id')
    .where('token_hash', 'in', keys.hashes(token, tokenPurpose))
    .executeTakeFirst()
  const account = found?.account_id ? await holdAccount(tx, found.account_id) : undefined
  if (!account) return undefined
  const reset = await stillOpen(tx, account)
    .where('token_hash', 'in', keys.hashes(token, tokenPurpose))
    .executeTakeFirst()
  return reset && { account, reset: reset.id }
}

/**
 * Judges a mailed code: the newest few are good, since mails may come late and out of order. Where
 * there is no account it does the same work.
 *
 * @returns undefined for a wrong code
 */
export async function openResetByCode(
  tx: Tx,
  keys: Keys,
  account: HeldAccount | undefined,
  code: string,
): Promise<OpenReset | undefined> {
  const whose = account ?? nobody
  const open = await stillOpen(tx, whose)
    .select('code_hash')
    .where('code_hash', 'is not', null)
    .orderBy('id', 'desc')
    .limit(codesGood)
    .execute()
  const hashes = keys.hashes(code.replaceAll(' ', ''), codePurpose(whose))
  const reset = open.find(({ code_hash }) => hashes.includes(code_hash ?? ''))
  return account && reset && { account, reset: reset.id }
}

/** Uses it up. The account is held, so nobody else has it open. */
export async function consumeReset(tx: Tx, id: string): Promise<void> {
  await tx.updateTable('password_reset').set({ consumed_at: now() }).where('id', '=', id).execute()
}

/** Those of the account as it is now: a change since then makes them void. */
function stillOpen(tx: Tx, account: { id: string; credential_version: number }) {
  return tx
    .selectFrom('password_reset')
    .select('id')
    .where('account_id', '=', account.id)
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now())
    .where('credential_version', '=', account.credential_version)
}

async function insert(
  tx: Tx,
  row: {
    account: { id: string; credential_version: number } | undefined
    token_hash: string | null
    code_hash: string | null
    until: number
  },
): Promise<void> {
  const { account, token_hash, code_hash, until } = row
  await tx
    .insertInto('password_reset')
    .values({
      id: newId(),
      account_id: account?.id ?? null,
      credential_version: (account ?? nobody).credential_version,
      token_hash,
      code_hash,
      created_at: now(),
      expires_at: until,
      consumed_at: null,
    })
    .execute()
}
