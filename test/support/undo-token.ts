import assert from 'node:assert/strict'
import type { TestLatchkey } from './latchkey.ts'

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
