/** The machine’s own Chromium or Chrome, for browser tests. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { type Browser, chromium } from 'playwright-core'

let launched: Promise<Browser> | undefined
after(async () => (await launched)?.close())

/**
 * Starts the browser of this test file, once; its windows close with the test. Every `newContext`
 * and every `newPage` has its own cookies and storage.
 *
 * @returns undefined without a browser; the test is skipped, or fails with `CI=true`
 */
export async function startChromium(t: TestContext): Promise<Browser | undefined> {
  const executablePath = findChromium()
  if (!executablePath) {
    const missing = 'No Chromium or Chrome found. Install one, or name it in CHROMIUM_PATH.'
    if (process.env.CI === 'true') throw new Error(missing)
    t.skip(missing)
    return undefined
  }

  launched ??= chromium.launch({ executablePath, args })
  const browser = await launched
  t.after(() => Promise.all(browser.contexts().map((context) => context.close())))
  return browser
}

function findChromium(): string | undefined {
  const { CHROMIUM_PATH } = process.env
  // No fallback: another browser would test something else.
  if (CHROMIUM_PATH) return CHROMIUM_PATH
  return wellKnownPaths[process.platform]?.().find((path) => existsSync(path))
}

const wellKnownPaths: Partial<Record<NodeJS.Platform, () => string[]>> = {
  linux: () => [
    // The engine without the window’s own interface: half the CPU time.
    '/usr/bin/chromium-headless-shell',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome-stable',
    '/usr/bin/google-chrome',
    '/opt/google/chrome/chrome',
    '/snap/bin/chromium',
  ],
  darwin: () => [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: () =>
    [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
      .filter((root) => root !== undefined)
      .map((root) => join(root, 'Google', 'Chrome', 'Application', 'chrome.exe')),
}

const args = [
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Chromium refuses to run as root inside its sandbox.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]
