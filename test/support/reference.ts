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

export interface Seen {
  /** Errors and warnings of the page, violations of its policy, requests that failed. */
  complaints: string[]
  /** Requests that left the origin. */
  elsewhere: string[]
  /** How many pixels the page is wider than the window. */
  sideways: number
  /** How the call reads in Python. */
  sample: string
  /** What the reference shows of the answer: "200 OK", and its body. */
  status: string
  body: unknown
  /** All that the browser would keep when the page is closed. */
  kept: string
}

/**
 * Reads the call `DELETE /settings/MfaSignIn` in the reference, pastes the token, sends it, and
 * reads the answer. LATCHKEY_TEST_SCREENSHOTS names a folder for pictures of every step.
 */
export async function turnOffInReference(browser: Browser, visit: Visit): Promise<Seen> {
  const { complaints, elsewhere, page } = await openPage(browser, visit)

  await page.goto(`${visit.baseUrl}/docs`)
  await page.getByRole('textbox', { name: 'Bearer Token' }).fill(visit.token)
  await page.getByRole('tab', { name: 'Python' }).click()
  await photograph(page, visit, '1-top')
  await page.getByRole('link', { name: 'delete /settings/MfaSignIn' }).click()

  const example = page.getByRole('group', { name: 'Request Example for delete/settings/MfaSignIn' })
  const sample = await text(example.locator('code'))
  const sideways = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  await photograph(page, visit, '2-call')

  await example.getByRole('button', { name: 'Test Request' }).click()
  const client = page.getByRole('dialog')
  await client.getByRole('button', { name: 'Send delete request' }).click()

  const answer = client.getByRole('region', { name: 'Response', exact: true })
  const status = await text(answer.getByRole('link').first())
  const body = JSON.parse(await text(answer.getByRole('textbox')))
  await photograph(page, visit, '3-answer')

  const kept = await page.evaluate(
    'JSON.stringify([localStorage, sessionStorage, document.cookie])',
  )
  await page.context().close()
  return {
    complaints,
    elsewhere,
    sideways: Number(sideways),
    sample,
    status,
    body,
    kept: `${kept}`,
  }
}

/** Opens the explanation of a problem and returns what is marked there. */
export async function lookUpError(browser: Browser, visit: Visit, code: string) {
  const { complaints, elsewhere, page } = await openPage(browser, visit)
  await page.goto(`${visit.baseUrl}/docs/errors#${code}`)
  const marked = await text(page.locator(':target'))
  // Unstyled, the page would be white in the dark.
  const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
  await photograph(page, visit, '4-errors')
  await page.context().close()
  return { complaints, elsewhere, marked, background }
}

async function openPage(browser: Browser, { baseUrl, width, colorScheme }: Visit) {
  const complaints: string[] = []
  const elsewhere: string[] = []
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)

  await page.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    console.error('Refused by the policy: ' + event.violatedDirective + ' ' + event.blockedURI))`)
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`Failed: ${request.url()}`))
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith('http') && origin !== new URL(baseUrl).origin) {
      elsewhere.push(request.url())
    }
  })
  return { complaints, elsewhere, page }
}

async function text(place: Locator): Promise<string> {
  return (await place.textContent())?.trim() ?? ''
}

async function photograph(page: Page, { width, colorScheme }: Visit, step: string) {
  const folder = process.env.LATCHKEY_TEST_SCREENSHOTS
  if (folder) await page.screenshot({ path: `${folder}/${width}-${colorScheme}-${step}.png` })
}
