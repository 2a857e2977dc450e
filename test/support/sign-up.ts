import type { CallOptions, TestLatchkey } from './latchkey.ts'
import { assertStatus } from './responses.ts'

/**
 * Starts a sign-up with a free address.
 *
 * @returns the body that completes it: its token, and the newest code in the mailbox
 */
export async function startSignUp(
  latchkey: TestLatchkey,
  { email, password }: { email: string; password: string },
  call: CallOptions = {},
): Promise<{ signUpToken: string; code: string }> {
  const started = await latchkey.post('/auth/SignUp', { email, password }, call)
  const { signUpToken } = assertStatus(started, 202).body
  return { signUpToken, code: await latchkey.codeSentTo(email) }
}

/** A code that is none of `codes`. */
export function otherThan(...codes: string[]): string {
  return ['000000', '000001', '000002'].find((code) => !codes.includes(code)) ?? ''
}
