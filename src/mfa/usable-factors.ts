import type { MfaMethod } from '../config/settings.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import { activeMfaMethod, isSettled } from '../store/mfa-state.ts'
import type { Tx } from '../store/transaction.ts'
import { notRemoved, type Snapshot } from '../undo/snapshot.ts'
import type { UndoToken } from '../undo/undo-token.ts'
import type { Enrollment } from './methods/method.ts'
import {
  availableChallengeMethods,
  type ChallengeMethod,
  readEnrollments,
} from './methods/methods.ts'
import { isEmailOnly } from './mfa-epoch.ts'

/** The factors that can complete a challenge, and what is enrolled of each. */
export interface UsableFactors {
  enrollment: Enrollment
  usable: ChallengeMethod[]
}

interface Deps {
  /** Methods the operator offers, strongest first. */
  mfaMethods: readonly MfaMethod[]
}

/**
 * Reads the factors that can complete a challenge now: a sign-in’s, or an undo’s. For an undo, they are
 * those of its MFA epoch that the account has, or had before the change: a thief who replaced the app
 * is undone by the owner’s app. Codes by email are none, because undo links go to a mailbox as well.
 */
export async function readUsableFactors(
  tx: Tx,
  { mfaMethods }: Deps,
  account: LockedAccount,
  undoToken?: UndoToken,
): Promise<UsableFactors> {
  const { current } = await readEnrollments(tx, account)
  const enrollment = undoToken
    ? await addRemovedFactors(tx, account, current, undoToken.snapshot)
    : current
  const throughMailbox = account.reset_by_email_at !== null
  const methods = availableChallengeMethods(enrollment, mfaMethods, activeMfaMethod(account), {
    throughMailbox,
  })
  return { enrollment, usable: undoToken ? methods.filter((name) => name !== 'email') : methods }
}

/** Adds the factors of the MFA epoch that is on which were active when a snapshot was taken. */
async function addRemovedFactors(
  tx: Tx,
  account: LockedAccount,
  current: Enrollment,
  { account: before, credentials }: Snapshot,
): Promise<Enrollment> {
  const idsOf = (rows: { id: string; mfa_epoch: number | null }[] = []) =>
    rows.filter((row) => row.mfa_epoch === account.mfa_epoch).map((row) => row.id)
  const authenticators = idsOf(credentials.totp_secret)
  const passkeys = idsOf(credentials.passkey)
  const recoveryCodes = idsOf(credentials.recovery_code)
  const hadPhone = before.phone_mfa_since !== null && before.phone_mfa_epoch === account.mfa_epoch
  const { count } = await tx
    .selectFrom('recovery_code')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('account_id', '=', account.id)
    .where('mfa_epoch', '=', account.mfa_epoch)
    .where('used_at', 'is', null)
    .where(notRemoved(recoveryCodes))
    .executeTakeFirstOrThrow()
  return {
    ...current,
    authenticator: current.authenticator || authenticators.length > 0,
    phoneNumber: hadPhone ? before.phone_number : current.phoneNumber,
    recoveryCodes: count,
    passkeys: Math.max(current.passkeys, passkeys.length),
    removed: [...authenticators, ...passkeys, ...recoveryCodes],
  }
}

/**
 * Whether an undo takes a second factor, too: the MFA epoch that is on has settled, and has more than
 * codes by email.
 */
export async function undoTakesFactor(
  tx: Tx,
  { mfaMethods }: Deps,
  account: LockedAccount,
): Promise<boolean> {
  return isSettled(account, tx.now()) && !(await isEmailOnly(tx, account, mfaMethods))
}
