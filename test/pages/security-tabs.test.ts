/** The security page in several tabs of one browser. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { CookieClient } from '../support/cookie-client.ts'
import { onDatabase } from '../support/latchkey.ts'
import { countLiveSessions } from '../support/mfa.ts'
import type { Owner } from '../support/owner.ts'
import { waitUntil } from '../support/process.ts'
import { assertSignedIn } from '../support/responses.ts'
import {
  mfaSectionName,
  openSecurityPage,
  pageActions,
  signInOnPage,
} from '../support/security-page.ts'
import { startSlowProxy } from '../support/slow-proxy.ts'
import { findFreePort } from '../support/tcp.ts'

const minute = 60_000

onDatabase('SQLite', (latchkey) => {
  test('signing out in one tab signs out in all', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const second = await page.context().newPage()
    await second.goto(`${latchkey.origin}/security`)
    await pageActions(second).section(mfaSectionName).waitFor()
    await pageActions(page).press('Sign out')
    await Promise.all([page.waitForURL('**/signin*'), second.waitForURL('**/signin*')])
    await second.goto(`${latchkey.origin}/security`)
    await second.waitForURL('**/signin?returnTo=%2Fsecurity')
    assert.deepEqual(errors, [])
  })

  const otherAccount = /Somebody signed in to another account in this browser\./

  /** Signs in or up in a tab that shows no account, as a second person at the browser would. */
  const waysIn: Record<string, (tab: Page, bob: Owner) => Promise<unknown>> = {
    'signs in': async (tab, { email, password }) => {
      await tab.context().clearCookies()
      await tab.goto(`${latchkey.origin}/signin`)
      await tab.getByLabel('Email address').fill(email)
      await tab.getByLabel('Password', { exact: true }).fill(password)
      await pageActions(tab).press('Sign in')
    },
    'signs up': async (tab, { email }) => {
      const address = `new-${email}`
      await tab.goto(`${latchkey.origin}/signup`)
      await tab.getByLabel('Email address').fill(address)
      await tab.getByLabel('Password', { exact: true }).fill('a long sentence of his')
      await pageActions(tab).press('Continue')
      await tab.getByRole('heading', { name: 'Check your email' }).waitFor()
      await tab.keyboard.type(await latchkey.codeSentTo(address))
    },
  }
  for (const [way, signIn] of Object.entries(waysIn)) {
    test(`when somebody ${way} in one tab, a tab of another account says so and shows the new account`, async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const [ada, bob] = [await latchkey.owner(), await latchkey.owner()]
      const { page, errors } = await openSecurityPage(browser, latchkey, ada)
      const tab = await page.context().newPage()
      await signIn(tab, bob)
      await pageActions(page).waitForText(otherAccount)
      await pageActions(page).waitForText(
        `Signed in as ${way === 'signs up' ? 'new-' : ''}${bob.email}`,
      )
      await page.reload()
      await pageActions(page).section(mfaSectionName).waitFor()
      assert.equal(await page.getByText(otherAccount).count(), 0)
      assert.deepEqual(errors, [])
    })
  }

  test('a tab whose token has expired does not act with the account that is signed in by now', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const [ada, bob] = [await latchkey.owner(), await latchkey.owner()]
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    // A page of another application signs in: no tab of ours learns of it.
    const tab = await page.context().newPage()
    await tab.goto(`${latchkey.origin}/signup`)
    await signInOnPage(tab, bob)
    const languages = () =>
      latchkey.sql(`select language from account where email in ('${ada.email}', '${bob.email}')`)
    const before = await languages()
    travel(11 * minute)
    await pageActions(page).press('Change to Deutsch')
    await pageActions(page).waitForText(otherAccount)
    await pageActions(page).waitForText(`Signed in as ${bob.email}`)
    assert.deepEqual(await languages(), before)
    assert.deepEqual(errors, [])
  })

  for (const [lostResponses, promise] of [
    [1, 'a page that loses the response of its refresh repeats it'],
    [2, 'a page that is closed before its repeat is answered is signed in when it is opened later'],
  ] as const) {
    test(promise, async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const ada = await latchkey.owner()
      const { page } = await openSecurityPage(browser, latchkey, ada)
      let lost = 0
      const loseResponse = async (route: Route) => {
        const client = new CookieClient(latchkey)
        for (const { name, value } of await page.context().cookies())
          client.cookies.set(name, value)
        assertSignedIn(await client.postAndLeave('/auth/Refresh'))
        lost += 1
        await route.abort()
      }
      await page.route('**/auth/Refresh', loseResponse, { times: lostResponses })
      await page.goto(`${latchkey.origin}/security`)
      await waitUntil(async () => lost === lostResponses)

      if (lostResponses > 1) {
        await page.goto('about:blank')
        travel(minute)
        await page.goto(`${latchkey.origin}/security`)
      }
      await pageActions(page).section(mfaSectionName).waitFor()
      assert.equal(page.url(), `${latchkey.origin}/security`)
    })
  }
})

const port = await findFreePort()
const origin = `http://localhost:${port}`

onDatabase(
  'SQLite',
  (latchkey) => {
    test('on a slow connection, tabs that refresh at the same moment stay signed in', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      await startSlowProxy(t, {
        port,
        upstreamPort: Number(latchkey.environment.LATCHKEY_PORT),
        delayMs: 100,
      })
      const ada = await latchkey.owner()
      await ada.post('/auth/SignOut')
      const agents = [0, 1].flatMap((tab) => [0, 1].map((times) => `tab-${tab}-${times}`))
      for (const agent of agents) await ada.signIn({ headers: { 'user-agent': agent } })
      const { page, errors } = await openSecurityPage(browser, latchkey, ada, { origin })
      const tabs = [page, await page.context().newPage()]
      const seen: string[] = []
      for (const tab of tabs) {
        await tab.goto(`${origin}/security`)
        tab.on('framenavigated', (frame) => seen.push(new URL(frame.url()).pathname))
      }
      for (const times of [0, 1]) {
        // Only the service’s clock moves, so each tab learns from a 401 that its token expired.
        travel(11 * minute)
        const soon = performance.timeOrigin + performance.now() + 1000
        await Promise.all(
          tabs.map(async (tab, at) => {
            const button = tab.getByRole('button', { name: `Sign out tab-${at}-${times}` })
            await button.evaluate((element, then) => {
              setTimeout(() => element.dispatchEvent(new Event('click')), then - Date.now())
            }, soon)
            await pageActions(tab).waitForStatus(
              'Where you are signed in',
              `tab-${at}-${times} is signed out.`,
            )
          }),
        )
      }
      assert.deepEqual(seen, [])
      assert.equal(await countLiveSessions(latchkey, ada), 1)
      assert.deepEqual(errors, [])
    })

    test('on a slow connection, closing a page while it refreshes does not sign its user out', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      await startSlowProxy(t, {
        port,
        upstreamPort: Number(latchkey.environment.LATCHKEY_PORT),
        delayMs: 300,
      })
      const ada = await latchkey.owner()
      const { page } = await openSecurityPage(browser, latchkey, ada, { origin })
      const next = await page.context().newPage()
      // A page refreshes when it loads: the service rotates the token, and the page never gets it.
      await Promise.all([page.waitForRequest('**/auth/Refresh'), page.reload()])
      await page.close()
      await next.goto(`${origin}/security`)
      await pageActions(next).section(mfaSectionName).waitFor({ timeout: 10_000 })
      assert.equal(next.url(), `${origin}/security`)
    })
  },
  { LATCHKEY_PUBLIC_URL: origin },
)
