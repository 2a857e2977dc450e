import * as activity from '../activity/activity.ts'
import type { MfaMethod } from '../config/settings.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Client } from '../lib/client.ts'
import { second } from '../lib/clock.ts'
import { isSameMailbox } from '../lib/email-address.ts'
import type { EmitEvent } from '../lib/metric-events.ts'
import { Problem } from '../lib/problem.ts'
import { newToken } from '../lib/random.ts'
import { ignoreIfRateLimited } from '../rate-limits/rate-limiter.ts'
import type { Amr } from '../sessions/assurance.ts'
import { issueSession } from '../sessions/issue-session.ts'
import { type LockedAccount, lockAccount } from '../sessions/locked-account.ts'
import type { IssuedSession, SessionRules } from '../sessions/session.ts'
import { ensureNotSuspended } from '../sessions/suspension.ts'
import { trustDevice } from '../sessions/trusted-device.ts'
import type { Tx } from '../store/transaction.ts'
import {
  challengeLifetimeMs,
  consumeChallenge,
  countFailedAttempt,
  maxAttemptsPerChallenge,
  mfaTokenExpired,
  newChallengeRow,
} from '../verification/challenge-row.ts'
import {
  type CodeSent,
  codeAttemptBuckets,
  type SendCodeDeps,
  sendCode,
} from '../verification/send-code.ts'
import type { CodeMethod, Enrollment } from './methods/method.ts'
import {
  type AnswerMethod,
  answerMethods,
  type CodeMethodName,
  codeMethods,
  readEnrollment,
} from './methods/methods.ts'
import type { RelyingParty } from './passkey/webauthn.ts'
import { notifyOfGuessing, notifyOfRecoveryCode } from './security-notices.ts'

/** What asking for a second factor takes. */
export interface ChallengeDeps extends SendCodeDeps {
  keyring: Keyring
  emit: EmitEvent
  rules: SessionRules
  relyingParty: RelyingParty
  /** The operator's ranking, strongest first. */
  mfaMethods: readonly MfaMethod[]
}

/** The answer to a right password while MFA is on. */
export interface MfaRequired {
  status: 'mfaRequired'
  mfaToken: string
  mfaMethod: AnswerMethod
  availableMethods: AnswerMethod[]
  sentTo?: string
  expiresIn: number
}

/**
 * Asks for the second factor of a sign-in whose first factor was right. A code that has to be
 * sent goes out with it, unless there were too many: then another method still opens the door.
 *
 * @param session set to renew that session instead of making one
 */
export async function startChallenge(
  tx: Tx,
  deps: ChallengeDeps,
  account: LockedAccount,
  session?: string,
): Promise<MfaRequired> {
  const enrollment = await readEnrollment(tx, account)
  const usable = challengeMethods(deps, account, enrollment)
  const method = usable.find((name) => name === account.mfa_method) ?? usable[0]
  if (!method) throw new Error('MFA is on, but nothing is set up to show.')

  const mfaToken = newToken()
  const challenge = await tx
    .insertInto('challenge')
    .values({
      ...newChallengeRow(account),
      purpose: session === undefined ? 'signIn' : 'reauthenticate',
      token_hash: deps.keyring.hash(mfaToken, tokenPurpose),
      session_id: session ?? null,
      method,
    })
    .returning(['id', 'account_id', 'sent_to', 'sent_at'])
    .executeTakeFirstOrThrow()

  const sent = await sendChallengeCode(tx, deps, challenge, enrollment, method).catch(
    ignoreIfRateLimited,
  )
  return {
    status: 'mfaRequired',
    mfaToken,
    mfaMethod: method,
    availableMethods: usable,
    ...(sent && { sentTo: sent.sentTo }),
    expiresIn: challengeLifetimeMs / second,
  }
}

/**
 * Sends the code of an open sign-in again, or by another method. It resets no count.
 *
 * @throws Problem `mfa_token_expired`, `method_not_set_up`, or 429
 */
