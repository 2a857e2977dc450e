import type { ExpressionBuilder } from 'kysely'
import type { MfaMethod } from '../../config/settings.ts'
import { isCurrent } from '../../store/mfa-state.ts'
import type { Db } from '../../store/open.ts'
import { prepared } from '../../store/prepared-query.ts'
import type { Schema } from '../../store/schema.ts'
import type { Tx } from '../../store/transaction.ts'
import { authenticator } from './authenticator.ts'
import { email } from './email.ts'
import type { CodeMethod, Enrollment, Enrollments, Method } from './method.ts'
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
 * The enrolled methods that sign in, strongest first.
 *
 * @param ranking methods the operator offers, strongest first
 * @param defaultMethod the account's default, which works even if it is no longer offered: its owner
 * would otherwise be locked out
 */
export function availableMethods(
  enrollment: Enrollment,
  ranking: readonly MfaMethod[],
  defaultMethod: MfaMethod | null,
): MfaMethod[] {
  const all = new Set([...ranking, ...(defaultMethod === null ? [] : [defaultMethod])])
  return [...all].filter((name) => methods[name].isEnrolled(enrollment))
}

/** Methods of which every credential is pending, strongest first. */
export function pendingMethods(
  { current, pending }: Enrollments,
  ranking: readonly MfaMethod[],
): MfaMethod[] {
  return availableMethods(pending, ranking, null).filter(
    (name) => !methods[name].isEnrolled(current),
  )
}

/**
 * The methods that can complete a sign-in: the available ones and recovery codes.
 *
 * @param options.throughMailbox whether the first factor came through the mailbox, by a reset or an
 * undo: then no code by email counts as the second factor, to whatever mailbox, while there is another
 * method
 */
export function availableChallengeMethods(
  enrollment: Enrollment,
  ranking: readonly MfaMethod[],
  defaultMethod: MfaMethod | null,
  { throughMailbox }: { throughMailbox: boolean },
): ChallengeMethod[] {
  const available = availableMethods(enrollment, ranking, defaultMethod)
  const others = available.filter((name) => name !== 'email')
  const usable = throughMailbox && others.length > 0 ? others : available
  return methods.recoveryCode.isEnrolled(enrollment) ? [...usable, 'recoveryCode'] : usable
}

/**
 * The method that a challenge starts with: the default one. A session is confirmed by another than email
 * where there is one, because a code by email leaves it too weak for changes.
 */
export function firstChallengeMethod(
  usable: readonly ChallengeMethod[],
  defaultMethod: string | null,
  { confirmsSession }: { confirmsSession: boolean },
): ChallengeMethod | undefined {
  const stronger = usable.filter((name) => name !== 'email' && name !== 'recoveryCode')
  const candidates = confirmsSession && stronger.length > 0 ? stronger : usable
  return candidates.find((name) => name === defaultMethod) ?? candidates[0]
}

/** Reads what an account has enrolled, and which of it is current. */
export async function readEnrollments(db: Db | Tx, account: { id: string }): Promise<Enrollments> {
  const [row] = await selectEnrollments(db, { account: account.id })
  if (!row) throw new Error('There is no such account.')
  return enrollmentsOf(row)
}

const selectEnrollments = prepared((db, { account }: { account: string }) =>
  db.selectFrom('account').select(enrollmentColumns).where('id', '=', account),
)

/** The columns of `account` that `enrollmentsOf` needs. */
export const enrollmentColumns = (account: ExpressionBuilder<Schema, 'account'>) => {
  const totpSecrets = account
    .selectFrom('totp_secret')
    .select((row) => row.fn.countAll<number>().as('count'))
    .whereRef('account_id', '=', 'account.id')
    .where('confirmed_at', 'is not', null)
    .where('removed_at', 'is', null)
  const passkeys = account
    .selectFrom('passkey')
    .select((row) => row.fn.countAll<number>().as('count'))
    .whereRef('account_id', '=', 'account.id')
    .where('removed_at', 'is', null)
  return [
    'id',
    'mfa_epoch',
    'phone_number',
    'phone_mfa_since',
    'phone_mfa_epoch',
    'mfa_email',
    'mfa_email_epoch',
    totpSecrets.as('authenticators'),
    totpSecrets
      .whereRef('totp_secret.mfa_epoch', '=', 'account.mfa_epoch')
      .as('authenticators_of_epoch'),
    account
      .selectFrom('recovery_code')
      .select((row) => row.fn.countAll<number>().as('count'))
      .whereRef('account_id', '=', 'account.id')
      .where('used_at', 'is', null)
      .where('removed_at', 'is', null)
      .whereRef('recovery_code.mfa_epoch', '=', 'account.mfa_epoch')
      .as('recovery_codes_of_epoch'),
    passkeys.as('passkeys'),
    passkeys.whereRef('passkey.mfa_epoch', '=', 'account.mfa_epoch').as('passkeys_of_epoch'),
  ] as const
}

/** Recovery codes without a current epoch are dead, not pending: each epoch generates its own. */
export function enrollmentsOf(row: {
  id: string
  mfa_epoch: number | null
  phone_number: string | null
  phone_mfa_since: number | null
  phone_mfa_epoch: number | null
  mfa_email: string | null
  mfa_email_epoch: number | null
  authenticators: number | null
  authenticators_of_epoch: number | null
  recovery_codes_of_epoch: number | null
  passkeys: number | null
  passkeys_of_epoch: number | null
}): Enrollments {
  const mfaOff = row.mfa_epoch === null
  const phoneNumber = row.phone_mfa_since === null ? null : row.phone_number
  const isPhoneCurrent = isCurrent(row, row.phone_mfa_epoch)
  const isEmailCurrent = isCurrent(row, row.mfa_email_epoch)
  const authenticators = row.authenticators ?? 0
  const currentAuthenticators = mfaOff ? authenticators : (row.authenticators_of_epoch ?? 0)
  const passkeys = row.passkeys ?? 0
  const currentPasskeys = mfaOff ? passkeys : (row.passkeys_of_epoch ?? 0)
  return {
    current: {
      account: row.id,
      authenticator: currentAuthenticators > 0,
      phoneNumber: isPhoneCurrent ? phoneNumber : null,
      email: isEmailCurrent ? row.mfa_email : null,
      recoveryCodes: row.recovery_codes_of_epoch ?? 0,
      passkeys: currentPasskeys,
      removed: [],
    },
    pending: {
      account: row.id,
      authenticator: authenticators > currentAuthenticators,
      phoneNumber: isPhoneCurrent ? null : phoneNumber,
      email: isEmailCurrent ? null : row.mfa_email,
      recoveryCodes: 0,
      passkeys: passkeys - currentPasskeys,
      removed: [],
    },
  }
}
