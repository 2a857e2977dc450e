/** A page of a real browser, beside an authenticator that says yes to whatever it is asked. */
import type { Browser, Page } from 'playwright-core'

/** What Chromium is to believe it has (WebAuthn Level 3, §11.2). */
export interface VirtualAuthenticatorOptions {
  /** Built in, or a key that is plugged in. */
  transport?: 'internal' | 'usb'
  /** Whether it keeps keys itself, and so can be asked without being told which. */
  hasResidentKey?: boolean
  /** Whether it has a finger or a PIN to ask for. */
  hasUserVerification?: boolean
  /** Whether that is its owner's. */
  isUserVerified?: boolean
}

type Options = Record<string, unknown>

/** The page, and what `navigator.credentials` does there. */
export interface WebAuthnPage {
  page: Page
  /** From now on its finger is not known, or is again. */
  setUserVerified(isUserVerified: boolean): Promise<void>
  /** @returns what it made, by its `toJSON()`, or the name of the error if it made nothing */
  // biome-ignore lint/suspicious/noExplicitAny: the service says what it must look like
  create(options: Options): Promise<any>
  /** @returns what it signed, by its `toJSON()`, or the name of the error if it signed nothing */
  // biome-ignore lint/suspicious/noExplicitAny: the service says what it must look like
  get(options: Options): Promise<any>
}

/** Opens a page beside an authenticator of its own. */
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

/**
 * Puts an authenticator of its own beside a page.
 *
 * @returns what has its finger not be known from now on, or known again
 */
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
