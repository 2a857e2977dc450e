/** An owner’s security page in a real browser. */
import assert from 'node:assert/strict'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import type { startChromium } from './chromium.ts'
import type { TestLatchkey } from './latchkey.ts'
import type { Method, Owner } from './owner.ts'
import { type Appearance, type PageVisit, visitPage } from './page-visit.ts'

type Browser = NonNullable<Awaited<ReturnType<typeof startChromium>>>

/** The view of the page; in English and at the service’s own origin by default. */
export type ViewOptions = Partial<Appearance> &
  Omit<BrowserContextOptions, 'viewport'> & { lang?: 'en' | 'de'; origin?: string }

/** Signs in as pages do, in a new browser context, and opens the security page. */
export async function openSecurityPage(
  browser: Browser,
  latchkey: TestLatchkey,
  owner: Owner,
  { lang = 'en', origin = latchkey.origin, ...view }: ViewOptions = {},
): Promise<PageVisit> {
  // Pages remember the language of a link.
  const visited = await visitPage(browser, `${origin}/signin?lang=${lang}`, {
    width: 800,
    colorScheme: 'light',
    locale: 'en-GB',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...view,
  })
  await signInOnPage(visited.page, owner)
  await visited.page.goto(`${origin}/security`)
  await visited.page.getByRole('heading', { level: 2 }).first().waitFor()
  return visited
}

/** Signs in with tokens in cookies, with every factor that the service requires. */
export async function signInOnPage(page: Page, owner: Owner, fields: object = {}): Promise<void> {
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
  const post = (path: string, body: object): Promise<any> =>
    page.evaluate(
      async ([to, payload]) => {
        const headers = { 'content-type': 'application/json', 'latchkey-session': 'cookie' }
        const response = await fetch(to, { method: 'POST', headers, body: JSON.stringify(payload) })
        const text = await response.text()
        if (!response.ok) throw new Error(`POST ${to} responded ${response.status}: ${text}`)
        return JSON.parse(text)
      },
      [path, body] as const,
    )
  const { email, password } = owner
  const started = await post('/auth/SignIn', { email, password })
  const done = started.status === 'mfaRequired' ? await completeSecondFactor(started) : started
  assert.equal(done.status, 'signedIn', JSON.stringify(done))

  async function completeSecondFactor({
    mfaToken,
    mfaMethod,
  }: {
    mfaToken: string
    mfaMethod: Method
  }) {
    if (mfaMethod === 'passkey') {
      const { options, passkeyToken } = await post('/auth/SignIn/Passkey', { mfaToken })
      const response = owner.passkey?.get(options)
      return post('/auth/SignIn/Passkey/Verify', { passkeyToken, response, ...fields })
    }
    const code = await owner.codeFor(mfaMethod)
    return post('/auth/SignIn/Mfa', { mfaToken, code, ...fields })
  }
}

/** Actions on the page, by the names that users see and hear. */
export function pageActions(page: Page) {
  const section = (name: string) => page.getByRole('region', { name, exact: true })
  return {
    section,
    dialog: page.getByRole('dialog'),
    press: (name: string, within: Page | Locator = page) =>
      within.getByRole('button', { name, exact: true }).click(),
    /** @param text or a function that reads it once the field is there, such as a sent code */
    type: async (
      label: string,
      text: string | (() => Promise<string>),
      within: Page | Locator = page,
    ) => {
      const field = within.getByRole('textbox', { name: label, exact: true })
      await field.waitFor()
      await field.fill(typeof text === 'string' ? text : await text())
    },
    /** Waits for a section’s status message. */
    waitForStatus: (name: string, what: string | RegExp) =>
      section(name).getByRole('status').filter({ hasText: what }).first().waitFor(),
    /** Waits for a text on the page. */
    waitForText: (what: string | RegExp, within: Page | Locator = page) =>
      within.getByText(what).first().waitFor(),
  }
}

export const mfaSectionName = 'Second step at sign-in'
