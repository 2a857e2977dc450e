/** Somebody who looks at a page of ours, and everything that a browser would hold against it. */
import assert from 'node:assert/strict'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

export interface Look {
  width: number
  colorScheme: 'light' | 'dark'
}

/** Each width and each theme once: colours know nothing of widths, nor the layout of colours. */
export const looks: Look[] = [
  { width: 360, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
]

export interface Visited {
  page: Page
  /** Errors and warnings of the page, violations of its policy, requests that failed. */
  complaints: string[]
  /** Requests that left the origin. */
  elsewhere: string[]
  /** How many pixels the page is wider than the window. */
  sideways(): Promise<number>
  /** What keeps somebody from using it: labels, roles, contrast and more (axe-core). */
  barriers(): Promise<string[]>
}

export async function visit(
  browser: Browser,
  url: string,
  look: Look & Omit<BrowserContextOptions, 'viewport'>,
): Promise<Visited> {
  const { width, ...options } = look
  const context = await browser.newContext({ viewport: { width, height: 800 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  const elsewhere: string[] = []
  await page.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    console.error('Refused by the policy: ' + event.violatedDirective + ' ' + event.blockedURI))`)
  page.on('console', (message) => {
    const text = message.text()
    // A browser tells of each call that the service refuses, as it should.
    const refused = /^Failed to load resource: .* status of (400|401|403|409|429)/.test(text)
    if (['error', 'warning'].includes(message.type()) && !refused) complaints.push(text)
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => {
    // A page that is left lets go of what it was waiting for.
    const left = request.failure()?.errorText === 'net::ERR_ABORTED'
    if (!left) complaints.push(`Failed: ${request.url()}`)
  })
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith('http') && origin !== new URL(url).origin) elsewhere.push(request.url())
  })
  await page.goto(url)
  return {
    page,
    complaints,
    elsewhere,
    sideways: async () =>
      Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth')),
    async barriers() {
      const { violations } = await new AxeBuilder({ page }).analyze()
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
    },
  }
}

/** Nothing can be held against what is seen now. @param where in words, for whoever reads of it */
export async function ensureWell(seen: Visited, where: string): Promise<void> {
  const { LATCHKEY_TEST_SCREENSHOTS: folder } = process.env
  if (folder) {
    const path = `${folder}/${where.replaceAll(/\W+/g, '-')}.png`
    await seen.page.screenshot({ path, fullPage: true })
  }
  assert.deepEqual([seen.complaints, seen.elsewhere], [[], []], where)
  assert.equal(await seen.sideways(), 0, where)
  assert.deepEqual(await seen.barriers(), [], where)
}

/** The same however somebody looks at it; it is left in the look that it was in. */
export async function ensureWellInEveryLook(seen: Visited, where: string): Promise<void> {
  const { page } = seen
  const before = page.viewportSize()
  for (const { width, colorScheme } of looks) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    await ensureWell(seen, `${where} at ${width} px, ${colorScheme}`)
  }
  if (before) await page.setViewportSize(before)
  await page.emulateMedia({ colorScheme: null })
}
