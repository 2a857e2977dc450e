/** The API reference at /docs in a browser, used to send a call. */
import type { Browser, Locator, Page } from 'playwright-core'
import { type Appearance, type PageVisit, visitPage } from './page-visit.ts'

export interface Visit extends Appearance {
  /** The service's origin, without a slash at the end. */
  baseUrl: string
  /** The Bearer token to paste into the reference. */
  token: string
}

export interface VisitReport extends Pick<PageVisit, 'errors' | 'externalRequests'> {
  /** How many pixels the page is wider than the window. */
  overflowPx: number
  /** The code sample of the call in Python. */
  sample: string
  /** The response that the reference shows: `200 OK`, and its body. */
  status: string
  body: unknown
  /** Everything that the browser stores beyond the page. */
  browserStorage: string
}

/**
 * Opens `DELETE /settings/MfaSignIn` in the reference, pastes the token, sends the call and reads
 * the response. LATCHKEY_TEST_SCREENSHOTS names a folder for screenshots of every step.
 */
export async function turnOffInReference(browser: Browser, visit: Visit): Promise<VisitReport> {
  const { page, errors, externalRequests } = await visitPage(
    browser,
    `${visit.baseUrl}/docs`,
    visit,
  )
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
  await takeScreenshot(page, visit, '3-response')

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

/** Opens the explanation of a problem and reads the highlighted part. */
export async function lookUpProblem(browser: Browser, visit: Visit, code: string) {
  const { page, errors, externalRequests } = await openPage(browser, visit, `/docs/errors#${code}`)
  const highlighted = await textOf(page.locator(':target'))
  // Without its style sheet, the page would be white in the dark theme too.
  const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
  await takeScreenshot(page, visit, '4-errors')
  await page.context().close()
  return { errors, externalRequests, highlighted, background }
}

function openPage(browser: Browser, { baseUrl, width, colorScheme }: Visit, path: string) {
  return visitPage(browser, baseUrl + path, { width, colorScheme })
}

async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent())?.trim() ?? ''
}

async function takeScreenshot(page: Page, { width, colorScheme }: Visit, step: string) {
  const folder = process.env.LATCHKEY_TEST_SCREENSHOTS
  if (folder) await page.screenshot({ path: `${folder}/${width}-${colorScheme}-${step}.png` })
}
