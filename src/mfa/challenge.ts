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
import { now, second } from '../lib/clock.ts'
import { isSameMailbox } from '../lib/email-address.ts'
import type { Keys } from '../lib/keys.ts'
import { Problem } from '../lib/problem.ts'
import { newToken } from '../lib/random.ts'
import { unlessTooMany } from '../limits/limits.ts'
import type { RelyingParty } from '../passkeys/relying-party.ts'
import { enter } from '../sessions/gate.ts'
import { type HeldAccount, holdAccount } from '../sessions/guard.ts'
import type { Entered, SessionRules } from '../sessions/session.ts'
import type { Amr } from '../sessions/strength.ts'
import { ensureNotSuspended } from '../sessions/suspension.ts'
import { trustDevice } from '../sessions/trusted-device.ts'
import type { MfaMethod } from '../settings.ts'
import type { Tx } from '../store/open.ts'
import { tell, tellAtOnce } from '../store/watch.ts'
import type { CodeMethod, SetUp } from './methods/method.ts'
import {
  type CodeMethodName,
  codeMethods,
  type MethodName,
  readSetUp,
  usableMethods,
} from './methods/methods.ts'
import { tellOfGuessing, tellOfRecoveryCode } from './telling.ts'

/** What asking for a second factor takes. */
export interface Asker extends CodeSender {
  rules: SessionRules
  relyingParty: RelyingParty
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
  const { account, challenge } = await openChallenge(tx, asker, { mfaToken })
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
  const { limits } = asker
  const { client } = given
  const { account, challenge } = await openChallenge(tx, asker, given)
  const setUp = await readSetUp(tx, account)
  const method = given.mfaMethod ?? challenge.method
  if (method === 'passkey') throw noCodeFor(given.mfaMethod)
  const taken = await limits.take(tx, ...guessAt(account.id)).catch((error) => {
    if (error instanceof Problem && error.code === 'too_many_attempts') {
      tellAtOnce(tx, { about: 'signIn', method, result: 'limited' })
    }
    throw error
  })

  const usable = methodsToAnswer(asker, account, setUp)
  const right =
    usable.includes(method) && (await isRight(tx, asker, setUp, challenge, method, given.code))
  await tell(tx, { about: 'signIn', method, result: right ? 'signedIn' : 'wrong' })
  if (!right) {
    await countWrong(tx, challenge.id)
    const detail = { step: 'code', mfaMethod: method }
    await activity.record(tx, account.id, { type: 'signin.failed', client, detail })
    const attemptsLeft = Math.min(answersPerChallenge - challenge.failed_attempts - 1, taken.left)
    await tellOfGuessing(tx, asker, account)
    return { attemptsLeft }
  }

  await limits.giveBack(tx, taken)
  if (method === 'recoveryCode') await tellOfRecoveryCode(tx, asker, account, setUp, client)
  const shown: Amr[] = ['pwd', codeMethods[method].amr]
  return { entered: await finish(tx, asker, { ...given, account, challenge, shown }) }
}

/**
 * Ends an open sign-in well: both factors were shown.
 *
 * @throws Problem `mfa_token_expired` if someone else just did
 */
export async function finish(
  tx: Tx,
  { keys, rules }: Asker,
  done: {
    account: HeldAccount
    challenge: { id: string; session_id: string | null }
    shown: Amr[]
    client: Client
    rememberDevice?: boolean | undefined
  },
): Promise<Entered> {
  const { account, challenge, shown, client, rememberDevice } = done
  await consume(tx, challenge.id)
  const session = challenge.session_id ?? undefined
  const entered = await enter(tx, { account, shown, client, session, keys, rules })
  if (!entered) throw new Error('Two factors were shown, and the gate stayed shut.')
  return rememberDevice ? remember(tx, keys, { account, client, entered }) : entered
}

/** Asks no second factor on this device for a while. */
export async function remember(
  tx: Tx,
  keys: Keys,
  { account, client, entered }: { account: HeldAccount; client: Client; entered: Entered },
): Promise<Entered> {
  const { session } = entered
  await activity.record(tx, account.id, { type: 'device.trusted', client, session })
  return { ...entered, deviceToken: await trustDevice(tx, keys, account, client) }
}

function noCodeFor(named: MethodName | undefined): Problem {
  const message = named
    ? 'has no code: answer it by POST /auth/SignIn/Passkey'
    : 'is missing: say which of availableMethods the code is of, for a passkey has none'
  return new Problem('invalid_request', `/mfaMethod ${message}.`, {
    errors: [{ path: '/mfaMethod', message }],
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

/**
 * An open sign-in, by its token or its id, and its account, held.
 *
 * @throws Problem `mfa_token_expired` or `account_suspended`
 */
export async function openChallenge(
  tx: Tx,
  { keys }: Asker,
  which: { mfaToken: string } | { id: string },
) {
  const found = await tx
    .selectFrom('challenge')
    .select(['id', 'account_id'])
    .$call((query) =>
      'id' in which
        ? query.where('id', '=', which.id)
        : query.where('token_hash', 'in', keys.hashes(which.mfaToken, tokenPurpose)),
    )
    .executeTakeFirst()
  const account = found && (await holdAccount(tx, found.account_id))
  if (!found || !account) throw expired()

  // Read only now: whoever held the account before may have used it up or made it void.
  const challenge = await tx
    .selectFrom('challenge')
    .select(['id', 'account_id', 'session_id', 'method', 'failed_attempts'])
    .select(['sent_to', 'sent_at', 'code_hash', 'code_expires_at'])
    .where('id', '=', found.id)
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now())
    .where('failed_attempts', '<', answersPerChallenge)
    .where('credential_version', '=', account.credential_version)
    .executeTakeFirst()
  if (!challenge) throw expired()
  ensureNotSuspended(account)
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
  method: CodeMethodName,
  code: string,
): Promise<boolean> {
  const mine = challenge.method === method
  return codeMethods[method].accept(tx, keys, setUp, code, {
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
  const to = name === 'passkey' ? undefined : (codeMethods[name] as CodeMethod).destination?.(setUp)
  if (!to) return undefined
  return sendCode(tx, asker, challenge, { method: to.channel, to, template: 'sign-in-code' })
}
