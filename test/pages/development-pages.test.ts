/** The start page and the dev inbox of development mode. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { type Appearance, appearances, assertPageOk, visitPage } from '../support/page-visit.ts'

// Too long for a narrow window, without a place to break.
const address = `${'longaddress'.repeat(5)}@mail.example.com`
const wide: Appearance = { width: 1280, colorScheme: 'light' }

onDatabase('SQLite', (latchkey) => {
  test('the start page and the dev inbox fit, are readable, and break no accessibility rule', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ email: address, mfaMethod: 'sms' })
    await ada.delete('/settings/MfaSignIn')
    for (const look of appearances) {
      const at = `at ${look.width} px, ${look.colorScheme}`
      const seen = await visitPage(browser, `${latchkey.origin}/`, look)
      await seen.page.getByRole('heading', { name: 'Latchkey is running' }).waitFor()
      await assertPageOk(seen, `start ${at}`)
      await seen.page.getByRole('link', { name: 'Open the dev inbox' }).click()
      await seen.page.getByRole('article').first().waitFor()
      await assertPageOk(seen, `inbox ${at}`)
      await seen.page.context().close()
    }
  })

  test('every link of the start page works, and a signed-in visitor gets one to their security page', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { page } = await visitPage(browser, `${latchkey.origin}/`, wide)
    await page.getByRole('heading', { name: 'Latchkey is running' }).waitFor()
    const hrefs = await page.getByRole('link').evaluateAll((links) => links.map(String))
    const paths = hrefs.map((href) => new URL(href).pathname)
    for (const path of ['/signup', '/signin', '/dev/inbox', '/docs', '/docs/errors']) {
      assert.ok(paths.includes(path), path)
    }
    assert.ok(!paths.includes('/security'))
    for (const href of hrefs) assert.equal((await fetch(href)).status, 200, href)

    const ada = await latchkey.owner()
    await page.goto(`${latchkey.origin}/signin`)
    await page.getByLabel('Email address').fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/security')
    await page.goto(`${latchkey.origin}/`)
    await page.getByRole('link', { name: 'Your security' }).click()
    await page.waitForURL('**/security')
  })

  // Abuse case (Input and output): HTML in a name or a user agent ran where it was displayed.
  test('the dev inbox shows messages newest first, as text, with links to follow', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    // Unescaped, a browser would read this as a copyright sign.
    const email = 'tom&copy@example.com'
    await latchkey.post('/auth/SignUp', { email, password: 'a long sentence of toms' })
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { page } = await visitPage(browser, `${latchkey.origin}/dev/inbox`, wide)
    const [newest, code, , sentToTom] = await Promise.all(
      [0, 1, 2, 3].map((n) => page.getByRole('article').nth(n).textContent()),
    )
    assert.match(newest ?? '', new RegExp(`Your second step.*Email to ${ada.email}`, 's'))
    assert.match(code ?? '', new RegExp(await latchkey.codeSentTo(ada.email)))
    assert.ok(sentToTom?.includes(`Email to ${email}`))
    const undo = page.getByRole('article').first().getByRole('link').first()
    assert.match((await undo.getAttribute('href')) ?? '', /\/undo#token=[\w-]{43}$/)
    await undo.click()
    await page.getByRole('heading', { name: 'Wasn’t that you?' }).waitFor()
  })

  test('the dev inbox shows and announces new messages by itself, and copies a code with one press', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const seen = await visitPage(browser, `${latchkey.origin}/dev/inbox`, {
      ...wide,
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const { page } = seen
    await page.getByRole('heading', { name: 'Dev inbox' }).waitFor()
    await page.getByRole('article').first().waitFor()
    const email = 'fresh@example.com'
    await latchkey.post('/auth/SignUp', { email, password: 'a long sentence' })
    const article = page.getByRole('article').filter({ hasText: email })
    await article.waitFor()
    await page
      .getByRole('status')
      .getByText('A new message has arrived.')
      .waitFor({ state: 'attached' })
    const code = await latchkey.codeSentTo(email)
    await article.getByRole('button', { name: code }).click()
    await article.getByRole('button', { name: 'Copied' }).waitFor()
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), code)
    assert.deepEqual(seen.errors, [])
  })

  test('the dev inbox reports when the service is unreachable, and resumes when it is back', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { page } = await visitPage(browser, `${latchkey.origin}/dev/inbox`, wide)
    await page.getByRole('heading', { name: 'Dev inbox' }).waitFor()
    await page.context().setOffline(true)
    await page.getByRole('alert').getByText('can’t be reached').waitFor()
    await page.context().setOffline(false)
    await page.getByRole('alert').waitFor({ state: 'detached' })
  })
})

onDatabase(
  'SQLite',
  (latchkey) => {
    test('an empty dev inbox explains how to fill it, and there is none if every message is really sent', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const seen = await visitPage(browser, `${latchkey.origin}/dev/inbox`, wide)
      await seen.page.getByRole('link', { name: 'Create an account' }).waitFor()
      await assertPageOk(seen, 'inbox empty')
      await latchkey.restart({ LATCHKEY_SMS_URL: 'http://127.0.0.1:1/?secret=x' })
      await seen.page.goto(`${latchkey.origin}/`)
      await seen.page.getByRole('heading', { name: 'Latchkey is running' }).waitFor()
      assert.equal(await seen.page.getByRole('link', { name: 'Open the dev inbox' }).count(), 0)
      assert.equal((await fetch(`${latchkey.origin}/dev/inbox`)).status, 404)
    })
  },
  { LATCHKEY_SMTP_URL: 'smtp://127.0.0.1:1', LATCHKEY_MAIL_FROM: 'no-reply@example.com' },
)
