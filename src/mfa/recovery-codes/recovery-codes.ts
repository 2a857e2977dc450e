import type { ExpressionBuilder } from 'kysely'
import * as activity from '../../activity/activity.ts'
import type { Client } from '../../lib/client.ts'
import { toIsoString } from '../../lib/clock.ts'
import { Problem } from '../../lib/problem.ts'
import { newId } from '../../lib/random.ts'
import { enqueueNotification } from '../../notifications/outbox.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import { removeTrust } from '../../sessions/trusted-device.ts'
import type { Db } from '../../store/open.ts'
import type { Schema } from '../../store/schema.ts'
import type { Tx } from '../../store/transaction.ts'
import { changeCredentials } from '../../undo/credential-change.ts'
import { notRemoved } from '../../undo/snapshot.ts'
import type { Enrollment } from '../methods/method.ts'
import { newRecoveryCode, normalizeRecoveryCode } from './recovery-code-format.ts'

const hashPurpose = 'recovery_code'

/** Codes per account: enough for years, few enough to fit on a card. */
export const recoveryCodeCount = 10

/**
 * The number of unused codes of the MFA epoch that is on, and when they were generated; `createdAt` is
 * null without any.
 */
export async function readRecoveryCodeStatus(db: Db | Tx, account: string) {
  const rows = await db
    .selectFrom('recovery_code')
    .select(['created_at', 'used_at'])
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .where('mfa_epoch', '=', epochOf(account))
    .execute()
  const [first] = rows
  return {
    remaining: rows.filter((row) => row.used_at === null).length,
    createdAt: first ? toIsoString(first.created_at) : null,
  }
}

/**
 * Generates recovery codes for an MFA epoch, unless the account has unused or used ones of it. Codes
 * of other epochs are removed: a thief may have generated them.
 *
 * @returns the new codes, to be shown once
 */
export async function ensureRecoveryCodes(
  tx: Tx,
  account: LockedAccount,
  epoch: number,
  { client, session }: { client: Client; session: string },
): Promise<string[] | undefined> {
  const existing = await tx
    .selectFrom('recovery_code')
    .select('id')
    .where('account_id', '=', account.id)
    .where('removed_at', 'is', null)
    .where('mfa_epoch', '=', epoch)
    .limit(1)
    .executeTakeFirst()
  if (existing) return undefined
  await removeRecoveryCodes(tx, account.id)
  await activity.record(tx, account.id, { type: 'recovery_codes.generated', client, session })
  return generateRecoveryCodes(tx, account.id, epoch)
}

/**
 * Replaces the recovery codes and notifies the owner.
 *
 * @returns the new codes, to be shown once
 * @throws Problem `mfa_is_off`: a thief of the password alone must not prepare any
 */
export async function regenerateRecoveryCodes(
  tx: Tx,
  account: LockedAccount,
  cause: activity.Cause,
): Promise<string[]> {
  if (account.mfa_epoch === null) {
    throw new Problem(
      'mfa_is_off',
      'Recovery codes replace a second step, which is off. You get ten when you turn it on.',
    )
  }
  await changeCredentials(tx, account, {
    type: 'recovery_codes.generated',
    cause,
    notice: 'recovery-codes-generated',
    params: { at: tx.now() },
    updateRows: () => removeRecoveryCodes(tx, account.id),
  })
  return generateRecoveryCodes(tx, account.id, account.mfa_epoch)
}

/** Marks a code as used. @returns false if it is wrong, used, replaced, or of another MFA epoch */
export async function consumeRecoveryCode(
  tx: Tx,
  enrollment: Enrollment,
  code: string,
): Promise<boolean> {
  const { account } = enrollment
  const { numUpdatedRows } = await tx
    .updateTable('recovery_code')
    .set({ used_at: tx.now() })
    .where('account_id', '=', account)
    .where('code_hash', 'in', tx.keyring.hashWithAllKeys(normalizeRecoveryCode(code), hashPurpose))
    .where('used_at', 'is', null)
    .where(notRemoved(enrollment.removed))
    .where('mfa_epoch', '=', epochOf(account))
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0
}

/**
 * Records that a recovery code was used, and notifies the owner. It may mean that a device was lost, so
 * no device stays trusted.
 */
export async function recordRecoveryCodeUse(
  tx: Tx,
  account: { id: string; email: string },
  client: Client,
): Promise<void> {
  const { remaining } = await readRecoveryCodeStatus(tx, account.id)
  await removeTrust(tx, account.id)
  await activity.record(tx, account.id, {
    type: 'recovery_code.used',
    client,
    detail: { remaining },
  })
  await enqueueNotification(tx, {
    accountId: account.id,
    to: { channel: 'email', destination: account.email },
    template: 'recovery-code-used',
    params: { remaining, at: tx.now() },
  })
}

/** The MFA epoch that is on, for a condition; null, which no row equals, while MFA is off. */
const epochOf = (account: string) => (row: ExpressionBuilder<Schema, 'recovery_code'>) =>
  row.selectFrom('account').select('mfa_epoch').where('account.id', '=', account)

/** Stores only hashes. */
async function generateRecoveryCodes(tx: Tx, account: string, epoch: number): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodeCount }, newRecoveryCode)
  const rows = codes.map((code) => ({
    id: newId(),
    account_id: account,
    code_hash: tx.keyring.hash(normalizeRecoveryCode(code), hashPurpose),
    created_at: tx.now(),
    used_at: null,
    removed_at: null,
    mfa_epoch: epoch,
  }))
  await tx.insertInto('recovery_code').values(rows).execute()
  return codes
}

/** Marks all codes as removed: an undo restores them, and used codes stay used. */
async function removeRecoveryCodes(tx: Tx, account: string): Promise<void> {
  await tx
    .updateTable('recovery_code')
    .set({ removed_at: tx.now() })
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .execute()
}
