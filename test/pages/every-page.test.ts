/** Content security policy, languages, brand and size of every page. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { type Appearance, assertPageOk, pageConfigIn, visitPage } from '../support/page-visit.ts'

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
    const open = (path: string, headers: Record<string, string> = {}) =>
      fetch(latchkey.origin + path, { headers, redirect: 'manual' })

    const configOf = async (path: string, headers?: Record<string, string>) =>
      pageConfigIn(await (await open(path, headers)).text())

    test('no page runs anything inline, anything from elsewhere, or a string as code', async () => {
      for (const path of paths) {
        const { status, headers } = await open(path)
        assert.equal(status, 200, path)
        const policy = headers.get('content-security-policy')?.split('; ') ?? []
        for (const rule of [
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
          "require-trusted-types-for 'script'",
          "trusted-types 'none'",
        ]) {
          assert.ok(policy.includes(rule), `${path} lacks ${rule}`)
        }
        assert.doesNotMatch(policy.join(), /unsafe|\*|https?:/, path)
        assert.equal(headers.get('referrer-policy'), 'no-referrer')
        assert.equal(headers.get('x-content-type-options'), 'nosniff')
        assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin')
      }
    })

    // Abuse case (Input and output): Another site framed one of our pages and made users click
    // controls they did not see.
    test('in a browser no page can be framed, neither by another site nor by our own', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const frames = paths.map((path) => `<iframe src="${latchkey.origin}${path}"></iframe>`)
      const site = createServer((_, response) => {
        response.setHeader('content-type', 'text/html').end(frames.join(''))
      }).listen(0)
      t.after(() => site.close())
      const address = site.address()
      const port = typeof address === 'object' ? address?.port : undefined
      const page = await browser.newPage()
      await page.goto(`http://localhost:${port}/`)
      const shown = page.frames().filter((frame) => frame !== page.mainFrame())
      assert.equal(shown.length, paths.length)
      for (const frame of shown) {
        assert.equal(await frame.getByRole('heading').count(), 0)
        assert.ok(!frame.url().startsWith(latchkey.origin), frame.url())
      }
    })

    test('HTML in a returnTo, a language and a brand name stays text', async () => {
      const html = `"><script>alert(1)</script>`
      const path = `/signin?lang=${encodeURIComponent(html)}&returnTo=${encodeURIComponent(`/${html}`)}`
      const result = await open(path, { cookie: `latchkey-lang=${html}`, 'accept-language': html })
      const page = await result.text()
      assert.doesNotMatch(page, /<script>alert/)
      assert.match(page, /<html lang="en">/)
      assert.equal(result.headers.get('set-cookie'), null)
    })

    test('the language is that of the query, then of the cookie, then of the browser', async (t) => {
      const german = { 'accept-language': 'fr, de-AT;q=0.8, en;q=0.7' }
      assert.equal((await configOf('/signin', german)).language, 'de')
      assert.equal((await configOf('/signin', { 'accept-language': 'fr' })).language, 'en')
      assert.equal((await configOf('/signin?lang=en', german)).language, 'en')
      const germanWithEnglishCookie = { ...german, cookie: 'latchkey-lang=en' }
      assert.equal((await configOf('/signin', germanWithEnglishCookie)).language, 'en')

      const browser = await startChromium(t)
      if (!browser) return
      const seen = await visitPage(browser, `${latchkey.origin}/signin`, {
        ...wide,
        locale: 'de-DE',
      })
      const { page } = seen
      await page.getByRole('heading', { name: 'Anmelden' }).waitFor()
      assert.equal(await page.locator('html').getAttribute('lang'), 'de')
      assert.equal(await page.title(), 'Anmelden · Acme & Söhne')
      await page.getByRole('link', { name: 'English' }).click()
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      await page.goto(`${latchkey.origin}/signup`)
      await page.getByRole('heading', { name: 'Create an account' }).waitFor()
      assert.deepEqual(seen.errors, [])
    })

    test('every page is available in German, narrow and dark, and none of it is in English', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      for (const [path, heading] of [
        ['/signin', 'Anmelden'],
        ['/signup', 'Konto anlegen'],
        ['/forgot', 'Passwort vergessen'],
        ['/undo', 'Dieser Link ist unvollständig'],
        ['/undo#token=x', 'Warst du das nicht?'],
        ['/invitation', 'Dieser Link ist unvollständig'],
        ['/invitation#token=x', 'Diese Einladung gilt nicht mehr'],
        ['/', 'Acme & Söhne läuft'],
        ['/dev/inbox', 'Entwickler-Postfach'],
      ] as const) {
        const url = new URL(path, latchkey.origin)
        url.searchParams.set('lang', 'de')
        const seen = await visitPage(browser, url.href, { width: 320, colorScheme: 'dark' })
        await seen.page.getByRole('heading', { name: heading, exact: true }).waitFor()
        await assertPageOk(seen, `${path} in German`)
        // Messages are in their recipient's language, so they are left out.
        const texts = await seen.page.locator('main section, footer').allTextContents()
        assert.doesNotMatch(texts.join(' '), /\b(the|your|you|and|this|with)\b/i, path)
        await seen.page.context().close()
      }
    })

    test('without JavaScript each page states what it needs, in the visitor’s language', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      for (const path of paths) {
        for (const [locale, expected] of [
          ['en-GB', /This page needs JavaScript\./],
          ['de-DE', /Diese Seite braucht JavaScript\./],
        ] as const) {
          const options = { ...wide, javaScriptEnabled: false, locale }
          const { page } = await visitPage(browser, latchkey.origin + path, options)
          const words = page.locator('noscript')
          assert.ok(await words.isVisible(), path)
          assert.match((await words.textContent()) ?? '', expected, `${path} in ${locale}`)
          await page.context().close()
        }
      }
    })

    test('every field states its purpose to password managers and for one-time codes', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const { page } = await visitPage(browser, `${latchkey.origin}/signin`, wide)
      const attributes = () =>
        page
          .locator('input:not([type=checkbox])')
          .evaluateAll((inputs) =>
            inputs.map((input) =>
              ['name', 'type', 'autocomplete', 'inputmode'].map((name) => input.getAttribute(name)),
            ),
          )
      const email = ['email', 'email']
      await page.getByRole('heading').waitFor()
      assert.deepEqual(await attributes(), [
        [...email, 'username webauthn', null],
        ['password', 'password', 'current-password', null],
      ])
      await page.getByLabel('Email address').fill(ada.email)
      await page.getByLabel('Password', { exact: true }).fill(ada.password)
      await page.keyboard.press('Enter')
      await page.getByLabel('Code').waitFor()
      assert.deepEqual(await attributes(), [['code', null, 'one-time-code', 'numeric']])

      await page.goto(`${latchkey.origin}/signup`)
      await page.getByRole('heading').waitFor()
      assert.deepEqual(await attributes(), [
        [...email, 'username', null],
        ['password', 'password', 'new-password', null],
      ])
      await page.goto(`${latchkey.origin}/forgot`)
      await page.getByLabel('Email address').press('Enter')
      await page.getByLabel('New password').waitFor()
      assert.deepEqual(await attributes(), [
        ['username', 'email', 'username', null],
        ['code', null, 'one-time-code', 'numeric'],
        ['newPassword', 'password', 'new-password', null],
      ])
    })

    test('scripts and styles of a first visit are below 40 kB per page, and 45 kB for all settings', async (t) => {
      for (const path of paths) {
        const maxSize = path === '/security' ? 45_000 : 40_000
        const html = await (await open(path)).text()
        const files = [...(await reachedFrom(html))]
        assert.ok(files.length >= 4, `${path}: ${files.map(([name]) => name)}`)
        // Imports with one name and different hashes are languages: counts the largest.
        const largest = new Map<string, number>()
        for (const [name, text] of files) {
          const kind = html.includes(name) ? name : name.replace(/-[\w-]{8}\.js$/, '')
          largest.set(kind, Math.max(largest.get(kind) ?? 0, gzipSync(text).length))
        }
        assert.ok(largest.size < files.length, `${path}: ${[...largest.keys()]}`)
        const size = [...largest.values()].reduce((sum, one) => sum + one, 0)
        assert.ok(size < maxSize, `${path} is ${size} bytes`)
        t.diagnostic(`${path} is ${size} bytes`)
      }
    })

    /** The scripts and styles of a page, with their imports. */
    async function reachedFrom(source: string, found = new Map<string, string>()) {
      for (const [, name = ''] of source.matchAll(/["'`/]([\w-]+\.(?:js|css))["'`]/g)) {
        if (found.has(name)) continue
        const file = await open(name === 'brand.css' ? '/brand.css' : `/assets/${name}`)
        assert.equal(file.status, 200, name)
        found.set(name, await file.text())
        await reachedFrom(found.get(name) ?? '', found)
      }
      return found
    }

    test('the operator’s name, colour and logo are on every page, and readable', async (t) => {
      const logo = join(latchkey.folder, 'logo.svg')
      writeFileSync(
        logo,
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><style>circle{fill:#e6007e}</style><circle cx="5" cy="5" r="5"/><script>document.title="run"</script></svg>',
      )
      const icon = await open('/brand/icon.svg')
      assert.match(await icon.text(), /#ffd400/)
      await latchkey.restart({ LATCHKEY_BRAND_LOGO: logo })
      for (const path of ['/brand/logo', '/brand/icon.svg']) {
        const { headers } = await open(path)
        assert.equal(headers.get('content-type'), 'image/svg+xml')
        assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'/)
      }
      const browser = await startChromium(t)
      if (!browser) return
      for (const path of paths.filter((one) => one !== '/security')) {
        for (const colorScheme of ['light', 'dark'] as const) {
          const seen = await visitPage(browser, latchkey.origin + path, { width: 360, colorScheme })
          const { page } = seen
          const home = page.getByRole('link', { name: 'Acme & Söhne' })
          await home.waitFor()
          assert.match(await page.title(), /· Acme & Söhne$/)
          assert.equal(await middleOfLogo(page), '230,0,126,255', 'the logo lost its own styles')
          const accent = await page.evaluate(
            "getComputedStyle(document.documentElement).getPropertyValue('--accent')",
          )
          assert.equal(accent, '#ffd400')
          await assertPageOk(seen, `${path} of Acme, ${colorScheme}`)
          await page.context().close()
        }
      }
    })
  },
  {
    LATCHKEY_BRAND_NAME: 'Acme & Söhne',
    LATCHKEY_BRAND_COLOR: '#ffd400',
  },
)

/** The colour in the middle of the logo, as RGBA. */
function middleOfLogo(page: Page): Promise<string> {
  return page.evaluate(`(async () => {
    const image = document.querySelector('.brand img')
    await image.decode()
    const context = new OffscreenCanvas(10, 10).getContext('2d')
    context.drawImage(image, 0, 0, 10, 10)
    return String(context.getImageData(5, 5, 1, 1).data)
  })()`)
}
