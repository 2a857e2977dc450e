import assert from 'node:assert/strict'
import type { TestLatchkey } from './latchkey.ts'

/** The token of the way back in the newest message to an address with such a subject. */
export async function undoTokenSentTo(
  latchkey: TestLatchkey,
  to: string,
  subject: RegExp,
): Promise<string> {
  const message = (await latchkey.inbox(to)).find((candidate) => subject.test(candidate.subject))
  const token = /\/undo#token=([\w-]+)/.exec(message?.text ?? '')?.[1]
  assert.ok(token, `no way back in a message to ${to}`)
  latchkey.markSecret(token)
  return token
}
