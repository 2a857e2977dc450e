import { Problem } from '../lib/problem.ts'
import type { ChallengeTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import { type CodeSent, type SendCodeDeps, sendCode } from '../verification/send-code.ts'
import type { CodeMethod, Enrollment } from './methods/method.ts'
import { type ChallengeMethod, type CodeMethodName, codeMethods } from './methods/methods.ts'

/** Sends the code of a challenge. @returns undefined if the method sends none */
export async function sendChallengeCode(
  tx: Tx,
  deps: SendCodeDeps,
  challenge: Parameters<typeof sendCode>[2] & { purpose: ChallengeTable['purpose'] },
  enrollment: Enrollment,
  method: ChallengeMethod,
): Promise<CodeSent | undefined> {
  const recipient =
    method === 'passkey' ? undefined : (codeMethods[method] as CodeMethod).destination?.(enrollment)
  if (!recipient) return undefined
  return sendCode(tx, deps, challenge, {
    method: recipient.channel,
    to: recipient,
    template: challenge.purpose === 'undo' ? 'undo-code' : 'sign-in-code',
  })
}

/**
 * Verifies a code by `method` and consumes it. A sent code counts only for the method that sent it.
 */
export async function verifyChallengeCode(
  tx: Tx,
  enrollment: Enrollment,
  challenge: {
    id: string
    method: ChallengeMethod
    code_hash: string | null
    code_expires_at: number | null
  },
  method: CodeMethodName,
  code: string,
): Promise<boolean> {
  const wasSentByMethod = challenge.method === method
  return codeMethods[method].verifyCode(tx, enrollment, code, {
    challengeId: challenge.id,
    codeHash: wasSentByMethod ? challenge.code_hash : null,
    expiresAt: wasSentByMethod ? challenge.code_expires_at : null,
  })
}

/** @param requested the method that the request named, if it named one */
export function passkeyHasNoCode(requested: ChallengeMethod | undefined): Problem {
  const message = requested
    ? 'has no code: complete it with POST /auth/SignIn/Passkey'
    : 'is missing: name the method of availableMethods that the code belongs to; a passkey has no code'
  return new Problem('invalid_request', `/mfaMethod ${message}.`, {
    errors: [{ path: '/mfaMethod', message }],
  })
}
