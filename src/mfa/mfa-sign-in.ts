import type { Updateable } from 'kysely'
import type * as activity from '../activity/activity.ts'
import type { MfaMethod } from '../config/settings.ts'
import { toIsoString } from '../lib/clock.ts'
import { maskEmail } from '../lib/mask.ts'
import { Problem } from '../lib/problem.ts'
import { type Amr, combineAmr, parseAmr } from '../sessions/assurance.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import { endSessions } from '../sessions/session.ts'
import {
  activeMfaMethod,
  isMfaOn,
  mfaChangedAt,
  mfaColumns,
  mfaEpochOpened,
  mfaTurnedOff,
  nextMfaEpoch,
} from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { AccountTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import { changeCredentials } from '../undo/credential-change.ts'
import { settlesAt } from '../undo/settling.ts'
import { endUndoTokens } from '../undo/undo-token.ts'
import {
  availableMethods,
  enrollmentColumns,
  enrollmentsOf,
  methods,
  pendingMethods,
  readEnrollments,
} from './methods/methods.ts'
import { opensEpoch } from './mfa-epoch.ts'
import { ensureRecoveryCodes } from './recovery-codes/recovery-codes.ts'
import type { VerifiedFactor } from './verified-factor.ts'

/** Whether sign-in requires a second factor, and which: `/settings/MfaSignIn`. */
export interface MfaSignIn {
  enabled: boolean
  mfaMethod: MfaMethod | null
  availableMethods: MfaMethod[]
  pendingMethods: MfaMethod[]
  /** The address that codes by email go to, masked. */
  mfaEmail: string | null
  changedAt: string | null
}

export async function readMfaSignIn(
  db: Db | Tx,
  account: string,
  ranking: readonly MfaMethod[],
): Promise<MfaSignIn> {
  const [row] = await selectMfaSignIn(db, { account })
  if (!row) throw new Error('There is no such account.')
  const changedAt = mfaChangedAt(row)
  const enrollments = enrollmentsOf(row)
  const mfaMethod = activeMfaMethod(row)
  return {
    enabled: isMfaOn(row),
    mfaMethod,
    availableMethods: availableMethods(enrollments.current, ranking, mfaMethod),
    pendingMethods: pendingMethods(enrollments, ranking),
    mfaEmail: row.mfa_email === null ? null : maskEmail(row.mfa_email),
    changedAt: changedAt === null ? null : toIsoString(changedAt),
  }
}

const selectMfaSignIn = prepared((db, { account }: { account: string }) =>
  db.selectFrom('account').select(mfaColumns).select(enrollmentColumns).where('id', '=', account),
)

/**
 * Turns MFA off: from the commit on, the password alone signs in. Methods stay set up, and sign-ins
 * that wait for a code become void. Does nothing if MFA is off already, also because a concurrent
 * request was faster; then no notice is sent either.
 *
 * An operator does it for an owner who is locked out, perhaps by a thief’s second factor. So the undo
 * links of earlier changes, which could bring it back, become void.
 *
 * @returns whether MFA was on
 */
export async function turnOff(
  tx: Tx,
  account: LockedAccount,
  cause: activity.Cause,
): Promise<boolean> {
  if (!isMfaOn(account)) return false
  if (cause.by === 'operator') await endUndoTokens(tx, account.id)
  await changeCredentials(tx, account, {
    type: 'mfa.off',
    cause,
    detail: { mfaMethod: activeMfaMethod(account) },
    notice: 'mfa-off',
    params: { at: tx.now(), reason: cause.by === 'operator' ? cause.reason : null },
    set: mfaTurnedOff(tx.now()),
  })
  return true
}

type OwnerCause = Extract<activity.Cause, { by: 'owner' }>

/**
 * Turns MFA on by a factor that was verified in this transaction, or adds a method or changes the
 * default while it is on. The proof makes the session that gave it as strong as one signed in with MFA.
 *
 * Turning MFA on opens an MFA epoch, and so does adding a method to codes by email alone. Only this
 * factor belongs to the epoch; all others become pending (`isCurrent`), and new recovery codes replace
 * the old ones. While an epoch is on, a factor joins it: the guard has required a session that a second
 * factor other than email signed in.
 *
 * @param options.setDefault whether the method becomes the default; the first of an epoch always does
 * @param options.ranking methods the operator offers, strongest first
 * @param options.deviceToken that the call brought: an epoch settles sooner on a device of its owner
 * @returns new recovery codes, to be shown once, if the account has none that count
 */
export async function turnOn(
  tx: Tx,
  account: LockedAccount,
  factor: VerifiedFactor,
  cause: OwnerCause,
  options: {
    setDefault: boolean
    ranking: readonly MfaMethod[]
    deviceToken: string | undefined
  },
): Promise<string[] | undefined> {
  const { method, amr, sentTo, isNew, enroll } = factor
  const { session } = cause
  const { setDefault, ranking, deviceToken } = options
  const wasOn = isMfaOn(account)
  const { current } = await readEnrollments(tx, account)
  const wasCurrent = methods[method].isEnrolled(current)
  const isNewEpoch = await opensEpoch(tx, account, method, ranking)
  await strengthenSession(tx, session, amr)
  const becomesDefault = isNewEpoch || (setDefault && activeMfaMethod(account) !== method)
  if (!isNew && !becomesDefault) return undefined

  const epoch = isNewEpoch ? nextMfaEpoch(account) : (account.mfa_epoch as number)
  await changeCredentials(tx, account, {
    type: !wasOn ? 'mfa.on' : isNew ? 'mfa.method_added' : 'mfa.method_changed',
    cause,
    detail: { mfaMethod: method },
    notice: !wasOn
      ? 'mfa-on'
      : becomesDefault || wasCurrent
        ? 'mfa-method-changed'
        : 'mfa-method-added',
    params: { method, at: tx.now() },
    set: {
      ...(isNewEpoch
        ? mfaEpochOpened(account, method, {
            at: tx.now(),
            settlesAt: await settlesAt(tx, account, deviceToken),
          })
        : becomesDefault && { mfa_method: method }),
      ...(method === 'sms' && {
        phone_mfa_since: tx.now(),
        phone_mfa_epoch: epoch,
        ...(sentTo && { phone_number: sentTo, phone_verified_at: tx.now() }),
      }),
      // The owner has shown more than the mailbox, as a sign-in by this method would.
      ...(method !== 'email' && { reset_by_email_at: null }),
      ...(method === 'email' && { mfa_email_epoch: epoch, ...(sentTo && { mfa_email: sentTo }) }),
    },
    updateRows: () => Promise.resolve(enroll?.(epoch)),
  })
  await endSessions(tx, account.id, session)
  return ensureRecoveryCodes(tx, account, epoch, cause)
}

/**
 * Removes a method. If it was the default, the strongest remaining one becomes the default.
 *
 * @param removal.remaining methods that stay, strongest first
 * @param removal.set columns of the account that remove the method
 * @param removal.updateRows removes it from other tables
 * @throws Problem `last_method` while MFA is on and no other method is left
 */
export async function removeMethod(
  tx: Tx,
  account: LockedAccount,
  removal: {
    removed: MfaMethod
    remaining: MfaMethod[]
    set?: Updateable<AccountTable>
    updateRows?: () => Promise<unknown>
  },
  cause: activity.Cause,
): Promise<void> {
  const { removed, remaining, set, updateRows } = removal
  const nextDefault = nextDefaultMethod(account, removed, remaining)
  await changeCredentials(tx, account, {
    type: 'mfa.method_removed',
    cause,
    detail: { mfaMethod: removed },
    notice: 'mfa-method-removed',
    params: { method: removed, at: tx.now() },
    set: { ...set, ...nextDefault },
    updateRows,
  })
}

/**
 * The change of the default method when a method, or one of several passkeys, is removed.
 *
 * @param remaining methods that stay, strongest first
 * @throws Problem `last_method` while MFA is on and no method is left
 */
export function nextDefaultMethod(
  account: LockedAccount,
  removed: MfaMethod,
  remaining: MfaMethod[],
): { mfa_method?: MfaMethod } {
  const [strongest] = remaining
  if (isMfaOn(account) && !strongest) {
    throw new Problem(
      'last_method',
      'This is your only method. Turn multi-factor sign-in off first, or set up another.',
    )
  }
  const needsDefault = account.mfa_method === removed && !remaining.includes(removed)
  return strongest && needsDefault ? { mfa_method: strongest } : {}
}

async function strengthenSession(tx: Tx, session: string, newAmr: Amr[]): Promise<void> {
  const { amr } = await tx
    .selectFrom('session')
    .select('amr')
    .where('id', '=', session)
    .executeTakeFirstOrThrow()
  const combined = combineAmr(...new Set([...parseAmr(amr), ...newAmr]))
  await tx
    .updateTable('session')
    .set({ amr: combined.join(' ') })
    .where('id', '=', session)
    .execute()
}
