import type { Updateable } from 'kysely'
import * as activity from '../activity/activity.ts'
import type { MfaMethod } from '../config/settings.ts'
import { toIsoString } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { type Amr, combineAmr, parseAmr } from '../sessions/assurance.ts'
import type { LockedAccount } from '../sessions/guard.ts'
import { endSessions } from '../sessions/session.ts'
import { compileOnce } from '../store/compile-once.ts'
import type { Db } from '../store/open.ts'
import type { AccountTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import {
  changeCredentials,
  strengtheningUndoMs,
  weakeningUndoMs,
} from '../undo/credential-change.ts'
import type { CodeSent } from '../verification/send-code.ts'
import { availableMethods, enrollmentColumns, enrollmentOf } from './methods/methods.ts'
import { generateRecoveryCodes, removeRecoveryCodes } from './methods/recovery-code.ts'
import type { CredentialDescriptor } from './passkey/webauthn.ts'

/** Whether signing in asks for a second factor, and for which: the resource itself. */
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
  const enabled = row.mfa_on_since !== null
  return {
    enabled,
    mfaMethod: enabled ? (row.mfa_method as MfaMethod) : null,
    availableMethods: availableMethods(enrollmentOf(row), ranking),
    changedAt: row.mfa_changed_at === null ? null : toIsoString(row.mfa_changed_at),
  }
}

const readMfaSignInRow = compileOnce((db, account: string) =>
  db
    .selectFrom('account')
    .select(['mfa_on_since', 'mfa_method', 'mfa_changed_at'])
    .select(enrollmentColumns)
    .where('id', '=', account),
)

/**
 * Turns MFA off: from the commit on, the password alone signs in. What is set up stays set up, and
 * sign-ins that wait for a code are void. Where it is off already, also because another call was
 * faster, nothing happens and nobody is told again.
 *
 * @returns whether it was on
 */
export async function turnOff(
  tx: Tx,
  account: LockedAccount,
  cause: activity.Cause,
): Promise<boolean> {
  if (account.mfa_on_since === null) return false
  await changeCredentials(tx, account, {
    type: 'mfa.off',
    cause,
    detail: { mfaMethod: account.mfa_method },
    notice: 'mfa-off',
    params: { at: tx.now(), ...(cause.by === 'operator' && { reason: cause.reason }) },
    undoForMs: weakeningUndoMs,
    set: { mfa_on_since: null, mfa_changed_at: tx.now() },
  })
  return true
}

type OwnerCause = Extract<activity.Cause, { by: 'owner' }>

/** What a method's owner has just proven, and what the account will hold because of it. */
export interface VerifiedFactor {
  method: MfaMethod
  /** What a sign-in by it says of itself. */
  amr: Amr[]
  /** For `sms` and `email`: where the code went. */
  sentTo?: string
  /** Whether the account could not use this method, or this address of it, before. */
  isNew: boolean
  /** Puts it in place; it runs once what was there before is kept. */
  updateRows?: () => Promise<unknown>
}

/** What came of a proof that was asked for. `wrong` is no exception: it must be committed, for it counts. */
export type FactorVerification =
  | { sent: CodeSent }
  | { assertionRequest: { challenge: string; allowed: CredentialDescriptor[] } }
  | { factor: VerifiedFactor }
  | 'wrong'
  | 'onAlready'

/**
 * Turns MFA on by a method that was proven in this very transaction, or changes the method while
 * it is on. The proof makes the session that gave it as strong as one signed in with MFA.
 *
 * @param keepOthers leaves other sessions alone; they are too weak to change MFA
 * @returns recovery codes, if the account has none from a time with MFA: they are shown now and
 * never again
 */
export async function turnOn(
  tx: Tx,
  account: LockedAccount,
  factor: VerifiedFactor,
  cause: OwnerCause & { keepOtherSessions: boolean },
): Promise<string[] | undefined> {
  const { method, amr, sentTo, isNew, updateRows } = factor
  const { keepOtherSessions, session } = cause
  const wasOn = account.mfa_on_since !== null
  const unchanged = wasOn && account.mfa_method === method && !isNew
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
      mfa_method: method,
      ...(!wasOn && { mfa_on_since: tx.now(), mfa_changed_at: tx.now() }),
      ...(method === 'sms' && sentTo && { phone_number: sentTo, phone_verified_at: tx.now() }),
      ...(method === 'email' && sentTo && { mfa_email: sentTo }),
    },
    updateRows,
  })
  if (!keepOtherSessions) await endSessions(tx, account.id, session)
  return ensureRecoveryCodes(tx, account, cause)
}

/**
 * How long turning on or changing can be undone. Whoever has the mailbox can undo, too, so what
 * takes the mailbox out of signing in must not stand open for long.
 */
function undoForMs(account: LockedAccount, method: MfaMethod): number {
  if (account.mfa_on_since === null) {
    return account.mfa_changed_at === null ? strengtheningUndoMs : 0
  }
  return account.mfa_method === 'email' && method !== 'email'
    ? strengtheningUndoMs
    : weakeningUndoMs
}

/**
 * Takes a method away. If it was the one asked for, the strongest that is left takes over.
 *
 * @param what.left what can still be used, strongest first
 * @param what.set and `what.rows` take it away
 * @throws Problem `last_method` while MFA is on and nothing is left
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
 * What is asked for once a method, or one thing to show it with, is gone.
 *
 * @param remaining what can still be used, strongest first
 * @throws Problem `last_method` while MFA is on and nothing is left
 */
export function nextDefaultMethod(
  account: LockedAccount,
  removed: MfaMethod,
  remaining: MfaMethod[],
): { mfa_method?: MfaMethod } {
  const [strongest] = remaining
  if (account.mfa_on_since !== null && !strongest) {
    throw new Problem(
      'last_method',
      'This is the only method left. Turn multi-factor sign-in off first, or set up another.',
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

async function ensureRecoveryCodes(
  tx: Tx,
  account: LockedAccount,
  cause: OwnerCause,
): Promise<string[] | undefined> {
  const existing = await tx
    .selectFrom('recovery_code')
    .select('id')
    .where('account_id', '=', account.id)
    .where('removed_at', 'is', null)
    // What was made while MFA was off took no more than the password.
    .$if(account.mfa_on_since === null, (query) =>
      query.where('created_at', '<=', account.mfa_changed_at ?? 0),
    )
    .limit(1)
    .executeTakeFirst()
  if (existing) return undefined
  await removeRecoveryCodes(tx, account.id)
  const { client, session } = cause
  await activity.record(tx, account.id, { type: 'recovery_codes.generated', client, session })
  return generateRecoveryCodes(tx, account.id)
}

/** Makes ten new recovery codes in place of those before. @returns them, to be shown once */
export async function regenerateRecoveryCodes(
  tx: Tx,
  account: LockedAccount,
  cause: activity.Cause,
): Promise<string[]> {
  await changeCredentials(tx, account, {
    type: 'recovery_codes.generated',
    cause,
    notice: 'recovery-codes-generated',
    params: { at: tx.now() },
    undoForMs: weakeningUndoMs,
    updateRows: () => removeRecoveryCodes(tx, account.id),
  })
  return generateRecoveryCodes(tx, account.id)
}