export async function resendCode(
  tx: Tx,
  deps: ChallengeDeps,
  { mfaToken, mfaMethod }: { mfaToken: string; mfaMethod?: AnswerMethod | undefined },
): Promise<CodeSent> {
  const { account, challenge } = await loadChallenge(tx, deps, { mfaToken })
  const enrollment = await readEnrollment(tx, account)
  const method = mfaMethod ?? challenge.method
  const usable = challengeMethods(deps, account, enrollment)
  const sent = usable.includes(method)
    ? await sendChallengeCode(tx, deps, challenge, enrollment, method)
    : undefined
  if (!sent) {
    throw new Problem(
      'method_not_set_up',
      'No code can be sent for this method. Choose another of availableMethods.',
    )
  }
  return sent
}

/** What came of an answer. A wrong one must be committed too: it counts. */
export type VerificationResult = { issued: IssuedSession } | { attemptsLeft: number }

/**
 * Judges the answer to an open sign-in, once: of many who bring the right one, one gets in. Limits
 * are looked at here again, not only when the sign-in began.
 *
 * @throws Problem `mfa_token_expired` or `too_many_attempts`
 */
export async function verifyChallenge(
  tx: Tx,
  deps: ChallengeDeps,
  attempt: {
    mfaToken: string
    mfaMethod?: AnswerMethod | undefined
    code: string
    /** Whether not to be asked on this device for a while. */
    rememberDevice?: boolean | undefined
    client: Client
  },
): Promise<VerificationResult> {
  const { rateLimiter } = deps
  const { client } = attempt
  const { account, challenge } = await loadChallenge(tx, deps, attempt)
  const enrollment = await readEnrollment(tx, account)
  const method = attempt.mfaMethod ?? challenge.method
  if (method === 'passkey') throw passkeyHasNoCode(attempt.mfaMethod)
  const reservation = await rateLimiter
    .consume(tx, ...codeAttemptBuckets(account.id))
    .catch((error) => {
      if (error instanceof Problem && error.code === 'too_many_attempts') {
        deps.emit({ kind: 'signIn', method, result: 'limited' })
      }
      throw error
    })

  const usable = challengeMethods(deps, account, enrollment)
  const correct =
    usable.includes(method) &&
    (await isCodeCorrect(tx, deps, enrollment, challenge, method, attempt.code))
  tx.emit({ kind: 'signIn', method, result: correct ? 'signedIn' : 'wrong' })
  if (!correct) {
    await countFailedAttempt(tx, challenge.id)
    const detail = { step: 'code', mfaMethod: method }
    await activity.record(tx, account.id, { type: 'signin.failed', client, detail })
    const attemptsLeft = Math.min(
      maxAttemptsPerChallenge - challenge.failed_attempts - 1,
      reservation.remaining,
    )
    await notifyOfGuessing(tx, deps, account)
    return { attemptsLeft }
  }

  await rateLimiter.refund(tx, reservation)
  if (method === 'recoveryCode') await notifyOfRecoveryCode(tx, account, enrollment, client)
  const amr: Amr[] = ['pwd', codeMethods[method].amr]
  return { issued: await completeChallenge(tx, deps, { ...attempt, account, challenge, amr }) }
}

/**
 * Ends an open sign-in well: both factors were shown.
 *
 * @throws Problem `mfa_token_expired` if someone else just did
 */
export async function completeChallenge(
  tx: Tx,
  { keyring, rules }: ChallengeDeps,
  completion: {
    account: LockedAccount
    challenge: { id: string; session_id: string | null }
    amr: Amr[]
    client: Client
    rememberDevice?: boolean | undefined
  },
): Promise<IssuedSession> {
  const { account, challenge, amr, client, rememberDevice } = completion
  await consumeChallenge(tx, challenge.id)
  const session = challenge.session_id ?? undefined
  const issued = await issueSession(tx, { account, amr, client, session, keyring, rules })
  if (!issued) throw new Error('Two factors were shown, and the gate stayed shut.')
  return rememberDevice ? issueDeviceToken(tx, { account, client, issued }) : issued
}

