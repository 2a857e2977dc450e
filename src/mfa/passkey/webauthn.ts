import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import type { Settings } from '../../config/settings.ts'
import { passkeyChallengeLifetimeMs } from './passkey-challenge.ts'

/** Loaded at the first use: it takes 30 MB and would delay the start. */
const loadWebAuthn = () => import('@simplewebauthn/server')

/** Ed25519, ES256 and RS256: every authenticator supports one of them. */
const algorithms = [-8, -7, -257]

/** This service as a relying party (WebAuthn Level 3, §4). */
export interface RelyingParty {
  name: string
  /** The host of the public URL. */
  id: string
  /** The only origin whose passkeys are accepted. */
  origin: string
}

export function relyingPartyOf({
  publicUrl,
  brandName,
}: Pick<Settings, 'publicUrl' | 'brandName'>): RelyingParty {
  const { hostname, origin } = new URL(publicUrl)
  return { name: brandName, id: hostname, origin }
}

/** The data by which a browser finds a passkey. */
export interface CredentialDescriptor {
  credentialId: string
  transports: string[]
}

/**
 * Builds the options for `navigator.credentials.create()`. They prefer a discoverable credential and
 * user verification, so that the passkey signs in without a password; an authenticator that lacks
 * either still makes a second factor.
 *
 * @param options.known the account's passkeys; an authenticator that holds one creates no other
 * @param options.passwordless set where the passkey will be the only credential: both are required
 */
export async function buildCreationOptions(
  { id, name }: RelyingParty,
  options: {
    challenge: string
    userHandle: string
    email: string
    known: CredentialDescriptor[]
    passwordless?: boolean
  },
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { challenge, userHandle, email, known, passwordless = false } = options
  const requirement = passwordless ? 'required' : 'preferred'
  const { generateRegistrationOptions } = await loadWebAuthn()
  return generateRegistrationOptions({
    rpID: id,
    rpName: name,
    challenge: decodeBase64Url(challenge),
    userID: decodeBase64Url(userHandle),
    userName: email,
    userDisplayName: email,
    timeout: passkeyChallengeLifetimeMs,
    attestationType: 'none',
    supportedAlgorithmIDs: algorithms,
    excludeCredentials: known.map(toDescriptorJson),
    authenticatorSelection: { residentKey: requirement, userVerification: requirement },
  })
}

/**
 * Builds the options for `navigator.credentials.get()`.
 *
 * @param options.allowed the passkeys to choose from; without it, any discoverable one
 * @param options.requireUserVerification set where the passkey is the only factor
 */
export async function buildRequestOptions(
  { id }: RelyingParty,
  options: {
    challenge: string
    allowed?: CredentialDescriptor[] | undefined
    requireUserVerification: boolean
  },
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { challenge, allowed, requireUserVerification } = options
  const { generateAuthenticationOptions } = await loadWebAuthn()
  return generateAuthenticationOptions({
    rpID: id,
    challenge: decodeBase64Url(challenge),
    timeout: passkeyChallengeLifetimeMs,
    userVerification: requireUserVerification ? 'required' : 'preferred',
    ...(allowed && { allowCredentials: allowed.map(toDescriptorJson) }),
  })
}

/** The data of a valid registration. */
export interface VerifiedRegistration {
  credentialId: string
  publicKey: string
  counter: number
  transports: string[]
  /** Whether it may be synced to the owner's other devices. */
  backupEligible: boolean
  backedUp: boolean
  passwordless: boolean
}

/**
 * Verifies a registration (WebAuthn Level 3, §7.1).
 *
 * Ignores the attestation: none is requested, every authenticator is accepted, and certificates in
 * an attestation could make the service fetch URLs of the client's choice.
 *
 * @returns undefined if it is invalid
 */
