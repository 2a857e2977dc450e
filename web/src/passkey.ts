import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '../../client/latchkey.ts'

/** Asks the browser for a passkey's answer; undefined if its owner thought better of it. */
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

/** Has the browser make a passkey; undefined if its owner thought better of it. */
export async function createPasskey(
  options: object,
): Promise<RegistrationResponseJSON | 'known' | undefined> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as PublicKeyCredentialCreationOptionsJSON,
  )
  try {
    const credential = await undefinedIfCancelled(navigator.credentials.create({ publicKey }))
    return credential?.toJSON() as RegistrationResponseJSON | undefined
  } catch (error) {
    // The authenticator has one for this account already.
    if (error instanceof DOMException && error.name === 'InvalidStateError') return 'known'
    throw error
  }
}

/** Whether this browser can. */
export const passkeysSupported = 'PublicKeyCredential' in globalThis

/** Whether the browser can offer passkeys where an address is typed. */
export async function isPasskeyAutofillSupported(): Promise<boolean> {
  return (
    passkeysSupported && ((await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false)
  )
}

/** Being cancelled, or taking too long, is no error. */
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
