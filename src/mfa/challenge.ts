import * as activity from '../activity/activity.ts'
import type { MfaMethod } from '../config/settings.ts'
import type { Client } from '../lib/client.ts'
import { second } from '../lib/clock.ts'
import type { EmitEvent } from '../lib/metric-events.ts'
import { Problem } from '../lib/problem.ts'
import { newToken } from '../lib/random.ts'
import { type Bucket, ignoreIfRateLimited } from '../rate-limits/rate-limiter.ts'
import type { Amr } from '../sessions/assurance.ts'
import { issueSession } from '../sessions/issue-session.ts'
import type { LockedAccount } from '../sessions/locked-account.ts'
import type { IssuedSession, SessionRules } from '../sessions/session.ts'
import { prepared } from '../store/prepared-query.ts'
import type { ChallengeTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import type { UndoToken } from '../undo/undo-token.ts'
import {
  challengeLifetimeMs,
  consumeChallenge,
  countFailedAttempt,
  maxAttemptsPerChallenge,
  newChallengeRow,
} from '../verification/challenge-row.ts'
import { type CodeSent, codeAttemptBuckets, type SendCodeDeps } from '../verification/send-code.ts'
import { passkeyHasNoCode, sendChallengeCode, verifyChallengeCode } from './challenge-code.ts'
import {
  anyPurpose,
  challengeTokenPurpose,
  type LoadedChallenge,
  loadChallenge,
} from './load-challenge.ts'
import {
  type ChallengeMethod,
  type CodeMethodName,
  codeMethods,
  firstChallengeMethod,
} from './methods/methods.ts'
import { recordRecoveryCodeUse } from './recovery-codes/recovery-codes.ts'
import { notifyOfGuessing } from './security-notices.ts'
import { readUsableFactors } from './usable-factors.ts'

/** Dependencies of a second-factor challenge. */
export interface ChallengeDeps extends SendCodeDeps {
  emit: EmitEvent
  rules: SessionRules
  /** Methods the operator allows, strongest first. */
  mfaMethods: readonly MfaMethod[]
}

/** The response to a correct password, or to an undo link, while a second factor is required. */
export interface MfaRequired {
  status: 'mfaRequired'
  mfaToken: string
  mfaMethod: ChallengeMethod
  availableMethods: ChallengeMethod[]
  sentTo?: string
  expiresIn: number
}

/**
 * Starts the challenge for the second factor, after the first one was correct. Sends a code if the
 * method needs one; beyond the rate limit it sends none, and another method can still be used.
 *
 * @param startedBy.session the session to renew; by default, completing the challenge issues a new one
 * @param startedBy.deviceId the account’s device that the sign-in began on
 * @param startedBy.undoToken the change to undo
 */
export async function startChallenge(
  tx: Tx,
  deps: ChallengeDeps,
  account: LockedAccount,
  startedBy: {
    session?: string | undefined
    deviceId?: string | undefined
    undoToken?: UndoToken
  },
): Promise<MfaRequired> {
  const { session, deviceId, undoToken } = startedBy
  const { enrollment, usable } = await readUsableFactors(tx, deps, account, undoToken)
  const confirmsSession = session !== undefined
  const method = firstChallengeMethod(usable, account.mfa_method, { confirmsSession })
  if (!method) throw new Error('MFA is on, but no method is enrolled.')

  const mfaToken = newToken()
  const challenge = {
    ...newChallengeRow(tx, account),
    purpose: undoToken ? 'undo' : confirmsSession ? 'reauthenticate' : 'signIn',
    token_hash: tx.keyring.hash(mfaToken, challengeTokenPurpose),
    session_id: session ?? null,
    undo_token_id: undoToken?.id ?? null,
    device_id: deviceId ?? null,
    method,
  } satisfies ChallengeTable
  await insertChallenge(tx, challenge)

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

const insertChallenge = prepared((db, row: ChallengeTable) =>
  db.insertInto('challenge').values(row),
)

/**
 * Sends another code for a challenge, by the same or another method. Failed attempts stay counted.
 *
 * @throws Problem `mfa_token_expired`, `method_not_set_up`, or 429
 */
export async function resendCode(
  tx: Tx,
  deps: ChallengeDeps,
  { mfaToken, mfaMethod }: { mfaToken: string; mfaMethod?: ChallengeMethod | undefined },
): Promise<CodeSent> {
  const { account, challenge, undoToken } = await loadChallenge(tx, { mfaToken }, anyPurpose)
  const { enrollment, usable } = await readUsableFactors(tx, deps, account, undoToken)
  const method = mfaMethod ?? challenge.method
  const sent = usable.includes(method)
    ? await sendChallengeCode(tx, deps, challenge, enrollment, method)
    : undefined
  if (!sent) {
    throw new Problem(
      'method_not_set_up',
      'This method sends no codes. Choose another of availableMethods.',
    )
  }
  return sent
}

/** The result of an attempt. A failed one must be committed too: it counts. */
export type VerificationResult = { issued: IssuedSession } | { attemptsLeft: number }

/** A code for a challenge, and the client that sends it. */
export interface CodeAttempt {
  mfaToken: string
  mfaMethod?: ChallengeMethod | undefined
  code: string
  client: Client
}

/**
 * Verifies the code for a challenge. The challenge is consumed, so concurrent requests with the
 * correct code issue one session. Rate limits apply here as well as at the start.
 *
 * @throws Problem `mfa_token_expired` or `too_many_attempts`
 */
export async function verifyChallenge(
  tx: Tx,
  deps: ChallengeDeps,
  attempt: CodeAttempt & {
    /** Token of the client’s device; by default, the sign-in stays on the device it began on. */
    deviceToken?: string | undefined
    /** Trust this device, so that it skips the second factor for a while. */
    rememberDevice?: boolean | undefined
  },
): Promise<VerificationResult> {
  const { client } = attempt
  const loaded = await loadChallenge(tx, attempt)
  const { account, challenge } = loaded
  const method = attempt.mfaMethod ?? challenge.method
  const result = await verifyCode(tx, deps, loaded, attempt, codeAttemptBuckets(account.id)).catch(
    (error) => {
      if (error instanceof Problem && error.code === 'too_many_attempts') {
        deps.emit({ kind: 'signIn', method, result: 'limited' })
      }
      throw error
    },
  )
  tx.emit({ kind: 'signIn', method, result: 'method' in result ? 'signedIn' : 'wrong' })
  if ('attemptsLeft' in result) {
    const detail = { step: 'code', mfaMethod: method }
    await activity.record(tx, account.id, { type: 'signin.failed', client, detail })
    await notifyOfGuessing(tx, deps, account)
    return result
  }
  if (result.method === 'recoveryCode') await recordRecoveryCodeUse(tx, account, client)
  const amr: Amr[] = ['pwd', codeMethods[result.method].amr]
  return { issued: await completeChallenge(tx, deps, { ...attempt, account, challenge, amr }) }
}

/**
 * Verifies a code and counts a wrong one. The caller consumes the challenge, and records the use of a
 * recovery code.
 *
 * @param buckets that a wrong code counts against
 */
export async function verifyCode(
  tx: Tx,
  deps: ChallengeDeps,
  { account, challenge, undoToken }: LoadedChallenge,
  { mfaMethod, code }: Pick<CodeAttempt, 'mfaMethod' | 'code'>,
  buckets: Bucket[],
): Promise<{ method: CodeMethodName } | { attemptsLeft: number }> {
  const method = mfaMethod ?? challenge.method
  if (method === 'passkey') throw passkeyHasNoCode(mfaMethod)
  const reservation = await deps.rateLimiter.consume(tx, ...buckets)
  const { enrollment, usable } = await readUsableFactors(tx, deps, account, undoToken)
  const correct =
    usable.includes(method) && (await verifyChallengeCode(tx, enrollment, challenge, method, code))
  if (!correct) {
    await countFailedAttempt(tx, challenge.id)
    const attemptsLeft = maxAttemptsPerChallenge - challenge.failed_attempts - 1
    return { attemptsLeft: Math.min(attemptsLeft, reservation.remaining) }
  }
  await deps.rateLimiter.refund(tx, reservation)
  return { method }
}

/**
 * Completes a challenge whose second factor was verified.
 *
 * @throws Problem `mfa_token_expired` if a concurrent request completed it
 */
export async function completeChallenge(
  tx: Tx,
  { rules, rateLimiter }: ChallengeDeps,
  completion: {
    account: LockedAccount
    challenge: { id: string; session_id: string | null; device_id: string | null }
    amr: Amr[]
    client: Client
    deviceToken?: string | undefined
    rememberDevice?: boolean | undefined
  },
): Promise<IssuedSession> {
  const { challenge, ...verified } = completion
  await consumeChallenge(tx, challenge.id)
  const issued = await issueSession(tx, {
    ...verified,
    session: challenge.session_id ?? undefined,
    deviceId: challenge.device_id ?? undefined,
    rules,
    rateLimiter,
  })
  if (!issued) throw new Error('Both factors were verified, but no session was issued.')
  return issued
}
