import type { Updateable } from 'kysely'
import * as activity from '../activity/activity.ts'
import { change, strengtheningMs, weakeningMs } from '../activity/change.ts'
import type { CodeSent } from '../codes/send-code.ts'
import { instant, now } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { Problem } from '../lib/problem.ts'
import type { Descriptor } from '../passkeys/relying-party.ts'
import type { HeldAccount } from '../sessions/guard.ts'
import { endSessions } from '../sessions/session.ts'
import { type Amr, parseAmr, shownTogether } from '../sessions/strength.ts'
import type { MfaMethod } from '../settings.ts'
import type { Db, Tx } from '../store/open.ts'
import { prepared } from '../store/prepared.ts'
import type { AccountTable } from '../store/schema.ts'
import { availableMethods, setUpColumns, setUpOf } from './methods/methods.ts'
import { makeRecoveryCodes, removeRecoveryCodes } from './methods/recovery-code.ts'

/** Whether signing in asks for a second factor, and for which: the resource itself. */
export interface MfaSignIn {
  enabled: boolean
  mfaMethod: MfaMethod | null
  availableMethods: MfaMethod[]
  changedAt: string | null
}

export async function read(
  db: Db | Tx,
  account: string,
  ranking: readonly MfaMethod[],
): Promise<MfaSignIn> {
  const row = await readAccount(db, account)
  if (!row) throw new Error('There is no such account.')
  const enabled = row.mfa_on_since !== null
  return {
    enabled,
    mfaMethod: enabled ? (row.mfa_method as MfaMethod) : null,
    availableMethods: availableMethods(setUpOf(row), ranking),
    changedAt: row.mfa_changed_at === null ? null : instant(row.mfa_changed_at),
  }
}

const readAccount = prepared((db, account: string) =>
  db
    .selectFrom('account')
    .select(['mfa_on_since', 'mfa_method', 'mfa_changed_at'])
    .select(setUpColumns)
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
  keys: Keys,
  account: HeldAccount,
  cause: activity.Cause,
): Promise<boolean> {
  if (account.mfa_on_since === null) return false
  await change(
    tx,
    keys,
    account,
    {
      type: 'mfa.off',
      cause,
      detail: { mfaMethod: account.mfa_method },
      tell: 'mfa-off',
      params: { at: now(), ...(cause.by === 'operator' && { reason: cause.reason }) },
      undoForMs: weakeningMs,
    },
    { mfa_on_since: null, mfa_changed_at: now() },
  )
  return true
}

type OwnerCause = Extract<activity.Cause, { by: 'owner' }>

/** What a method's owner has just proven, and what the account will hold because of it. */
export interface Proof {
  method: MfaMethod
  /** What a sign-in by it says of itself. */
  amr: Amr[]
  /** For `sms` and `email`: where the code went. */
  sentTo?: string
  /** Whether the account could not use this method, or this address of it, before. */
  isNew: boolean
  /** Puts it in place; it runs once what was there before is kept. */
  rows?: () => Promise<unknown>
}

/** What came of a proof that was asked for. `wrong` is no exception: it must be committed, for it counts. */
export type Proven =
  | { sent: CodeSent }
  | { assert: { challenge: string; allowed: Descriptor[] } }
  | { proof: Proof }
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
  keys: Keys,
  account: HeldAccount,
  proof: Proof,
  cause: OwnerCause & { keepOthers: boolean },
): Promise<string[] | undefined> {
  const { method, amr, sentTo, isNew, rows } = proof
  const { keepOthers, session } = cause
  const wasOn = account.mfa_on_since !== null
  const sameAgain = wasOn && account.mfa_method === method && !isNew
  await strengthen(tx, session, amr)
  if (sameAgain) return undefined

  await change(
    tx,
    keys,
    account,
    {
      type: !wasOn ? 'mfa.on' : isNew ? 'mfa.method_added' : 'mfa.method_changed',
      cause,
      detail: { mfaMethod: method },
      tell: wasOn ? 'mfa-method-changed' : 'mfa-on',
      params: { method, at: now() },
      undoForMs: undoForMs(account, method),
    },
    {
      mfa_method: method,
      ...(!wasOn && { mfa_on_since: now(), mfa_changed_at: now() }),
      ...(method === 'sms' && sentTo && { phone_number: sentTo, phone_verified_at: now() }),
      ...(method === 'email' && sentTo && { mfa_email: sentTo }),
    },
    rows,
  )
  if (!keepOthers) await endSessions(tx, account.id, session)
  return firstRecoveryCodes(tx, keys, account, cause)
}

