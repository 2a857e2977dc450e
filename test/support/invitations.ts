/** Shared steps of tests of invitations. */
import assert from 'node:assert/strict'
import type { ApiResponse, TestLatchkey } from './latchkey.ts'
import type { Owner } from './owner.ts'
import { assertStatus } from './responses.ts'

/** Invites an address, as an operator. @returns the invitation, and the token of its link */
export async function invite(
  latchkey: TestLatchkey,
  operator: Owner,
  invitation: { email: string; name?: string; groups?: string[]; language?: string },
): Promise<{ id: string; token: string; sent: ApiResponse }> {
  const sent = assertStatus(await operator.post('/admin/Invitations', invitation), 201)
  return { id: sent.body.id, token: await tokenSentTo(latchkey, invitation.email), sent }
}

/** The token in the newest invitation that was sent to an address. */
export async function tokenSentTo(latchkey: TestLatchkey, email: string): Promise<string> {
  const [message] = await latchkey.inbox(email)
  const token = /\/invitation#token=([\w-]+)/.exec(message?.text ?? '')?.[1]
  assert.ok(token, `no invitation was sent to ${email}`)
  latchkey.markSecret(token)
  return token
}

/** Accepts an invitation with a password. */
export function acceptInvitation(
  latchkey: TestLatchkey,
  token: string,
  password = 'seven red bicycles',
): Promise<ApiResponse> {
  return latchkey.post('/auth/Invitation/Accept', { token, password })
}
