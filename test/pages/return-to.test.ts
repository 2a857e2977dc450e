/** Where the pages redirect after signing in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { type Appearance, pageConfigIn, visitPage } from '../support/page-visit.ts'

const paths = [
  '/signin',
  '/signup',
  '/forgot',
  '/undo',
  '/invitation',
  '/security',
  '/',
  '/dev/inbox',
]
const wide: Appearance = { width: 1280, colorScheme: 'light' }

onDatabase(
  'SQLite',
  (latchkey) => {
    const configOf = async (path: string) =>
      pageConfigIn(await (await fetch(latchkey.origin + path)).text())

    // Abuse case (Input and output): A link to the real sign-in page redirected users to a copy of
    // it (open redirect).
    test('after signing in, the browser is sent only to our own origin and to origins the operator allows', async () => {
      const { host } = new URL(latchkey.origin)
      for (const [returnTo, allowed] of [
        ['/security', `${latchkey.origin}/security`],
        ['/a/path?with=query#and-more', `${latchkey.origin}/a/path?with=query#and-more`],
        [`${latchkey.origin}/x`, `${latchkey.origin}/x`],
        ['https://app.example.com/back?x=1', 'https://app.example.com/back?x=1'],
        ['//evil.example', null],
        ['///evil.example', null],
        ['////evil.example', null],
        ['/\\evil.example', null],
        ['\\\\evil.example', null],
        ['\\/evil.example', null],
        ['/\t/evil.example', null],
        ['/\n/evil.example', null],
        ['\t//evil.example', null],
        ['https:evil.example', null],
        ['https:/evil.example', null],
        ['http:///evil.example', null],
        ['https://evil.example', null],
        ['https://app.example.com.evil.example', null],
        ['https://app.example.com@evil.example', null],
        ['https://evil.example\\@app.example.com', null],
        ['https://app.example.com:8443/', null],
        ['http://app.example.com/', null],
        ['https://xapp.example.com/', null],
        [`https://${host}/`, null],
        ['javascript:alert(1)', null],
        [' javascript:alert(1)', null],
        ['java\nscript:alert(1)', null],
        ['data:text/html,<script>alert(1)</script>', null],
        [`blob:${latchkey.origin}/0e8b7c4e-0000-4000-8000-000000000000`, null],
        [`filesystem:${latchkey.origin}/temporary/x`, null],
        ['vbscript:x', null],
        ['', `${latchkey.origin}/`],
      ] as const) {
        for (const path of paths) {
          const url = `${path}?returnTo=${encodeURIComponent(returnTo)}`
          assert.equal((await configOf(url)).returnTo, allowed, `${path}: ${returnTo}`)
        }
      }
      const twice = '/signin?returnTo=/security&returnTo=//evil.example'
      assert.equal((await configOf(twice)).returnTo, null)
      assert.equal((await configOf('/signin?returnTo[]=//evil.example')).returnTo, null)
    })

    // Abuse case (Input and output): A link to the real sign-in page redirected users to a copy of
    // it (open redirect).
    test('in a browser, a forbidden returnTo leads to the owner’s own security page', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const ada = await latchkey.owner()
      for (const returnTo of [
        '//evil.example',
        'javascript:document.title="evil"',
        '/\\evil.example',
      ]) {
        const url = `${latchkey.origin}/signin?returnTo=${encodeURIComponent(returnTo)}`
        const { page, externalRequests } = await visitPage(browser, url, wide)
        await page.getByLabel('Email address').fill(ada.email)
        await page.getByLabel('Password', { exact: true }).fill(ada.password)
        await page.keyboard.press('Enter')
        await page.waitForURL(`${latchkey.origin}/security`)
        // A signed-in visitor is not sent there either.
        await page.goto(url)
        await page.waitForURL(`${latchkey.origin}/security`)
        assert.deepEqual(externalRequests, [])
        await page.context().close()
      }
    })
  },
  { LATCHKEY_ALLOWED_ORIGINS: 'https://app.example.com' },
)
