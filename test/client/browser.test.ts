/** The typed client in a browser page: its size and its calls. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { build } from 'vite'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { readPage, root } from '../support/markdown.ts'

onDatabase('SQLite', (latchkey) => {
  let bundle = ''

  /** Opens a page with the client as `client`. @returns a function that runs code there */
  async function pageWithClient(browser: Browser) {
    const page = await browser.newPage()
    await page.goto(`${latchkey.origin}/undo`)
    await page.evaluate(
      `${bundle.replace(/^(var|const|let) client\s*=/, 'globalThis.client =')}; 0`,
    )
    return (work: string) =>
      page.evaluate(`(async () => { ${work} })()`) as Promise<{
        status: number
        data: { status: string; enabled: boolean }
      }>
  }

  before(async () => {
    const built = await build({
      root,
      configFile: false,
      logLevel: 'silent',
      build: {
        write: false,
        minify: true,
        lib: { entry: join(root, 'client/latchkey.ts'), formats: ['iife'], name: 'client' },
      },
    })
    for (const { output } of [built].flat() as { output: { code: string }[] }[]) {
      bundle = output.map(({ code }) => code).join('')
    }
  })

  test('the client bundle is no larger than its README promises', () => {
    const [, kilobytes] = /under (\d+) kB/.exec(readPage('client/README.md')) ?? []
    const size = gzipSync(bundle).length
    assert.ok(size > 500 && size < Number(kilobytes) * 1000, `${size} bytes`)
  })

  test('a page on the service’s own origin signs an owner in and turns MFA off', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { email, password } = ada
    const inPage = await pageWithClient(browser)
    const begun = await inPage(`
      globalThis.latchkey = client.createLatchkey({ baseUrl: '', token: () => globalThis.token })
      globalThis.begun = await latchkey.auth.signIn.post(${JSON.stringify({ email, password })})
      return begun`)
    assert.equal(begun.data.status, 'mfaRequired')
    const signedIn = await inPage(`
      const { mfaToken } = begun.data
      const answer = await latchkey.auth.signIn.mfa.post({ mfaToken, code: '${ada.authenticator.nextCode()}' })
      globalThis.token = answer.data.accessToken
      return answer`)
    assert.equal(signedIn.data.status, 'signedIn')
    const off = await inPage('return latchkey.settings.mfaSignIn.delete()')
    assert.deepEqual([off.status, off.data.enabled], [200, false])
  })

  test('a page with its refresh token in a cookie refreshes without handling the token', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { email, password } = await latchkey.owner()
    const inPage = await pageWithClient(browser)
    const signedIn = await inPage(`
      const headers = { 'Latchkey-Session': 'cookie' }
      globalThis.latchkey = client.createLatchkey({ baseUrl: '', headers })
      return latchkey.auth.signIn.post(${JSON.stringify({ email, password })})`)
    assert.equal(signedIn.data.status, 'signedIn')
    assert.ok(!('refreshToken' in signedIn.data))
    const refreshed = await inPage('return latchkey.auth.refresh.post()')
    assert.deepEqual([refreshed.status, refreshed.data.status], [200, 'signedIn'])
  })
})
