/** A browser page with a virtual authenticator that approves every request. */
import type { Browser, Page } from 'playwright-core'
import type { Owner } from './owner.ts'
import { assertStatus } from './responses.ts'

/** The virtual authenticator (WebAuthn Level 3, §11.2). */
export interface VirtualAuthenticatorOptions {
  /** A built-in authenticator, or a USB key. */
  transport?: 'internal' | 'usb'
  /** Whether it stores discoverable credentials. */
  hasResidentKey?: boolean
  /** Whether it can verify the user by fingerprint or PIN. */
  hasUserVerification?: boolean
  /** Whether that verification succeeds. */
  isUserVerified?: boolean
}

type Options = Record<string, unknown>

/** A page, and its `navigator.credentials`. */
export interface WebAuthnPage {
  page: Page
  /** Makes user verification fail or succeed from now on. */
  setUserVerified(isUserVerified: boolean): Promise<void>
  /** @returns the JSON of the new credential, or the name of the error */
  // biome-ignore lint/suspicious/noExplicitAny: the service validates its shape
  create(options: Options): Promise<any>
  /** @returns the JSON of the assertion, or the name of the error */
  // biome-ignore lint/suspicious/noExplicitAny: the service validates its shape
  get(options: Options): Promise<any>
}

/** Opens a page with its own virtual authenticator. */
export async function openWebAuthnPage(
  browser: Browser,
  url: string,
  authenticator: VirtualAuthenticatorOptions,
): Promise<WebAuthnPage> {
  const page = await browser.newPage()
  await page.goto(url)
  const setUserVerified = await addVirtualAuthenticator(page, authenticator)
  const callCredentials = (call: 'create' | 'get', parse: string, options: Options) =>
    page.evaluate(`(async () => {
      const publicKey = PublicKeyCredential.${parse}(${JSON.stringify(options)})
      try {
        return (await navigator.credentials.${call}({ publicKey })).toJSON()
      } catch ({ name }) {
        return name
      }
    })()`)
  return {
    page,
    create: (options) => callCredentials('create', 'parseCreationOptionsFromJSON', options),
    get: (options) => callCredentials('get', 'parseRequestOptionsFromJSON', options),
    setUserVerified,
  }
}

/** Turns MFA on with the passkey of a page’s authenticator. */
export async function turnOnInBrowser(owner: Owner, page: WebAuthnPage): Promise<void> {
  const mfaMethod = 'passkey'
  const started = assertStatus(await owner.post('/settings/MfaSignIn', { mfaMethod }), 202)
  const assertion = await page.get(started.body.options)
  const on = assertStatus(await owner.post('/settings/MfaSignIn', { mfaMethod, assertion }), 200)
  owner.recoveryCodes = on.body.recoveryCodes ?? owner.recoveryCodes
}

/** Adds a virtual authenticator to a page. @returns its `setUserVerified` */
export async function addVirtualAuthenticator(
  page: Page,
  overrides: VirtualAuthenticatorOptions = {},
): Promise<WebAuthnPage['setUserVerified']> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...overrides,
    },
  })
  return async (isUserVerified) => {
    await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
  }
}
