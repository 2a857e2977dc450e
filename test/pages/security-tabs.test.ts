/** The security page in several tabs of one browser. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { sessionsOf } from '../support/mfa.ts'
import { addPasskey } from '../support/passkeys.ts'
import { hands, mfa, openSecurity } from '../support/security-page.ts'

const minute = 60_000

onDatabase('SQLite', (latchkey) => {
  test('signing out in one tab signs out in all', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, complaints } = await openSecurity(browser, latchkey, ada)
    const second = await page.context().newPage()
    await second.goto(`${latchkey.origin}/security`)
    await hands(second).section(mfa).waitFor()
    await hands(page).press('Sign out')
    await Promise.all([page.waitForURL('**/signin*'), second.waitForURL('**/signin*')])
    await second.goto(`${latchkey.origin}/security`)
    await second.waitForURL('**/signin?returnTo=%2Fsecurity')
    assert.deepEqual(complaints, [])
  })

  test('tabs that need a fresh token at once, again and again, do not end the session', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    await addPasskey(latchkey, ada, { name: 'My key' })
    await ada.post('/auth/SignOut')
    const { page, complaints } = await openSecurity(browser, latchkey, ada)
    const tabs = [page, await page.context().newPage(), await page.context().newPage()]
    for (const tab of tabs) await tab.goto(`${latchkey.origin}/security`)
    for (let times = 0; times < 4; times++) {
      // The service’s clock goes on and theirs does not: each finds out by being refused.
      travel(11 * minute)
      await Promise.all(
        tabs.map(async (tab) => {
          const { press, told } = hands(tab)
          if (times % 2 === 1) await tab.reload()
          await press('Rename My key')
          await press('Save')
          await told('Passkeys', 'It is called My key now.')
        }),
      )
    }
    assert.equal(await sessionsOf(latchkey, ada), 1)
    assert.deepEqual(complaints, [])
  })
})
