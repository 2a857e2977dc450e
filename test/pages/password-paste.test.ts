/** Password fields accept pasting, so that password managers work. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { visitPage } from '../support/page-visit.ts'

const look = { width: 800, colorScheme: 'light' } as const

onDatabase('SQLite', (latchkey) => {
  test('a password can be pasted wherever one is entered or chosen, and is masked', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const options = { ...look, permissions: ['clipboard-read', 'clipboard-write'] }
    const { page } = await visitPage(browser, `${latchkey.origin}/signin`, options)
    for (const path of ['/signup', '/signin']) {
      await page.goto(latchkey.origin + path)
      await page.getByRole('heading').first().waitFor()
      await page.getByLabel('Email address').fill(ada.email)
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(ada.password)})`)
      const field = page.getByLabel('Password', { exact: true })
      await field.press('ControlOrMeta+V')
      assert.equal(await field.inputValue(), ada.password, path)
      assert.equal(await field.getAttribute('type'), 'password', path)
    }
    await page.keyboard.press('Enter')
    await page.waitForURL('**/security')
  })
})
