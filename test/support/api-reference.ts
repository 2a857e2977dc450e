/** Someone who reads /docs and tries a call there, and what they saw. */
import type { Browser, Locator, Page } from 'playwright-core'

export interface Visit {
  /** Where the service is, without a slash at its end. */
  baseUrl: string
  /** Pasted into the reference as the Bearer token. */
  token: string
  width: number
  colorScheme: 'light' | 'dark'
}

export interface VisitReport {
  /** Errors and warnings of the page, violations of its policy, requests that failed. */
  errors: string[]
  /** Requests that left the origin. */
  externalRequests: string[]
  /** How many pixels the page is wider than the window. */
  overflowPx: number
  /** How the call reads in Python. */
  sample: string
  /** What the reference shows of the answer: "200 OK", and its body. */
  status: string
  body: unknown
  /** All that the browser would keep when the page is closed. */
  browserStorage: string
}

/**
 * Reads the call `DELETE /settings/MfaSignIn` in the reference, pastes the token, sends it, and
 * reads the answer. LATCHKEY_TEST_SCREENSHOTS names a folder for pictures of every step.
 */
export async function turnOffInReference(browser: Browser, visit: Visit): Promise<VisitReport> {
  const { complaints: errors, elsewhere: externalRequests, page } = await openPage(browser, visit)

  await page.goto(`${visit.baseUrl}/docs`)
  await page.getByRole('textbox', { name: 'Bearer Token' }).fill(visit.token)
  await page.getByRole('tab', { name: 'Python' }).click()
  await takeScreenshot(page, visit, '1-top')
  await page.getByRole('link', { name: 'delete /settings/MfaSignIn' }).click()

  const example = page.getByRole('group', { name: 'Request Example for delete/settings/MfaSignIn' })
  const sample = await textOf(example.locator('code'))
  const overflowPx = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  await takeScreenshot(page, visit, '2-call')

  await example.getByRole('button', { name: 'Test Request' }).click()
  const client = page.getByRole('dialog')
  await client.getByRole('button', { name: 'Send delete request' }).click()

  const response = client.getByRole('region', { name: 'Response', exact: true })
  const status = await textOf(response.getByRole('link').first())
  const body = JSON.parse(await textOf(response.getByRole('textbox')))
  await takeScreenshot(page, visit, '3-answer')

  const browserStorage = await page.evaluate(
    'JSON.stringify([localStorage, sessionStorage, document.cookie])',
  )
  await page.context().close()
  return {
    errors,
    externalRequests,
    overflowPx: Number(overflowPx),
    sample,
    status,
    body,
    browserStorage: `${browserStorage}`,
  }
}

/** Opens the explanation of a problem and returns what is marked there. */
export async function lookUpProblem(browser: Browser, visit: Visit, code: string) {
  const { complaints: errors, elsewhere: externalRequests, page } = await openPage(browser, visit)
  await page.goto(`${visit.baseUrl}/docs/errors#${code}`)
  const highlighted = await textOf(page.locator(':target'))
  // Unstyled, the page would be white in the dark.
  const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
  await takeScreenshot(page, visit, '4-errors')
  await page.context().close()
  return { complaints: errors, elsewhere: externalRequests, marked: highlighted, background }
}

async function openPage(browser: Browser, { baseUrl, width, colorScheme }: Visit) {
  const errors: string[] = []
  const externalRequests: string[] = []
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)

  await page.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    console.error('Refused by the policy: ' + event.violatedDirective + ' ' + event.blockedURI))`)
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('requestfailed', (request) => errors.push(`Failed: ${request.url()}`))
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith('http') && origin !== new URL(baseUrl).origin) {
      externalRequests.push(request.url())
    }
  })
  return { complaints: errors, elsewhere: externalRequests, page }
}

async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent())?.trim() ?? ''
}

async function takeScreenshot(page: Page, { width, colorScheme }: Visit, step: string) {
  const folder = process.env.LATCHKEY_TEST_SCREENSHOTS
  if (folder) await page.screenshot({ path: `${folder}/${width}-${colorScheme}-${step}.png` })
}