export async function verifyRegistration(
  { id, origin }: RelyingParty,
  challenge: string,
  response: RegistrationResponseJSON,
): Promise<VerifiedRegistration | undefined> {
  if (!isCanonical(response) || isCrossOrigin(response)) return undefined
  const { verifyRegistrationResponse } = await loadWebAuthn()
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: await stripAttestation(response),
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: false,
      supportedAlgorithmIDs: algorithms,
    })
    if (!verified || registrationInfo.credential.id !== response.id) return undefined
    const { credential, credentialDeviceType, credentialBackedUp, userVerified } = registrationInfo
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: response.response.transports ?? [],
      backupEligible: credentialDeviceType === 'multiDevice',
      backedUp: credentialBackedUp,
      // Browsers that don't report `credProps` create discoverable credentials.
      passwordless: userVerified && response.clientExtensionResults?.credProps?.rk !== false,
    }
  } catch {
    // The library and its parsers throw on every invalid response.
    return undefined
  }
}

/** The data of a valid assertion. */
export interface VerifiedAssertion {
  counter: number
  /** Whether the passkey may be synced to the owner's other devices. */
  backupEligible: boolean
  backedUp: boolean
}

/**
 * Verifies an assertion (WebAuthn Level 3, §7.2) except for the counter, which is compared when it
 * is stored, so that of two concurrent assertions only one advances it.
 *
 * @returns undefined if it is invalid
 */
export async function verifyAssertion(
  { id, origin }: RelyingParty,
  challenge: string,
  response: AuthenticationResponseJSON,
  { publicKey, requireUserVerification }: { publicKey: string; requireUserVerification: boolean },
): Promise<VerifiedAssertion | undefined> {
  if (!isCanonical(response) || isCrossOrigin(response)) return undefined
  const { verifyAuthenticationResponse } = await loadWebAuthn()
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification,
      credential: { id: response.id, publicKey: decodeBase64Url(publicKey), counter: 0 },
    })
    if (!verified) return undefined
    const { newCounter, credentialDeviceType, credentialBackedUp } = authenticationInfo
    return {
      counter: newCounter,
      backupEligible: credentialDeviceType === 'multiDevice',
      backedUp: credentialBackedUp,
    }
  } catch {
    return undefined
  }
}

type CredentialResponse = RegistrationResponseJSON | AuthenticationResponseJSON

/**
 * The challenge that a response claims to answer; undefined if it is unreadable or not in base64url,
 * which all challenges are: PostgreSQL refuses some strings even in a comparison.
 */
export function challengeOf({ response }: CredentialResponse): string | undefined {
  const { challenge } = parseClientData(response.clientDataJSON)
  return typeof challenge === 'string' && /^[\w-]+$/.test(challenge) ? challenge : undefined
}

/** Whether every field is canonical base64url, so that no changed character goes unnoticed. */
function isCanonical({ id, rawId, response }: CredentialResponse): boolean {
  const signed =
    'signature' in response
      ? [response.authenticatorData, response.signature]
      : [response.attestationObject]
  return [id, rawId, response.clientDataJSON, ...signed].every(
    (text) => Buffer.from(text, 'base64url').toString('base64url') === text,
  )
}

/** Whether the response comes from a frame of this origin in a page of another. */
function isCrossOrigin({ response }: CredentialResponse): boolean {
  const { crossOrigin } = parseClientData(response.clientDataJSON)
  return crossOrigin !== undefined && crossOrigin !== false
}

function parseClientData(encoded: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

async function stripAttestation(
  registration: RegistrationResponseJSON,
): Promise<RegistrationResponseJSON> {
  const { decodeAttestationObject, isoCBOR } = await import('@simplewebauthn/server/helpers')
  const { response } = registration
  const authData = decodeAttestationObject(decodeBase64Url(response.attestationObject)).get(
    'authData',
  )
  const attestationObject = isoCBOR.encode(
    new Map<string, string | Uint8Array | Map<string, string>>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', authData],
    ]),
  )
  return {
    ...registration,
    response: {
      ...response,
      attestationObject: Buffer.from(attestationObject).toString('base64url'),
    },
  }
}

function toDescriptorJson({ credentialId, transports }: CredentialDescriptor) {
  return { id: credentialId, transports }
}

function decodeBase64Url(encoded: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(encoded, 'base64url'))
}
