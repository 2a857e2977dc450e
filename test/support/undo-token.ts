import assert from 'node:assert/strict'
import type { ApiResponse, TestLatchkey } from './latchkey.ts'
import type { Owner } from './owner.ts'
import { assertStatus } from './responses.ts'

/** The undo token in the newest message with a matching subject. */
export async function undoTokenSentTo(
  latchkey: TestLatchkey,
  to: string,
  subject: RegExp,
): Promise<string> {
  const message = (await latchkey.inbox(to)).find((candidate) => subject.test(candidate.subject))
  const token = /\/undo#token=([\w-]+)/.exec(message?.text ?? '')?.[1]
  assert.ok(token, `No message to ${to} with a subject like ${subject} has an undo link.`)
  latchkey.markSecret(token)
  return token
}

/** Sets the password that an account needs after an undo. */
export async function setPasswordAfter(
  latchkey: TestLatchkey,
  undone: ApiResponse,
  owner: Owner,
): Promise<void> {
  const { resetToken } = assertStatus(undone, 200).body
  owner.password = 'a new sentence of the owner'
  const newPassword = owner.password
  assertStatus(await latchkey.post('/auth/ResetPassword', { resetToken, newPassword }), 200)
}
