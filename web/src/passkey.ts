import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '../../client/latchkey.ts'

/** Requests an assertion from the browser. @returns undefined if it was cancelled or timed out */
export async function getPasskey(
  options: object,
  requestOptions: { mediation?: CredentialMediationRequirement; signal?: AbortSignal } = {},
): Promise<AuthenticationResponseJSON | undefined> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as PublicKeyCredentialRequestOptionsJSON,
  )
  const credential = await undefinedIfCancelled(
    navigator.credentials.get({ publicKey, ...requestOptions }),
  )
  return credential?.toJSON() as AuthenticationResponseJSON | undefined
}

/**
 * Creates a passkey.
 *
 * @returns undefined if it was cancelled or timed out; `alreadyRegistered` if the authenticator has
 * a passkey for this account
 */
export async function createPasskey(
  options: object,
): Promise<RegistrationResponseJSON | 'alreadyRegistered' | undefined> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as PublicKeyCredentialCreationOptionsJSON,
  )
  try {
    const credential = await undefinedIfCancelled(navigator.credentials.create({ publicKey }))
    return credential?.toJSON() as RegistrationResponseJSON | undefined
  } catch (error) {
    if (error instanceof DOMException && error.name === 'InvalidStateError')
      return 'alreadyRegistered'
    throw error
  }
}

export const passkeysSupported = 'PublicKeyCredential' in globalThis

/** Whether the browser can offer passkeys among the suggestions of a field. */
export async function isPasskeyAutofillSupported(): Promise<boolean> {
  return (
    passkeysSupported && ((await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false)
  )
}

async function undefinedIfCancelled(
  request: Promise<Credential | null>,
): Promise<PublicKeyCredential | undefined> {
  try {
    return ((await request) as PublicKeyCredential | null) ?? undefined
  } catch (error) {
    const cancelled = ['NotAllowedError', 'AbortError', 'TimeoutError']
    if (error instanceof DOMException && cancelled.includes(error.name)) return undefined
    throw error
  }
}
