import { now, toIsoString } from '../../lib/clock.ts'
import { newId } from '../../lib/random.ts'
import type { Db } from '../../store/open.ts'
import type { Tx } from '../../store/transaction.ts'
import { newRecoveryCode, normalizeRecoveryCode } from '../recovery-codes/recovery-code-format.ts'
import type { CodeMethod } from './method.ts'

/** A code from paper, for when everything else is lost. Never a method of its own. */
export const recoveryCode: CodeMethod = {
  amr: 'recovery_code',
  isEnrolled: (enrollment) => enrollment.recoveryCodes > 0,

  async verifyCode(tx, keyring, { account }, code) {
    const { numUpdatedRows } = await tx
      .updateTable('recovery_code')
      .set({ used_at: now() })
      .where('account_id', '=', account)
      .where('code_hash', 'in', keyring.hashWithAllKeys(normalizeRecoveryCode(code), purpose))
      .where('used_at', 'is', null)
      .where('removed_at', 'is', null)
      .executeTakeFirstOrThrow()
    return numUpdatedRows > 0
  },
}

const purpose = 'recovery_code'

/** How many an owner gets: enough for years, few enough to fit on a card. */
export const recoveryCodeCount = 10

/** Makes ten, to be shown once: only their hashes are kept. */
export async function generateRecoveryCodes(tx: Tx, account: string): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodeCount }, newRecoveryCode)
  const rows = codes.map((code) => ({
    id: newId(),
    account_id: account,
    code_hash: tx.keyring.hash(normalizeRecoveryCode(code), purpose),
    created_at: tx.now(),
    used_at: null,
    removed_at: null,
  }))
  await tx.insertInto('recovery_code').values(rows).execute()
  return codes
}

/** How many are left, and since when there are these; null if there never were any. */
export async function readRecoveryCodeStatus(db: Db | Tx, account: string) {
  const rows = await db
    .selectFrom('recovery_code')
    .select(['created_at', 'used_at'])
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .execute()
  const [first] = rows
  return {
    remaining: rows.filter((row) => row.used_at === null).length,
    createdAt: first ? toIsoString(first.created_at) : null,
  }
}

/** Marks all as removed: the change can be undone, and a code that was used stays used. */
export async function removeRecoveryCodes(tx: Tx, account: string): Promise<void> {
  await tx
    .updateTable('recovery_code')
    .set({ removed_at: tx.now() })
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .execute()
}
