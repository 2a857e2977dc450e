/** What many tests of passkeys do. */
import assert from 'node:assert/strict'
import type { Answer, Call, TestLatchkey } from './latchkey.ts'
import type { Owner } from './owner.ts'
import {
  type AuthenticatorKind,
  SoftwareAuthenticator,
  type Wrong,
} from './software-authenticator.ts'

export type Passkey = SoftwareAuthenticator & { id: string }

/** Adds a passkey to somebody's account. */
export async function addPasskey(
  latchkey: TestLatchkey,
  owner: Owner,
  kind: AuthenticatorKind & { name?: string } = {},
): Promise<Passkey> {
  const { name, ...rest } = kind
  const authenticator = new SoftwareAuthenticator(latchkey.origin, rest)
  const begun = await owner.post('/settings/Passkeys')
  assert.equal(begun.status, 200, JSON.stringify(begun.body))
  const response = authenticator.create(begun.body.options)
  const added = await owner.post('/settings/Passkeys/Verify', { ...(name && { name }), response })
  assert.equal(added.status, 201, JSON.stringify(added.body))
  return Object.assign(authenticator, { id: added.body.id as string })
}

/** Turns MFA on by a passkey, or changes to it. */
export function turnOnByPasskey(
  owner: Owner,
  authenticator: SoftwareAuthenticator,
  more: object = {},
): Promise<Answer> {
  owner.passkey = authenticator
  return owner.turnOn('passkey', more)
}

/** What `POST /auth/SignIn/Passkey` is asked for. */
export interface SignInByPasskey {
  /** As the second factor of the sign-in that it opens. */
  mfaToken?: string | undefined
  wrong?: Wrong
  rememberDevice?: boolean
  call?: Call
}

/** Has the service say what to sign. */
export async function beginByPasskey(
  latchkey: TestLatchkey,
  { mfaToken, call }: SignInByPasskey = {},
): Promise<Answer> {
  const begun = await latchkey.post('/auth/SignIn/Passkey', { ...(mfaToken && { mfaToken }) }, call)
  assert.equal(begun.status, 200, JSON.stringify(begun.body))
  return begun
}

/** Answers by whatever a passkey made of it. */
export function answerByPasskey(
  latchkey: TestLatchkey,
  begun: Answer,
  response: unknown,
  { rememberDevice, call }: SignInByPasskey = {},
): Promise<Answer> {
  const { passkeyToken } = begun.body
  const answer = { passkeyToken, response, ...(rememberDevice && { rememberDevice }) }
  return latchkey.post('/auth/SignIn/Passkey/Verify', answer, call)
}

/**
 * Signs in by passkey: alone, or as the second factor of the sign-in that an mfaToken opens; with
 * the access token of a session, that session is confirmed.
 */
export async function signInByPasskey(
  latchkey: TestLatchkey,
  authenticator: SoftwareAuthenticator,
  more: SignInByPasskey = {},
): Promise<Answer> {
  const begun = await beginByPasskey(latchkey, more)
  return answerByPasskey(latchkey, begun, authenticator.get(begun.body.options, more.wrong), more)
}

/** Begins to sign in with the password, and is asked for a passkey. @returns the mfaToken */
export async function openSignIn(owner: Owner): Promise<string> {
  const { body } = await owner.signIn()
  assert.equal(body.status, 'mfaRequired', JSON.stringify(body))
  return body.mfaToken
}

/** Everything about an account's passkeys, but not what is pending. */
export function passkeysOf(latchkey: TestLatchkey, { email }: Owner) {
  return latchkey.sql(
    `select * from passkey where account_id = (select id from account where email = '${email}')
     order by id`,
  )
}
