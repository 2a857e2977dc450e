import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { minute, now, second } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { newId, newToken } from '../lib/random.ts'
import { enter } from '../sessions/gate.ts'
import { type HeldAccount, holdAccount } from '../sessions/guard.ts'
import type { Entered, Lifetimes } from '../sessions/session.ts'
import type { MfaMethod } from '../settings.ts'
import type { Tx } from '../store/open.ts'
import { type CodeSender, type CodeSent, sendCode, wrongCodes } from './codes.ts'
import type { SetUp } from './methods/method.ts'
import { type MethodName, methods, readSetUp, usableMethods } from './methods/methods.ts'

/** Time to find the phone, and for a second code if the first got lost. */
const challengeLivesMs = 10 * minute

/** Wrong answers that one sign-in takes. All of an account together: `wrongCodes`. */
export const answersPerChallenge = 5

/** What asking for a second factor takes. */
export interface Asker extends CodeSender {
  lifetimes: Lifetimes
  /** The operator's ranking, strongest first. */
  mfaMethods: readonly MfaMethod[]
}

/** The answer to a right password while MFA is on. */
export interface MfaRequired {
  status: 'mfaRequired'
  mfaToken: string
  mfaMethod: MethodName
  availableMethods: MethodName[]
  sentTo?: string
  expiresIn: number
}

/**
 * Asks for the second factor of a sign-in whose first factor was right. A code that has to be
 * sent goes out with it, unless there were too many: then another method still opens the door.
 *
 * @param session set to renew that session instead of making one
 */
export async function begin(
  tx: Tx,
  asker: Asker,
  account: HeldAccount,
  session?: string,
): Promise<MfaRequired> {
  const setUp = await readSetUp(tx, account)
  const usable = usableMethods(setUp, asker.mfaMethods)
  const method = usable.find((name) => name === account.mfa_method) ?? usable[0]
  if (!method) throw new Error('MFA is on, but nothing is set up to show.')

  const mfaToken = newToken()
  const challenge = await tx
    .insertInto('challenge')
    .values({
      ...newChallenge(account),
      purpose: session === undefined ? 'signIn' : 'reauthenticate',
      token_hash: asker.keys.hash(mfaToken, tokenPurpose),
      session_id: session ?? null,
      method,
    })
    .returning(['id', 'account_id', 'sent_to', 'sent_at'])
    .executeTakeFirstOrThrow()

  const sent = await send(tx, asker, challenge, setUp, method).catch(unlessTooMany)
  return {
    status: 'mfaRequired',
    mfaToken,
    mfaMethod: method,
    availableMethods: usable,
    ...(sent && { sentTo: sent.sentTo }),
    expiresIn: challengeLivesMs / second,
  }
}

/**
 * Sends the code of an open sign-in again, or by another method. It resets no count.
 *
 * @throws Problem `mfa_token_expired`, `method_not_set_up`, or 429
 */
export async function sendAgain(
  tx: Tx,
  asker: Asker,
  { mfaToken, mfaMethod }: { mfaToken: string; mfaMethod?: MethodName | undefined },
): Promise<CodeSent> {
  const { account, challenge } = await openChallenge(tx, asker, mfaToken)
  const setUp = await readSetUp(tx, account)
  const method = mfaMethod ?? challenge.method
  const sent = await send(tx, asker, challenge, setUp, method)
  if (!sent) {
    throw new Problem(
      'method_not_set_up',
      'No code can be sent for this method. Choose another of availableMethods.',
    )
  }
  return sent
}

/** What came of an answer. A wrong one must be committed too: it counts. */
export type Judged = { entered: Entered } | { attemptsLeft: number }

/**
 * Judges the answer to an open sign-in, once: of many who bring the right one, one gets in. Limits
 * are looked at here again, not only when the sign-in began.
 *
 * @throws Problem `mfa_token_expired` or `too_many_attempts`
 */
