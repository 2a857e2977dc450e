import * as activity from '../activity/activity.ts'
import { instant, now } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { enqueue, type Notice } from '../messages/outbox.ts'
import type { Templates } from '../messages/templates.ts'
import type { HeldAccount } from '../sessions/guard.ts'
import { endOtherSessions } from '../sessions/session.ts'
import { type Amr, parseAmr, shownTogether } from '../sessions/strength.ts'
import type { MfaMethod } from '../settings.ts'
import type { Db, Tx } from '../store/open.ts'
import { prepared } from '../store/prepared.ts'
import type { Asker } from './challenge.ts'
import type { CodeSent } from './codes.ts'
import { availableMethods, methods, setUpColumns, setUpOf } from './methods/methods.ts'
import { makeRecoveryCodes } from './methods/recovery-code.ts'

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
 * Turns MFA off: from the commit on, the password alone signs in. What is set up stays set up.
 *
 * The raised version makes every sign-in void that waits for a code. Where MFA is off already,
 * also because another call was faster, nothing happens and nobody is told again.
 */
export async function turnOff(tx: Tx, account: HeldAccount, cause: activity.Cause): Promise<void> {
  const was = await tx
    .updateTable('account')
    .set((row) => ({
      mfa_on_since: null,
      mfa_changed_at: now(),
      credential_version: row('credential_version', '+', 1),
    }))
    .where('id', '=', account.id)
    .where('mfa_on_since', 'is not', null)
    .returning('mfa_method')
    .executeTakeFirst()
  if (!was) return

  const detail = { mfaMethod: was.mfa_method }
  await activity.record(tx, account.id, { type: 'mfa.off', ...cause, detail })
  await tell(tx, account, 'mfa-off', { at: now() })
}

/** What a method's owner has just proven, and what the account will hold because of it. */
export interface Proof {
  method: MfaMethod
  /** For `sms` and `email`: where the code went. */
  sentTo?: string
  /** Whether the account could not use this method, or this address of it, before. */
  isNew: boolean
}

/** What came of a proof that was asked for. `wrong` is no exception: it must be committed, for it counts. */
export type Proven = { sent: CodeSent } | { proof: Proof } | 'wrong' | 'onAlready'

/**
 * Turns MFA on by a method that was proven in this very transaction, or changes the method while
 * it is on. The proof makes the session that gave it as strong as one signed in with MFA.
 *
 * @param keepOthers leaves other sessions alone; they are too weak to change MFA
 * @returns recovery codes, if the account never had any: they are shown now and never again
 */
export async function turnOn(
  tx: Tx,
  { keys }: Pick<Asker, 'keys'>,
  account: HeldAccount,
  proof: Proof,
  cause: activity.Cause & { keepOthers: boolean },
): Promise<string[] | undefined> {
  const { method, sentTo, isNew } = proof
  const { keepOthers, client, session } = cause
  const wasOn = account.mfa_on_since !== null
  const sameAgain = wasOn && account.mfa_method === method && !isNew
  await strengthen(tx, session, methods[method].amr)
  if (sameAgain) return undefined

  await tx
    .updateTable('account')
    .set((row) => ({
      mfa_method: method,
      ...(!wasOn && { mfa_on_since: now(), mfa_changed_at: now() }),
      ...(method === 'sms' && sentTo && { phone_number: sentTo, phone_verified_at: now() }),
      ...(method === 'email' && sentTo && { mfa_email: sentTo }),
      credential_version: row('credential_version', '+', 1),
    }))
    .where('id', '=', account.id)
    .execute()
  if (!keepOthers) await endOtherSessions(tx, account.id, session)

  const type = !wasOn ? 'mfa.on' : isNew ? 'mfa.method_added' : 'mfa.method_changed'
  const detail = { mfaMethod: method }
  await activity.record(tx, account.id, { type, client, session, detail })
  await tell(tx, account, wasOn ? 'mfa-method-changed' : 'mfa-on', { method, at: now() })
  return firstRecoveryCodes(tx, { keys }, account, cause)
}

/**
 * Takes a method away. If it was the one asked for, the strongest that is left takes over.
 *
 * @param left what can still be used, strongest first
 * @throws Problem `last_method` while MFA is on and nothing is left
 */
export async function afterRemoval(
  tx: Tx,
  account: HeldAccount,
  removed: MfaMethod,
  left: MfaMethod[],
  cause: activity.Cause,
): Promise<void> {
  const [strongest] = left
  if (account.mfa_on_since !== null && !strongest) {
    throw new Problem(
      'last_method',
      'This is the only method left. Turn multi-factor sign-in off first, or set up another.',
    )
  }
  await tx
    .updateTable('account')
    .set((row) => ({
      ...(strongest && account.mfa_method === removed && { mfa_method: strongest }),
      credential_version: row('credential_version', '+', 1),
    }))
    .where('id', '=', account.id)
    .execute()

  const detail = { mfaMethod: removed }
  await activity.record(tx, account.id, { type: 'mfa.method_removed', ...cause, detail })
  await tell(tx, account, 'mfa-method-removed', { method: removed, at: now() })
}

/** Tells the owner at every address that was proven before the change. */
async function tell<Name extends Notice>(
  tx: Tx,
  account: HeldAccount,
  template: Name,
  params: Templates[Name],
): Promise<void> {
  const addresses = new Set([account.email, account.mfa_email ?? account.email])
  for (const address of addresses) {
    await enqueue(tx, account.id, { channel: 'email', address }, template, params)
  }
}

async function strengthen(tx: Tx, session: string, shown: Amr): Promise<void> {
  const { amr } = await tx
    .selectFrom('session')
    .select('amr')
    .where('id', '=', session)
    .executeTakeFirstOrThrow()
  const all = shownTogether(...new Set([...parseAmr(amr), shown]))
  await tx
    .updateTable('session')
    .set({ amr: all.join(' ') })
    .where('id', '=', session)
    .execute()
}

async function firstRecoveryCodes(
  tx: Tx,
  { keys }: Pick<Asker, 'keys'>,
  account: HeldAccount,
  cause: activity.Cause,
): Promise<string[] | undefined> {
  const had = await tx
    .selectFrom('recovery_code')
    .select('id')
    .where('account_id', '=', account.id)
    .limit(1)
    .executeTakeFirst()
  if (had) return undefined
  const { client, session } = cause
  await activity.record(tx, account.id, { type: 'recovery_codes.made', client, session })
  return makeRecoveryCodes(tx, keys, account.id)
}
