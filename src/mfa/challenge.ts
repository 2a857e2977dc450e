import * as activity from '../activity/activity.ts'
import {
  answersPerChallenge,
  challengeLivesMs,
  consume,
  countWrong,
  expired,
  newChallenge,
} from '../codes/challenge-row.ts'
import { type CodeSender, type CodeSent, guessAt, sendCode } from '../codes/send-code.ts'
import type { Client } from '../lib/client.ts'
import { day, now, second } from '../lib/clock.ts'
import { isSameMailbox } from '../lib/email-address.ts'
import { Problem } from '../lib/problem.ts'
import { newToken } from '../lib/random.ts'
import type { Limit } from '../limits/limits.ts'
import { enqueue } from '../messages/outbox.ts'
import { enter } from '../sessions/gate.ts'
import { type HeldAccount, holdAccount } from '../sessions/guard.ts'
import type { Entered, SessionRules } from '../sessions/session.ts'
import { distrust, trustDevice } from '../sessions/trusted-device.ts'
import type { MfaMethod } from '../settings.ts'
import type { Tx } from '../store/open.ts'
import type { SetUp } from './methods/method.ts'
import { type MethodName, methods, readSetUp, usableMethods } from './methods/methods.ts'

/** What asking for a second factor takes. */
export interface Asker extends CodeSender {
  rules: SessionRules
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
  const usable = methodsToAnswer(asker, account, setUp)
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
  const usable = methodsToAnswer(asker, account, setUp)
  const sent = usable.includes(method) ? await send(tx, asker, challenge, setUp, method) : undefined
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
  given: {
    mfaToken: string
    mfaMethod?: MethodName | undefined
    code: string
    /** Whether not to be asked on this device for a while. */
    rememberDevice?: boolean | undefined
    client: Client
  },
): Promise<Judged> {
  const { keys, limits, rules } = asker
  const { client } = given
  const { account, challenge } = await openChallenge(tx, asker, given.mfaToken)
  const setUp = await readSetUp(tx, account)
  const method = given.mfaMethod ?? challenge.method
  const taken = await limits.take(tx, ...guessAt(account.id))

  const usable = methodsToAnswer(asker, account, setUp)
  const right =
    usable.includes(method) && (await isRight(tx, asker, setUp, challenge, method, given.code))
  if (!right) {
    await countWrong(tx, challenge.id)
    const detail = { step: 'code', mfaMethod: method }
    await activity.record(tx, account.id, { type: 'signin.failed', client, detail })
    const attemptsLeft = answersPerChallenge - challenge.wrong - 1
    if (attemptsLeft === 0) await tellOfGuessing(tx, asker, account)
    return { attemptsLeft }
  }

  await limits.giveBack(tx, taken)
  await consume(tx, challenge.id)
  if (method === 'recoveryCode') await tellOfRecoveryCode(tx, asker, account, setUp, client)
  const entered = await enter(tx, {
    account,
    shown: ['pwd', methods[method].amr],
    client,
    session: challenge.session_id ?? undefined,
    keys,
    rules,
  })
  if (!entered) throw new Error('Two factors were shown, and the gate stayed shut.')
  if (!given.rememberDevice) return { entered }
  await activity.record(tx, account.id, {
    type: 'device.trusted',
    client,
    session: entered.session,
  })
  return { entered: { ...entered, deviceToken: await trustDevice(tx, keys, account, client) } }
}

/** Often enough to be noticed, seldom enough not to be a nuisance. */
const toldOfGuessing: Limit = {
  name: 'guessing-told',
  most: 1,
  within: day,
  problem: 'too_many_messages',
}

/** Whoever guesses codes knows the password, which its owner should hear. */
async function tellOfGuessing(tx: Tx, asker: Asker, account: HeldAccount): Promise<void> {
  const { keys, limits } = asker
  const told = await limits.take(tx, { limit: toldOfGuessing, of: account.id }).catch(unlessTooMany)
  if (!told) return
  await enqueue(tx, keys, {
    account: account.id,
    to: { channel: 'email', address: account.email },
    template: 'codes-guessed',
    params: { at: now() },
  })
}

/** Whoever needs a recovery code may have lost a device, so none is trusted any more. */
async function tellOfRecoveryCode(
  tx: Tx,
  { keys }: Asker,
  account: HeldAccount,
  setUp: SetUp,
  client: Client,
): Promise<void> {
  const remaining = setUp.recoveryCodes - 1
  await distrust(tx, account.id)
  await activity.record(tx, account.id, {
    type: 'recovery_code.used',
    client,
    detail: { remaining },
  })
  await enqueue(tx, keys, {
    account: account.id,
    to: { channel: 'email', address: account.email },
    template: 'recovery-code-used',
    params: { remaining, at: now() },
  })
}

/**
 * By what this account's sign-in can be finished. After a password reset by email the mailbox has
 * been one factor already, so it is not taken for the other where there is another.
 */
function methodsToAnswer({ mfaMethods }: Asker, account: HeldAccount, setUp: SetUp): MethodName[] {
  const usable = usableMethods(setUp, mfaMethods)
  const sameMailbox =
    account.reset_by_email_at !== null && isSameMailbox(setUp.email, account.email)
  const other = usable.some((name) => name !== 'email' && name !== 'recoveryCode')
  return sameMailbox && other ? usable.filter((name) => name !== 'email') : usable
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
  const mine = challenge.method === method
  return methods[method].accept(tx, keys, setUp, code, {
    challenge: challenge.id,
    codeHash: mine ? challenge.code_hash : null,
    expiresAt: mine ? challenge.code_expires_at : null,
  })
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
  if (!to) return undefined
  return sendCode(tx, asker, challenge, { method: to.channel, to, template: 'sign-in-code' })
}

function unlessTooMany(error: unknown): undefined {
  if (error instanceof Problem) return undefined
  throw error
}
