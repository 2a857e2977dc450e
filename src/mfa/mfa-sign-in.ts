import type { Updateable } from 'kysely'
import type * as activity from '../activity/activity.ts'
import type { MfaMethod } from '../config/settings.ts'
import { toIsoString } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { type Amr, combineAmr, parseAmr } from '../sessions/assurance.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import { endSessions } from '../sessions/session.ts'
import { compileOnce } from '../store/compile-once.ts'
import {
  activeMfaMethod,
  isMfaOn,
  mfaChangedAt,
  mfaColumns,
  mfaTurnedOff,
  mfaTurnedOn,
} from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import type { AccountTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import {
  changeCredentials,
  strengtheningUndoMs,
  weakeningUndoMs,
} from '../undo/credential-change.ts'
import { availableMethods, enrollmentColumns, enrollmentOf } from './methods/methods.ts'
import { ensureRecoveryCodes } from './recovery-codes/recovery-codes.ts'
import type { VerifiedFactor } from './verified-factor.ts'

/** Whether sign-in requires a second factor, and which: `/settings/MfaSignIn`. */
export interface MfaSignIn {
  enabled: boolean
  mfaMethod: MfaMethod | null
  availableMethods: MfaMethod[]
  changedAt: string | null
}

export async function readMfaSignIn(
  db: Db | Tx,
  account: string,
  ranking: readonly MfaMethod[],
): Promise<MfaSignIn> {
  const row = await readMfaSignInRow(db, account)
  if (!row) throw new Error('There is no such account.')
  const changedAt = mfaChangedAt(row)
  return {
    enabled: isMfaOn(row),
    mfaMethod: activeMfaMethod(row),
    availableMethods: availableMethods(enrollmentOf(row), ranking),
    changedAt: changedAt === null ? null : toIsoString(changedAt),
  }
}

const readMfaSignInRow = compileOnce((db, account: string) =>
  db.selectFrom('account').select(mfaColumns).select(enrollmentColumns).where('id', '=', account),
)

/**
 * Turns MFA off: from the commit on, the password alone signs in. Methods stay set up, and sign-ins
 * that wait for a code become void. Does nothing if MFA is off already, also because a concurrent
 * request was faster; then no notice is sent either.
 *
 * @returns whether MFA was on
 */
export async function turnOff(
  tx: Tx,
  account: LockedAccount,
  cause: activity.Cause,
): Promise<boolean> {
  if (!isMfaOn(account)) return false
  await changeCredentials(tx, account, {
    type: 'mfa.off',
    cause,
    detail: { mfaMethod: activeMfaMethod(account) },
    notice: 'mfa-off',
    params: { at: tx.now(), reason: cause.by === 'operator' ? cause.reason : null },
    undoForMs: weakeningUndoMs,
    set: mfaTurnedOff(tx.now()),
  })
  return true
}

type OwnerCause = Extract<activity.Cause, { by: 'owner' }>

/**
 * Turns MFA on by a method that was verified in this transaction, or changes the method while it is
 * on. The proof makes the session that gave it as strong as one signed in with MFA.
 *
 * @param cause.keepOtherSessions leaves other sessions alone; those without MFA cannot change it
 * @returns new recovery codes, to be shown once, if the account has no trusted ones
 */
export async function turnOn(
  tx: Tx,
  account: LockedAccount,
  factor: VerifiedFactor,
  cause: OwnerCause & { keepOtherSessions: boolean },
): Promise<string[] | undefined> {
  const { method, amr, sentTo, isNew, updateRows } = factor
  const { keepOtherSessions, session } = cause
  const wasOn = isMfaOn(account)
  const unchanged = activeMfaMethod(account) === method && !isNew
  await strengthenSession(tx, session, amr)
  if (unchanged) return undefined

  await changeCredentials(tx, account, {
    type: !wasOn ? 'mfa.on' : isNew ? 'mfa.method_added' : 'mfa.method_changed',
    cause,
    detail: { mfaMethod: method },
    notice: wasOn ? 'mfa-method-changed' : 'mfa-on',
    params: { method, at: tx.now() },
    undoForMs: undoForMs(account, method),
    set: {
      ...mfaTurnedOn(account, method, tx.now()),
      ...(method === 'sms' && sentTo && { phone_number: sentTo, phone_verified_at: tx.now() }),
      ...(method === 'email' && sentTo && { mfa_email: sentTo }),
    },
    updateRows,
  })
  if (!keepOtherSessions) await endSessions(tx, account.id, session)
  return ensureRecoveryCodes(tx, account, cause)
}

/**
 * How long turning MFA on, or changing the method, can be undone. The mailbox holds the undo link,
 * so a change that stops the mailbox from signing in can be undone for a day at most. Turning MFA
 * on again can't be undone.
 */
function undoForMs(account: LockedAccount, method: MfaMethod): number {
  if (!isMfaOn(account)) return mfaChangedAt(account) === null ? strengtheningUndoMs : 0
  return account.mfa_method === 'email' && method !== 'email'
    ? strengtheningUndoMs
    : weakeningUndoMs
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
    undoForMs: weakeningUndoMs,
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
