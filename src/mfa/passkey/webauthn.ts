import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import type { Settings } from '../../config/settings.ts'
import { passkeyChallengeLifetimeMs } from './passkey-challenge.ts'

/** Loaded with the first passkey: it takes 30 MB, and a start need not wait for it. */
const loadWebAuthn = () => import('@simplewebauthn/server')

/** Ed25519, ES256 and RS256: one of them every authenticator has. */
const algorithms = [-8, -7, -257]

/** This service, as authenticators know it (WebAuthn Level 3, §4). */
export interface RelyingParty {
  name: string
  /** The host of the public URL. */
  id: string
  /** The one page origin whose passkeys are taken. */
  origin: string
}

export function relyingPartyOf({
  publicUrl,
  brandName,
}: Pick<Settings, 'publicUrl' | 'brandName'>): RelyingParty {
  const { hostname, origin } = new URL(publicUrl)
  return { name: brandName, id: hostname, origin }
}

/** A passkey as a browser must be told of it. */
export interface CredentialDescriptor {
  credentialId: string
  transports: string[]
}

/**
 * For `navigator.credentials.create()`. Discoverable and with user verification where the
 * authenticator can: then it signs in alone. One that can't is still a second factor.
 *
 * @param options.known passkeys of the account: an authenticator that holds one makes no other
 */
export async function buildCreationOptions(
  { id, name }: RelyingParty,
  options: { challenge: string; userHandle: string; email: string; known: CredentialDescriptor[] },
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { challenge, userHandle, email, known } = options
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
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
  })
}

/**
 * For `navigator.credentials.get()`.
 *
 * @param options.allowed passkeys that will do; none given, whichever the authenticator has
 * @param options.alone whether nothing else is shown, so that it must know its user
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

/** What a registration told, once it was found to be right. */
export interface VerifiedRegistration {
  credentialId: string
  publicKey: string
  counter: number
  transports: string[]
  backedUp: boolean
  passwordless: boolean
}

/**
 * Judges a registration (WebAuthn Level 3, §7.1).
 *
 * Its attestation is not looked at: none was asked for, any authenticator will do, and the
 * certificates in one could have us fetch from wherever they say.
 *
 * @returns undefined if anything about it is wrong
 */
export async function verifyRegistration(
  { id, origin }: RelyingParty,
  challenge: string,
  response: RegistrationResponseJSON,
): Promise<VerifiedRegistration | undefined> {
  if (!isCanonicalSameOrigin(response)) return undefined
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
    const { credential, credentialBackedUp, userVerified } = registrationInfo
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: response.response.transports ?? [],
      backedUp: credentialBackedUp,
      // Browsers that don't tell make them discoverable.
      passwordless: userVerified && response.clientExtensionResults?.credProps?.rk !== false,
    }
  } catch {
    // The library throws whatever it finds wrong, and so do its parsers.
    return undefined
  }
}

/** What an assertion told, once it was found to be right. */
export interface VerifiedAssertion {
  counter: number
  /** Whether it may be copied to its owner's other devices. */
  backupEligible: boolean
  backedUp: boolean
}

/**
 * Judges an assertion (WebAuthn Level 3, §7.2), all but the counter: that is compared when it is
 * stored, so that of two at once only one moves it on.
 *
 * @param options.alone whether the authenticator must have verified its user
 * @returns undefined if anything about it is wrong
 */
export async function verifyAssertion(
  { id, origin }: RelyingParty,
  challenge: string,
  response: AuthenticationResponseJSON,
  { publicKey, requireUserVerification }: { publicKey: string; requireUserVerification: boolean },
): Promise<VerifiedAssertion | undefined> {
  if (!isCanonicalSameOrigin(response)) return undefined
  const { verifyAuthenticationResponse } = await loadWebAuthn()
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: requireUserVerification,
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

/**
 * The challenge that an answer says it is for; undefined if it can't be read, or is nothing that
 * we could have asked for: a database may not even take what stands there.
 */
export function challengeOf({ response }: RegistrationResponseJSON | AuthenticationResponseJSON) {
  const { challenge } = parseClientData(response.clientDataJSON)
  return typeof challenge === 'string' && /^[\w-]+$/.test(challenge) ? challenge : undefined
}

/**
 * Whether all is spelled the one way it can be, so that no changed character goes unnoticed, and
 * comes from a page of ours, not from a frame of ours in somebody else's.
 */
function isCanonicalSameOrigin({
  id,
  rawId,
  response,
}: RegistrationResponseJSON | AuthenticationResponseJSON) {
  const { clientDataJSON } = response
  const rest =
    'signature' in response
      ? [response.authenticatorData, response.signature]
      : [response.attestationObject]
  const canonical = [id, rawId, clientDataJSON, ...rest].every(
    (text) => Buffer.from(text, 'base64url').toString('base64url') === text,
  )
  const { crossOrigin } = parseClientData(clientDataJSON)
  return canonical && (crossOrigin === undefined || crossOrigin === false)
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