export async function answer(
  tx: Tx,
  asker: Asker,
  given: { mfaToken: string; mfaMethod?: MethodName | undefined; code: string; client: Client },
): Promise<Judged> {
  const { keys, limits, lifetimes } = asker
  const { client } = given
  const { account, challenge } = await openChallenge(tx, asker, given.mfaToken)
  const setUp = await readSetUp(tx, account)
  const method = given.mfaMethod ?? challenge.method
  const taken = await limits.take(tx, { limit: wrongCodes, of: account.id })

  if (!(await isRight(tx, asker, setUp, challenge, method, given.code))) {
    await tx
      .updateTable('challenge')
      .set({ wrong: challenge.wrong + 1 })
      .where('id', '=', challenge.id)
      .execute()
    const detail = { step: 'code', mfaMethod: method }
    await activity.record(tx, account.id, { type: 'signin.failed', client, detail })
    return { attemptsLeft: answersPerChallenge - challenge.wrong - 1 }
  }

  await limits.giveBack(tx, taken)
  await consume(tx, challenge.id)
  if (method === 'recoveryCode') {
    const detail = { remaining: setUp.recoveryCodes - 1 }
    await activity.record(tx, account.id, { type: 'recovery_code.used', client, detail })
  }
  const entered = await enter(tx, {
    account,
    shown: ['pwd', methods[method].amr],
    client,
    session: challenge.session_id ?? undefined,
    keys,
    lifetimes,
  })
  if (!entered) throw new Error('Two factors were shown, and the gate stayed shut.')
  return { entered }
}

/** What every challenge begins with: bound to the account as it is now, nothing sent, nothing tried. */
export function newChallenge(account: HeldAccount) {
  return {
    id: newId(),
    account_id: account.id,
    token_hash: null,
    credential_version: account.credential_version,
    sent_to: null,
    code_hash: null,
    code_expires_at: null,
    sent_at: null,
    sends: 0,
    wrong: 0,
    created_at: now(),
    expires_at: now() + challengeLivesMs,
    consumed_at: null,
  }
}

const tokenPurpose = 'mfa_token'

/** The challenge that a token opens, and its account, held. */
async function openChallenge(tx: Tx, { keys }: Asker, mfaToken: string) {
  const found = await tx
    .selectFrom('challenge')
    .select(['id', 'account_id'])
    .where('token_hash', 'in', keys.hashes(mfaToken, tokenPurpose))
    .executeTakeFirst()
  const account = found && (await holdAccount(tx, found.account_id))
  if (!found || !account) throw expired()

  // Read only now: whoever held the account before may have used it up or made it void.
  const challenge = await tx
    .selectFrom('challenge')
    .select(['id', 'account_id', 'session_id', 'method', 'wrong'])
    .select(['sent_to', 'sent_at', 'code_hash', 'code_expires_at'])
    .where('id', '=', found.id)
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now())
    .where('wrong', '<', answersPerChallenge)
    .where('credential_version', '=', account.credential_version)
    .executeTakeFirst()
  if (!challenge) throw expired()
  return { account, challenge: { ...challenge, method: challenge.method as MethodName } }
}

function expired(): Problem {
  return new Problem('mfa_token_expired', 'This sign-in is no longer open. Please sign in again.')
}

/** Judges by the method that is named; a code that was sent counts for the method it was sent by. */
async function isRight(
  tx: Tx,
  { keys }: Asker,
  setUp: SetUp,
  challenge: {
    id: string
    method: MethodName
    code_hash: string | null
    code_expires_at: number | null
  },
  method: MethodName,
  code: string,
): Promise<boolean> {
  if (!methods[method].isSetUp(setUp)) return false
  const mine = challenge.method === method
  return methods[method].accept(tx, keys, setUp, code, {
    challenge: challenge.id,
    codeHash: mine ? challenge.code_hash : null,
    expiresAt: mine ? challenge.code_expires_at : null,
  })
}

/** Uses a challenge up. @throws Problem if someone else just did */
export async function consume(tx: Tx, id: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('challenge')
    .set({ consumed_at: now() })
    .where('id', '=', id)
    .where('consumed_at', 'is', null)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw expired()
}

async function send(
  tx: Tx,
  asker: Asker,
  challenge: Parameters<typeof sendCode>[2],
  setUp: SetUp,
  name: MethodName,
): Promise<CodeSent | undefined> {
  const method: (typeof methods)[MethodName] = methods[name]
  const to = 'destination' in method ? method.destination(setUp) : undefined
  if (!to || name === 'recoveryCode') return undefined
  return sendCode(tx, asker, challenge, { method: name, to, template: 'sign-in-code' })
}

function unlessTooMany(error: unknown): undefined {
  if (error instanceof Problem) return undefined
  throw error
}
