/** Somebody's security page in a real browser, where they are signed in. */
import assert from 'node:assert/strict'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import type { startChromium } from './chromium.ts'
import type { TestLatchkey } from './latchkey.ts'
import type { Method, Owner } from './owner.ts'
import { type Look, type Visited, visit } from './visitor.ts'

type Browser = NonNullable<Awaited<ReturnType<typeof startChromium>>>

/** How somebody looks at it; in English, and straight from the service, unless they say so. */
export type Seen = Partial<Look> &
  Omit<BrowserContextOptions, 'viewport'> & { lang?: 'en' | 'de'; origin?: string }

/** Signs in as pages do, in a browser of its own, and opens the security page. */
export async function openSecurity(
  browser: Browser,
  latchkey: TestLatchkey,
  owner: Owner,
  { lang = 'en', origin = latchkey.origin, ...seen }: Seen = {},
): Promise<Visited> {
  // Pages remember the language that a link asked for.
  const visited = await visit(browser, `${origin}/signin?lang=${lang}`, {
    width: 800,
    colorScheme: 'light',
    locale: 'en-GB',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...seen,
  })
  await signInHere(visited.page, owner)
  await visited.page.goto(`${origin}/security`)
  await visited.page.getByRole('heading', { level: 2 }).first().waitFor()
  return visited
}

/** Signs in with tokens in cookies, by whatever the account asks for. */
export async function signInHere(page: Page, owner: Owner, more: object = {}): Promise<void> {
  // biome-ignore lint/suspicious/noExplicitAny: what the service answered
  const post = (path: string, body: object): Promise<any> =>
    page.evaluate(
      async ([to, what]) => {
        const headers = { 'content-type': 'application/json', 'latchkey-session': 'cookie' }
        const answer = await fetch(to, { method: 'POST', headers, body: JSON.stringify(what) })
        return answer.json()
      },
      [path, body] as const,
    )
  const { email, password } = owner
  const begun = await post('/auth/SignIn', { email, password })
  const answer = begun.status === 'mfaRequired' ? await finish(begun) : begun
  assert.equal(answer.status, 'signedIn', JSON.stringify(answer))

  async function finish({ mfaToken, mfaMethod }: { mfaToken: string; mfaMethod: Method }) {
    if (mfaMethod === 'passkey') {
      const { options, passkeyToken } = await post('/auth/SignIn/Passkey', { mfaToken })
      const response = owner.passkey?.get(options)
      return post('/auth/SignIn/Passkey/Verify', { passkeyToken, response, ...more })
    }
    const code = await owner.codeFor(mfaMethod)
    return post('/auth/SignIn/Mfa', { mfaToken, code, ...more })
  }
}

/** What one does there, by the names that people see and hear. */
export function hands(page: Page) {
  const section = (name: string) => page.getByRole('region', { name, exact: true })
  return {
    section,
    dialog: page.getByRole('dialog'),
    press: (name: string, within: Page | Locator = page) =>
      within.getByRole('button', { name, exact: true }).click(),
    /** @param text or what tells it, once the field is there: a code is sent before that */
    type: async (
      label: string,
      text: string | (() => Promise<string>),
      within: Page | Locator = page,
    ) => {
      const field = within.getByRole('textbox', { name: label, exact: true })
      await field.waitFor()
      await field.fill(typeof text === 'string' ? text : await text())
    },
    /** Waits until a section says so. */
    told: (name: string, what: string | RegExp) =>
      section(name).getByRole('status').filter({ hasText: what }).first().waitFor(),
    /** Waits until it stands there. */
    reads: (what: string | RegExp, within: Page | Locator = page) =>
      within.getByText(what).first().waitFor(),
  }
}

export const mfa = 'Second step at sign-in'
