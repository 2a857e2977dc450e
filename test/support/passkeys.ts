/** What many tests of passkeys do. */
import assert from 'node:assert/strict'
import type { ApiResponse, CallOptions, TestLatchkey } from './latchkey.ts'
import type { Owner } from './owner.ts'
import {
  type AuthenticatorTraits,
  SoftwareAuthenticator,
  type Tampering,
} from './software-authenticator.ts'

export type Passkey = SoftwareAuthenticator & { id: string }

/** Adds a passkey to somebody's account. */
export async function addPasskey(
  latchkey: TestLatchkey,
  owner: Owner,
  kind: AuthenticatorTraits & { name?: string } = {},
): Promise<Passkey> {
  const { name, ...rest } = kind
  const authenticator = new SoftwareAuthenticator(latchkey.origin, rest)
  const started = await owner.post('/settings/Passkeys')
  assert.equal(started.status, 200, JSON.stringify(started.body))
  const response = authenticator.create(started.body.options)
  const added = await owner.post('/settings/Passkeys/Verify', { ...(name && { name }), response })
  assert.equal(added.status, 201, JSON.stringify(added.body))
  return Object.assign(authenticator, { id: added.body.id as string })
}

/** Turns MFA on by a passkey, or changes to it. */
export function turnOnWithPasskey(
  owner: Owner,
  authenticator: SoftwareAuthenticator,
  more: object = {},
): Promise<ApiResponse> {
  owner.passkey = authenticator
  return owner.turnOn('passkey', more)
}

/** What `POST /auth/SignIn/Passkey` is asked for. */
export interface PasskeySignInOptions {
  /** As the second factor of the sign-in that it opens. */
  mfaToken?: string | undefined
  tampering?: Tampering
  rememberDevice?: boolean
  call?: CallOptions
}

/** Has the service say what to sign. */
export async function startPasskeySignIn(
  latchkey: TestLatchkey,
  { mfaToken, call }: PasskeySignInOptions = {},
): Promise<ApiResponse> {
  const started = await latchkey.post(
    '/auth/SignIn/Passkey',
    { ...(mfaToken && { mfaToken }) },
    call,
  )
  assert.equal(started.status, 200, JSON.stringify(started.body))
  return started
}

/** Answers by whatever a passkey made of it. */
export function verifyPasskeySignIn(
  latchkey: TestLatchkey,
  started: ApiResponse,
  response: unknown,
  { rememberDevice, call }: PasskeySignInOptions = {},
): Promise<ApiResponse> {
  const { passkeyToken } = started.body
  const body = { passkeyToken, response, ...(rememberDevice && { rememberDevice }) }
  return latchkey.post('/auth/SignIn/Passkey/Verify', body, call)
}

/**
 * Signs in by passkey: alone, or as the second factor of the sign-in that an mfaToken opens; with
 * the access token of a session, that session is confirmed.
 */
export async function signInWithPasskey(
  latchkey: TestLatchkey,
  authenticator: SoftwareAuthenticator,
  options: PasskeySignInOptions = {},
): Promise<ApiResponse> {
  const started = await startPasskeySignIn(latchkey, options)
  return verifyPasskeySignIn(
    latchkey,
    started,
    authenticator.get(started.body.options, options.tampering),
    options,
  )
}

/** Begins to sign in with the password, and is asked for a passkey. @returns the mfaToken */
export async function requestMfaToken(owner: Owner): Promise<string> {
  const { body } = await owner.signIn()
  assert.equal(body.status, 'mfaRequired', JSON.stringify(body))
  return body.mfaToken
}

/** Everything about an account's passkeys, but not what is pending. */
export function passkeyRowsOf(latchkey: TestLatchkey, { email }: Owner) {
  return latchkey.sql(
    `select * from passkey where account_id = (select id from account where email = '${email}')
     order by id`,
  )
}
