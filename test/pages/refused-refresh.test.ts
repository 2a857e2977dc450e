/** Pages whose refresh fails although the session lives. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { security as english } from '../../src/i18n/en/security.ts'
import { rateLimits } from '../../src/rate-limits/limits.ts'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { mfaSectionName, openSecurityPage, pageActions } from '../support/security-page.ts'

const minute = 60_000

onDatabase('SQLite', (latchkey) => {
  test('while the service can’t refresh, a page stays, says so, and completes the call afterwards', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const seen = await openSecurityPage(browser, latchkey, ada)
    const { page } = seen
    const left = pathsOpenedBy(page)
    const file = latchkey.environment.LATCHKEY_DATABASE_URL?.slice('sqlite:'.length) ?? ''
    const other = new DatabaseSync(file)
    t.after(() => other.close())
    other.exec('begin immediate')
    // Only the service’s clock moves, so the page learns from a 401 that its token expired.
    travel(11 * minute)
    await pageActions(page).press('Change to Deutsch')
    const notice = page.getByText(/isn’t available right now\. Trying again in 5 seconds/)
    await notice.waitFor()
    assert.deepEqual(left, [])
    assert.equal(await seen.horizontalOverflow(), 0)
    assert.deepEqual(await seen.accessibilityViolations(), [])

    other.exec('rollback')
    await pageActions(page).waitForStatus(english.language.title, /Deutsch/)
    assert.equal(await notice.count(), 0)
    const [account] = await latchkey.sql(
      `select language from account where email = '${ada.email}'`,
    )
    assert.equal(account?.language, 'de')
  })

  test('a page without a network stays, says so, and tries again', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page } = await openSecurityPage(browser, latchkey, ada)
    const left = pathsOpenedBy(page)
    await page.route('**/auth/Refresh', (route) => route.abort(), { times: 2 })
    await page.reload()
    await pageActions(page).waitForText(/can’t be reached\. Trying again in 2 seconds/)
    await pageActions(page).section(mfaSectionName).waitFor()
    assert.deepEqual(left, ['/security'])
  })

  test('a page whose session refreshed too often waits as long as the service says', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page } = await openSecurityPage(browser, latchkey, ada)
    const statuses = await refreshOften(page, rateLimits.refreshesPerSession.max)
    assert.equal(statuses.at(-1), 429)
    const left = pathsOpenedBy(page)
    await page.clock.install()
    const asked: string[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/auth/Refresh')) asked.push(request.url())
    })
    await page.reload()
    await pageActions(page).waitForText(/Too many requests\. Trying again in (60 minutes|an hour)/)
    await page.clock.fastForward(50 * minute)
    assert.equal(asked.length, 1)

    travel(60 * minute)
    await page.clock.fastForward(10 * minute)
    await pageActions(page).section(mfaSectionName).waitFor()
    assert.deepEqual(left, ['/security'])
  })

  test('the sign-in page offers to sign in while the service can’t refresh', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page } = await openSecurityPage(browser, latchkey, ada)
    await refreshOften(page, rateLimits.refreshesPerSession.max)
    await page.goto(`${latchkey.origin}/signin`)
    await page.getByLabel('Email address').fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.keyboard.press('Enter')
    await pageActions(page).section(mfaSectionName).waitFor()
  })
})

/** Paths that the page opens from now on. */
function pathsOpenedBy(page: Page): string[] {
  const paths: string[] = []
  page.on('framenavigated', (frame) => paths.push(new URL(frame.url()).pathname))
  return paths
}

/** Refreshes the session of the page’s cookies. @returns the statuses */
function refreshOften(page: Page, times: number): Promise<number[]> {
  return page.evaluate(async (count) => {
    const statuses = []
    const headers = { 'latchkey-session': 'cookie', 'content-type': 'application/json' }
    for (let i = 0; i < count; i += 1) {
      const response = await fetch('/auth/Refresh', { method: 'POST', headers, body: '{}' })
      statuses.push(response.status)
    }
    return statuses
  }, times)
}
