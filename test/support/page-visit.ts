/** Somebody who looks at a page of ours, and everything that a browser would hold against it. */
import assert from 'node:assert/strict'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

export interface Appearance {
  width: number
  colorScheme: 'light' | 'dark'
}

/** Each width and each theme once: colours know nothing of widths, nor the layout of colours. */
export const appearances: Appearance[] = [
  { width: 360, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
]

export interface PageVisit {
  page: Page
  /** Errors and warnings of the page, violations of its policy, requests that failed. */
  errors: string[]
  /** Requests that left the origin. */
  externalRequests: string[]
  /** How many pixels the page is wider than the window. */
  horizontalOverflow(): Promise<number>
  /** What keeps somebody from using it: labels, roles, contrast and more (axe-core). */
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
    // A browser tells of each call that the service refuses, as it should.
    const isExpectedRefusal = /^Failed to load resource: .* status of (400|401|403|409|429)/.test(
      text,
    )
    if (['error', 'warning'].includes(message.type()) && !isExpectedRefusal) errors.push(text)
  })
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('requestfailed', (request) => {
    // A page that is left lets go of what it was waiting for.
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

/** Nothing can be held against what is seen now. @param where in words, for whoever reads of it */
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

/** The same however somebody looks at it; it is left in the look that it was in. */
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
