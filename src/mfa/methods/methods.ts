import type { ExpressionBuilder } from 'kysely'
import { type MfaMethod, mfaMethods } from '../../config/settings.ts'
import { compileOnce } from '../../store/compile-once.ts'
import type { Db } from '../../store/open.ts'
import type { Schema } from '../../store/schema.ts'
import type { Tx } from '../../store/transaction.ts'
import { authenticator } from './authenticator.ts'
import { email } from './email.ts'
import type { CodeMethod, Enrollment, Method } from './method.ts'
import { passkey } from './passkey.ts'
import { recoveryCode } from './recovery-code.ts'
import { sms } from './sms.ts'

/** All methods of the second factor. A new one is a file here and an entry in this table. */
export const methods = { passkey, authenticator, sms, email, recoveryCode } satisfies Record<
  MfaMethod | 'recoveryCode',
  Method
>

export type ChallengeMethod = keyof typeof methods

/** The methods whose factor is a code. */
export const codeMethods = { authenticator, sms, email, recoveryCode } satisfies Record<
  Exclude<ChallengeMethod, 'passkey'>,
  CodeMethod
>

export type CodeMethodName = keyof typeof codeMethods

/**
 * The enrolled methods that can be chosen as the default, strongest first.
 *
 * @param ranking methods the operator allows, strongest first; enrolled methods that it lacks still
 * work, and come last
 */
export function availableMethods(
  enrollment: Enrollment,
  ranking: readonly MfaMethod[],
): MfaMethod[] {
  const all = new Set([...ranking, ...mfaMethods])
  return [...all].filter((name) => methods[name].isEnrolled(enrollment))
}

/** The methods that can complete a sign-in: the available ones and recovery codes. */
export function availableChallengeMethods(
  enrollment: Enrollment,
  ranking: readonly MfaMethod[],
): ChallengeMethod[] {
  const available = availableMethods(enrollment, ranking)
  return methods.recoveryCode.isEnrolled(enrollment) ? [...available, 'recoveryCode'] : available
}

export async function readEnrollment(db: Db | Tx, account: { id: string }): Promise<Enrollment> {
  const row = await readEnrollmentRow(db, account.id)
  if (!row) throw new Error('There is no such account.')
  return enrollmentOf(row)
}

const readEnrollmentRow = compileOnce((db, account: string) =>
  db.selectFrom('account').select(enrollmentColumns).where('id', '=', account),
)

/** The columns of `account` that `enrollmentOf` needs. */
export const enrollmentColumns = (account: ExpressionBuilder<Schema, 'account'>) =>
  [
    'id',
    'phone_number',
    'mfa_email',
    account
      .selectFrom('totp_secret')
      .select((row) => row.fn.countAll<number>().as('count'))
      .whereRef('account_id', '=', 'account.id')
      .where('confirmed_at', 'is not', null)
      .where('removed_at', 'is', null)
      .as('authenticators'),
    account
      .selectFrom('recovery_code')
      .select((row) => row.fn.countAll<number>().as('count'))
      .whereRef('account_id', '=', 'account.id')
      .where('used_at', 'is', null)
      .where('removed_at', 'is', null)
      .as('recovery_codes'),
    account
      .selectFrom('passkey')
      .select((row) => row.fn.countAll<number>().as('count'))
      .whereRef('account_id', '=', 'account.id')
      .where('removed_at', 'is', null)
      .as('passkeys'),
  ] as const

export function enrollmentOf(row: {
  id: string
  phone_number: string | null
  mfa_email: string | null
  authenticators: number | null
  recovery_codes: number | null
  passkeys: number | null
}): Enrollment {
  return {
    account: row.id,
    authenticator: (row.authenticators ?? 0) > 0,
    phoneNumber: row.phone_number,
    email: row.mfa_email,
    recoveryCodes: row.recovery_codes ?? 0,
    passkeys: row.passkeys ?? 0,
  }
}
