/** A page in a browser, with the errors that the browser reports. */
import assert from 'node:assert/strict'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

export interface Appearance {
  width: number
  colorScheme: 'light' | 'dark'
}

/** Each width and each theme once: colours do not depend on the width, nor layout on colours. */
export const appearances: Appearance[] = [
  { width: 360, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
]

export interface PageVisit {
  page: Page
  /** Console errors and warnings, CSP violations and failed requests. */
  errors: string[]
  /** Requests to other origins. */
  externalRequests: string[]
  /** How many pixels the page is wider than the window. */
  horizontalOverflow(): Promise<number>
  /** Violations that axe-core finds: labels, roles, contrast and more. */
  accessibilityViolations(): Promise<string[]>
}

export async function visitPage(
  browser: Browser,
  url: string,
  appearance: Appearance & Omit<BrowserContextOptions, 'viewport'>,
): Promise<PageVisit> {
  const { width, ...options } = appearance
  const context = await browser.newContext({ viewport: { width, height: 800 }, ...options })
  const page = await context.newPage()
  const errors: string[] = []
  const externalRequests: string[] = []
  await page.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    console.error('Refused by the policy: ' + event.violatedDirective + ' ' + event.blockedURI))`)
  page.on('console', (message) => {
    const text = message.text()
    // Browsers log every response with an error status; these are expected.
    const isExpectedRefusal = /^Failed to load resource: .* status of (400|401|403|409|429)/.test(
      text,
    )
    if (['error', 'warning'].includes(message.type()) && !isExpectedRefusal) errors.push(text)
  })
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('requestfailed', (request) => {
    // Leaving a page aborts its requests.
    const aborted = request.failure()?.errorText === 'net::ERR_ABORTED'
    if (!aborted) errors.push(`Failed: ${request.url()}`)
  })
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith('http') && origin !== new URL(url).origin)
      externalRequests.push(request.url())
  })
  await page.goto(url)
  return {
    page,
    errors,
    externalRequests,
    horizontalOverflow: async () =>
      Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth')),
    async accessibilityViolations() {
      const { violations } = await new AxeBuilder({ page }).analyze()
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
    },
  }
}

/** Enters address and password on the sign-in page, and waits for the second step. */
export async function enterPassword(page: Page, account: Credentials): Promise<void> {
  await page.getByLabel('Email address').fill(account.email)
  await page.getByLabel('Password', { exact: true }).fill(account.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'One more step' }).waitFor()
}

interface Credentials {
  email: string
  password: string
}

/** The configuration that the service writes into a page. */
export function pageConfigIn(html: string) {
  const content = /<meta name="latchkey" content="([^"]*)">/.exec(html)?.[1] ?? ''
  return JSON.parse(content.replaceAll('&quot;', '"').replaceAll('&amp;', '&'))
}

/**
 * Asserts that the page has no errors, overflow or accessibility violations.
 *
 * @param where names the page in a failure
 */
export async function assertPageOk(pageVisit: PageVisit, where: string): Promise<void> {
  const { LATCHKEY_TEST_SCREENSHOTS: folder } = process.env
  if (folder) {
    const path = `${folder}/${where.replaceAll(/\W+/g, '-')}.png`
    await pageVisit.page.screenshot({ path, fullPage: true })
  }
  assert.deepEqual([pageVisit.errors, pageVisit.externalRequests], [[], []], where)
  assert.equal(await pageVisit.horizontalOverflow(), 0, where)
  assert.deepEqual(await pageVisit.accessibilityViolations(), [], where)
}

/** Asserts that the page is OK in every appearance, and restores its own. */
export async function assertPageOkInEveryAppearance(
  pageVisit: PageVisit,
  where: string,
): Promise<void> {
  const { page } = pageVisit
  const originalSize = page.viewportSize()
  for (const { width, colorScheme } of appearances) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    await assertPageOk(pageVisit, `${where} at ${width} px, ${colorScheme}`)
  }
  if (originalSize) await page.setViewportSize(originalSize)
  await page.emulateMedia({ colorScheme: null })
}
