/** Signing in with a password, and the redirect after it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import {
  type Appearance,
  appearances,
  assertPageOk,
  assertPageOkInEveryAppearance,
  visitPage,
} from '../support/page-visit.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

const wide: Appearance = { width: 1280, colorScheme: 'light' }

onDatabase('SQLite', (latchkey) => {
  test('a wrong password is reported at its field, and the input is kept', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    for (const look of appearances) {
      const seen = await visitPage(browser, `${latchkey.origin}/signin`, look)
      const { page } = seen
      const at = `at ${look.width} px, ${look.colorScheme}`
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      await assertPageOk(seen, `sign-in ${at}`)
      await page.keyboard.type(ada.email)
      await page.keyboard.press('Tab')
      await page.keyboard.type('not hers at all')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('isn’t right').waitFor()
      await assertPageOk(seen, `sign-in refused ${at}`)
      const field = page.getByLabel('Password', { exact: true })
      assert.equal(await field.inputValue(), 'not hers at all')
      assert.equal(await field.evaluate((element) => element.matches(':focus')), true)
      const [last] = ((await field.getAttribute('aria-describedby')) ?? '').split(' ').reverse()
      assert.match((await page.locator(`#${last}`).textContent()) ?? '', /isn’t right/)

      await field.fill(ada.password)
      await page.keyboard.press('Enter')
      await page.waitForURL('**/security')
      await page.context().close()
    }
  })

  test('pressing Enter twice signs in once', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page } = await visitPage(browser, `${latchkey.origin}/signin`, wide)
    const requests: string[] = []
    page.on('request', (request) => requests.push(new URL(request.url()).pathname))
    await page.getByLabel('Email address').fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.evaluate('document.forms[0].requestSubmit(); document.forms[0].requestSubmit()')
    await page.waitForURL('**/security')
    assert.equal(requests.filter((path) => path === '/auth/SignIn').length, 1)
  })

  test('after a network failure the input is kept and can be submitted again', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page } = await visitPage(browser, `${latchkey.origin}/signin`, wide)
    await page.getByLabel('Email address').fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.context().setOffline(true)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('can’t be reached').waitFor()
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL('**/security')
  })

  test('a lockout states how long to wait, in words', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    for (let tries = 0; tries < 10; tries += 1) {
      await latchkey.post('/auth/SignIn', { email: ada.email, password: `guess ${tries}` })
    }
    const seen = await visitPage(browser, `${latchkey.origin}/signin`, wide)
    await seen.page.getByLabel('Email address').fill(ada.email)
    await seen.page.getByLabel('Password', { exact: true }).fill('another guess')
    await seen.page.keyboard.press('Enter')
    const alert = seen.page.getByRole('alert').getByText('Too many attempts.')
    await alert.waitFor()
    assert.match((await alert.textContent()) ?? '', /again in \d+ (seconds|minutes)\.$/)
    await assertPageOkInEveryAppearance(seen, 'sign-in locked out')
  })

  test('the address and the returnTo are carried over to the other pages of signing in', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const url = `${latchkey.origin}/signin?returnTo=/health/live`
    const { page } = await visitPage(browser, url, wide)
    await page.getByLabel('Email address').fill('ada@example.com')
    for (const [link, path] of [
      ['Forgot your password?', '/forgot'],
      ['Back to signing in', '/signin'],
      ['Create an account', '/signup'],
      ['Sign in', '/signin'],
      ['Deutsch', '/signin'],
    ] as const) {
      await page.getByRole('link', { name: link }).click()
      await page.waitForURL(`**${path}?**`)
      const label = link === 'Deutsch' ? 'E-Mail-Adresse' : 'Email address'
      assert.equal(await page.getByLabel(label).inputValue(), 'ada@example.com')
      const { searchParams } = new URL(page.url())
      assert.equal(URL.parse(searchParams.get('returnTo') ?? '', url)?.pathname, '/health/live')
    }
  })

  test('a signed-in visitor is sent on at once, also from a link of another site', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page } = await visitPage(browser, `${latchkey.origin}/signin`, wide)
    await page.getByLabel('Email address').fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/security')
    await page.goto(`${latchkey.origin}/signin?returnTo=/health/live`)
    await page.waitForURL(`${latchkey.origin}/health/live`)

    // The browser withholds the cookie until the page itself makes a request.
    const link = `${latchkey.origin}/signin?returnTo=/health/ready`
    await page.goto(`data:text/html,<a href="${link}">Sign in</a>`)
    await page.getByRole('link').click()
    await page.waitForURL(`${latchkey.origin}/health/ready`)
  })

  test('a user who goes back after signing in need not sign in again', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page } = await visitPage(
      browser,
      `${latchkey.origin}/signin?returnTo=/docs/errors`,
      wide,
    )
    await page.getByLabel('Email address').fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${latchkey.origin}/docs/errors`)
    await page.goBack()
    await page.waitForURL(`${latchkey.origin}/docs/errors`)
  })

  test('a visitor who is not signed in causes no refresh request', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { page } = await visitPage(browser, `${latchkey.origin}/`, wide)
    const requests: string[] = []
    page.on('request', (request) => requests.push(new URL(request.url()).pathname))
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.getByLabel('Email address').waitFor()
    assert.ok(requests.includes('/signin'))
    assert.ok(!requests.includes('/auth/Refresh'))
  })

  test('after an undo, signing in leads to choosing a new password, and the page explains why', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await ada.delete('/settings/MfaSignIn')
    const token = await undoTokenSentTo(latchkey, ada.email, / off$/)
    assert.equal((await latchkey.post('/auth/Undo', { token })).status, 200)
    const seen = await visitPage(browser, `${latchkey.origin}/signin`, wide)
    await seen.page.getByLabel('Email address').fill(ada.email)
    await seen.page.getByLabel('Password', { exact: true }).fill(ada.password)
    await seen.page.keyboard.press('Enter')
    await seen.page.waitForURL('**/forgot#undone')
    await seen.page.getByText('This account needs a new password first').waitFor()
    assert.equal(await seen.page.getByLabel('Email address').inputValue(), ada.email)
    await assertPageOkInEveryAppearance(seen, 'forgot after undo')
  })
})

onDatabase(
  'SQLite',
  (latchkey) => {
    test('where a second step is required, signing in leads to its set-up, whatever the returnTo', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const ada = await latchkey.owner()
      const { page } = await visitPage(
        browser,
        `${latchkey.origin}/signin?returnTo=/health/live`,
        wide,
      )
      await page.getByLabel('Email address').fill(ada.email)
      await page.getByLabel('Password', { exact: true }).fill(ada.password)
      await page.keyboard.press('Enter')
      await page.waitForURL('**/security?returnTo=**')
      // Opening the page again does not bypass it.
      await page.goto(`${latchkey.origin}/signin?returnTo=/health/live`)
      await page.waitForURL('**/security?returnTo=**')
    })
  },
  { LATCHKEY_MFA_POLICY: 'required' },
)
