/** Somebody who looks at a page of ours, and everything that a browser would hold against it. */
import type { Browser, Page } from 'playwright-core'

export interface Look {
  width: number
  colorScheme: 'light' | 'dark'
}

export const looks: Look[] = [360, 1280].flatMap((width) => [
  { width, colorScheme: 'light' as const },
  { width, colorScheme: 'dark' as const },
])

export interface Visited {
  page: Page
  /** Errors and warnings of the page, violations of its policy, requests that failed. */
  complaints: string[]
  /** Requests that left the origin. */
  elsewhere: string[]
  /** How many pixels the page is wider than the window. */
  sideways(): Promise<number>
  /** Texts with less contrast to their background than WCAG 2.2, 1.4.3 asks. */
  tooFaint(): Promise<string[]>
}

export async function visit(browser: Browser, url: string, look: Look): Promise<Visited> {
  const { width, colorScheme } = look
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
  const page = await context.newPage()
  const complaints: string[] = []
  const elsewhere: string[] = []
  await page.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
    console.error('Refused by the policy: ' + event.violatedDirective + ' ' + event.blockedURI))`)
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`Failed: ${request.url()}`))
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith('http') && origin !== new URL(url).origin) elsewhere.push(request.url())
  })
  await page.goto(url)
  const { LATCHKEY_TEST_SCREENSHOTS: folder } = process.env
  if (folder) {
    const name = new URL(url).pathname.replaceAll('/', '-')
    await page.screenshot({ path: `${folder}/page${name}-${width}-${colorScheme}.png` })
  }
  return {
    page,
    complaints,
    elsewhere,
    sideways: async () =>
      Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth')),
    tooFaint: () => page.evaluate(`(${faintTexts})()`),
  }
}

/** Runs in the page: plain colours on plain backgrounds, which is all that these pages have. */
const faintTexts = `() => {
  const channels = (color) => color.match(/[0-9.]+/g).map(Number)
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at)
      if (channels(backgroundColor)[3] !== 0) return backgroundColor
    }
    return 'rgb(255, 255, 255)'
  }
  const texts = [...document.querySelectorAll('body *')].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
  return texts.filter((element) => {
    const [dark, light] = [getComputedStyle(element).color, behind(element)].map(luminance).sort((a, b) => a - b)
    return (light + 0.05) / (dark + 0.05) < 4.5
  }).map((element) => element.textContent.trim().slice(0, 40))
}`
