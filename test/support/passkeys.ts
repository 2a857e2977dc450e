/** Shared steps of passkey tests. */
import { unusablePassword } from '../../src/lib/password-hasher.ts'
import type { ApiResponse, CallOptions, TestLatchkey } from './latchkey.ts'
import type { Owner } from './owner.ts'
import { assertMfaRequired, assertStatus } from './responses.ts'
import {
  type AuthenticatorTraits,
  SoftwareAuthenticator,
  type Tampering,
} from './software-authenticator.ts'

export type Passkey = SoftwareAuthenticator & { id: string }

/** Adds a passkey to an account. */
export async function addPasskey(
  latchkey: TestLatchkey,
  owner: Owner,
  kind: AuthenticatorTraits & { name?: string } = {},
): Promise<Passkey> {
  const { name, ...rest } = kind
  const authenticator = new SoftwareAuthenticator(latchkey.origin, rest)
  const started = assertStatus(await owner.startPasskeyRegistration(), 200)
  const response = authenticator.create(started.body.options)
  const added = await owner.post('/settings/Passkeys/Verify', { ...(name && { name }), response })
  assertStatus(added, 201)
  return Object.assign(authenticator, { id: added.body.id as string })
}

/** Turns MFA on with a passkey, or changes to it. */
export function turnOnWithPasskey(
  owner: Owner,
  authenticator: SoftwareAuthenticator,
  more: object = {},
): Promise<ApiResponse> {
  owner.passkey = authenticator
  return owner.turnOn('passkey', more)
}

/**
 * Takes an account's password away in the database: today no call makes such an account, and one with
 * nothing but passkeys must be able to do what others do with their password.
 *
 * @returns gives it back
 */
export async function removePassword(
  latchkey: TestLatchkey,
  { email }: Owner,
): Promise<() => Promise<unknown>> {
  const store = (hash: string) =>
    latchkey.sql(`update account set password_hash = '${hash}' where email = '${email}'`)
  const [row] = await latchkey.sql(`select password_hash from account where email = '${email}'`)
  await store(unusablePassword())
  return () => store(row.password_hash)
}

/** How to sign in with a passkey. */
export interface PasskeySignInOptions {
  /** Uses the passkey as the second factor of this sign-in. */
  mfaToken?: string | undefined
  tampering?: Tampering
  rememberDevice?: boolean
  deviceToken?: string | undefined
  call?: CallOptions
}

/** Starts a sign-in with a passkey. @returns the challenge to sign */
export async function startPasskeySignIn(
  latchkey: TestLatchkey,
  { mfaToken, call }: PasskeySignInOptions = {},
): Promise<ApiResponse> {
  const body = { ...(mfaToken && { mfaToken }) }
  return assertStatus(await latchkey.post('/auth/SignIn/Passkey', body, call), 200)
}

/** Submits a passkey’s response to the challenge. */
export function verifyPasskeySignIn(
  latchkey: TestLatchkey,
  started: ApiResponse,
  response: unknown,
  { rememberDevice, deviceToken, call }: PasskeySignInOptions = {},
): Promise<ApiResponse> {
  const { passkeyToken } = started.body
  const body = { passkeyToken, response, deviceToken, ...(rememberDevice && { rememberDevice }) }
  return latchkey.post('/auth/SignIn/Passkey/Verify', body, call)
}

/**
 * Signs in with a passkey: alone, or as the second factor of an `mfaToken`. With the access token
 * of a session, the passkey reauthenticates that session.
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

/** Signs in with the password. @returns the mfaToken for the second factor */
export async function requestMfaToken(owner: Owner): Promise<string> {
  return assertMfaRequired(await owner.signIn()).mfaToken
}

/** The passkeys of an account, without pending registrations. */
export function passkeyRowsOf(latchkey: TestLatchkey, { email }: Owner) {
  return latchkey.sql(
    `select * from passkey where account_id = (select id from account where email = '${email}')
     order by id`,
  )
}