/**
 * How long turning on or changing can be undone. Whoever has the mailbox can undo, too, so what
 * takes the mailbox out of signing in must not stand open for long.
 */
function undoForMs(account: HeldAccount, method: MfaMethod): number {
  if (account.mfa_on_since === null) {
    return account.mfa_changed_at === null ? strengtheningMs : 0
  }
  return account.mfa_method === 'email' && method !== 'email' ? strengtheningMs : weakeningMs
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
  keys: Keys,
  account: HeldAccount,
  what: {
    removed: MfaMethod
    left: MfaMethod[]
    set?: Updateable<AccountTable>
    rows?: () => Promise<unknown>
  },
  cause: activity.Cause,
): Promise<void> {
  const { removed, left, set, rows } = what
  const takesOver = whatTakesOver(account, removed, left)
  await change(
    tx,
    keys,
    account,
    {
      type: 'mfa.method_removed',
      cause,
      detail: { mfaMethod: removed },
      tell: 'mfa-method-removed',
      params: { method: removed, at: now() },
      undoForMs: weakeningMs,
    },
    { ...set, ...takesOver },
    rows,
  )
}

/**
 * What is asked for once a method, or one thing to show it with, is gone.
 *
 * @param left what can still be used, strongest first
 * @throws Problem `last_method` while MFA is on and nothing is left
 */
export function whatTakesOver(
  account: HeldAccount,
  removed: MfaMethod,
  left: MfaMethod[],
): { mfa_method?: MfaMethod } {
  const [strongest] = left
  if (account.mfa_on_since !== null && !strongest) {
    throw new Problem(
      'last_method',
      'This is the only method left. Turn multi-factor sign-in off first, or set up another.',
    )
  }
  const moves = account.mfa_method === removed && !left.includes(removed)
  return strongest && moves ? { mfa_method: strongest } : {}
}

async function strengthen(tx: Tx, session: string, shown: Amr[]): Promise<void> {
  const { amr } = await tx
    .selectFrom('session')
    .select('amr')
    .where('id', '=', session)
    .executeTakeFirstOrThrow()
  const all = shownTogether(...new Set([...parseAmr(amr), ...shown]))
  await tx
    .updateTable('session')
    .set({ amr: all.join(' ') })
    .where('id', '=', session)
    .execute()
}

async function firstRecoveryCodes(
  tx: Tx,
  keys: Keys,
  account: HeldAccount,
  cause: OwnerCause,
): Promise<string[] | undefined> {
  const had = await tx
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
  if (had) return undefined
  await removeRecoveryCodes(tx, account.id)
  const { client, session } = cause
  await activity.record(tx, account.id, { type: 'recovery_codes.generated', client, session })
  return makeRecoveryCodes(tx, keys, account.id)
}

/** Makes ten new recovery codes in place of those before. @returns them, to be shown once */
export async function renewRecoveryCodes(
  tx: Tx,
  keys: Keys,
  account: HeldAccount,
  cause: activity.Cause,
): Promise<string[]> {
  await change(
    tx,
    keys,
    account,
    {
      type: 'recovery_codes.generated',
      cause,
      detail: {},
      tell: 'recovery-codes-made',
      params: { at: now() },
      undoForMs: weakeningMs,
    },
    {},
    () => removeRecoveryCodes(tx, account.id),
  )
  return makeRecoveryCodes(tx, keys, account.id)
}