/** Asks no second factor on this device for a while. */
export async function issueDeviceToken(
  tx: Tx,
  { account, client, issued }: { account: LockedAccount; client: Client; issued: IssuedSession },
): Promise<IssuedSession> {
  const { session } = issued
  await activity.record(tx, account.id, { type: 'device.trusted', client, session })
  return { ...issued, deviceToken: await trustDevice(tx, account, client) }
}

function passkeyHasNoCode(named: AnswerMethod | undefined): Problem {
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
function challengeMethods(
  { mfaMethods }: ChallengeDeps,
  account: LockedAccount,
  enrollment: Enrollment,
): AnswerMethod[] {
  const usable = answerMethods(enrollment, mfaMethods)
  const sameMailbox =
    account.reset_by_email_at !== null && isSameMailbox(enrollment.email, account.email)
  const hasOther = usable.some((name) => name !== 'email' && name !== 'recoveryCode')
  return sameMailbox && hasOther ? usable.filter((name) => name !== 'email') : usable
}

const tokenPurpose = 'mfa_token'

/**
 * An open sign-in, by its token or its id, and its account, held.
 *
 * @throws Problem `mfa_token_expired` or `account_suspended`
 */
export async function loadChallenge(
  tx: Tx,
  { keyring }: ChallengeDeps,
  lookup: { mfaToken: string } | { id: string },
) {
  const found = await tx
    .selectFrom('challenge')
    .select(['id', 'account_id'])
    .$call((query) =>
      'id' in lookup
        ? query.where('id', '=', lookup.id)
        : query.where('token_hash', 'in', keyring.hashWithAllKeys(lookup.mfaToken, tokenPurpose)),
    )
    .executeTakeFirst()
  const account = found && (await lockAccount(tx, found.account_id))
  if (!found || !account) throw mfaTokenExpired()

  // Read only now: whoever held the account before may have used it up or made it void.
  const challenge = await tx
    .selectFrom('challenge')
    .select(['id', 'account_id', 'session_id', 'method', 'failed_attempts'])
    .select(['sent_to', 'sent_at', 'code_hash', 'code_expires_at'])
    .where('id', '=', found.id)
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', tx.now())
    .where('failed_attempts', '<', maxAttemptsPerChallenge)
    .where('credential_version', '=', account.credential_version)
    .executeTakeFirst()
  if (!challenge) throw mfaTokenExpired()
  ensureNotSuspended(account)
  return { account, challenge: { ...challenge, method: challenge.method as AnswerMethod } }
}

/** Judges by the method that is named; a code that was sent counts for the method it was sent by. */
async function isCodeCorrect(
  tx: Tx,
  { keyring }: ChallengeDeps,
  enrollment: Enrollment,
  challenge: {
    id: string
    method: AnswerMethod
    code_hash: string | null
    code_expires_at: number | null
  },
  method: CodeMethodName,
  code: string,
): Promise<boolean> {
  const wasSentByMethod = challenge.method === method
  return codeMethods[method].verifyCode(tx, keyring, enrollment, code, {
    challengeId: challenge.id,
    codeHash: wasSentByMethod ? challenge.code_hash : null,
    expiresAt: wasSentByMethod ? challenge.code_expires_at : null,
  })
}

async function sendChallengeCode(
  tx: Tx,
  deps: ChallengeDeps,
  challenge: Parameters<typeof sendCode>[2],
  enrollment: Enrollment,
  method: AnswerMethod,
): Promise<CodeSent | undefined> {
  const recipient =
    method === 'passkey' ? undefined : (codeMethods[method] as CodeMethod).destination?.(enrollment)
  if (!recipient) return undefined
  return sendCode(tx, deps, challenge, {
    method: recipient.channel,
    to: recipient,
    template: 'sign-in-code',
  })
}
