import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '../../client/latchkey.ts'

/** Asks the browser for a passkey's answer; undefined if its owner thought better of it. */
export async function getPasskey(
  options: object,
  more: { mediation?: CredentialMediationRequirement; signal?: AbortSignal } = {},
): Promise<AuthenticationResponseJSON | undefined> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as PublicKeyCredentialRequestOptionsJSON,
  )
  const credential = await settled(navigator.credentials.get({ publicKey, ...more }))
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
    const credential = await settled(navigator.credentials.create({ publicKey }))
    return credential?.toJSON() as RegistrationResponseJSON | undefined
  } catch (error) {
    // The authenticator has one for this account already.
    if (error instanceof DOMException && error.name === 'InvalidStateError') return 'known'
    throw error
  }
}

/** Whether this browser can. */
export const passkeysWork = 'PublicKeyCredential' in globalThis

/** Whether the browser can offer passkeys where an address is typed. */
export async function canAutofill(): Promise<boolean> {
  return passkeysWork && ((await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false)
}

/** Being cancelled, or taking too long, is no error. */
async function settled(
  asked: Promise<Credential | null>,
): Promise<PublicKeyCredential | undefined> {
  try {
    return ((await asked) as PublicKeyCredential | null) ?? undefined
  } catch (error) {
    const cancelled = ['NotAllowedError', 'AbortError', 'TimeoutError']
    if (error instanceof DOMException && cancelled.includes(error.name)) return undefined
    throw error
  }
}
