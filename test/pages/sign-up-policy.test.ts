/** The pages say who may sign up: LATCHKEY_SIGN_UP. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { assertPageOkInEveryAppearance, visitPage } from '../support/page-visit.ts'

onDatabase(
  'SQLite',
  (latchkey) => {
    test('the sign-up page names the domains that may sign up, and refuses others beside the field', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const seen = await visitPage(browser, `${latchkey.origin}/signup`, wide)
      const { page } = seen
      await page.getByText('Please use an address of example.com or bücher.example.').waitFor()
      await page.getByLabel('Email address').fill('ada@elsewhere.example')
      await page.getByLabel('Password', { exact: true }).fill('seven red bicycles')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('Addresses of this domain can’t be used').waitFor()
      assert.equal(await focusedName(page), 'email')
      await assertPageOkInEveryAppearance(seen, 'sign-up refused by domain')

      await page.goto(`${latchkey.origin}/signup?lang=de`)
      await page.getByText('Adresse von example.com oder bücher.example').waitFor()
    })

    test('the security page names the domains that an address can change to, the own one included', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const guest = await latchkey.owner({ email: 'guest@example.com' })
      await latchkey.sql(
        "update account set email = 'guest@guests.example', email_key = 'guest@guests.example' where email = 'guest@example.com'",
      )
      const seen = await visitPage(browser, `${latchkey.origin}/signin`, wide)
      const { page } = seen
      await page.getByLabel('Email address').fill('guest@guests.example')
      await page.getByLabel('Password', { exact: true }).fill(guest.password)
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Change address' }).click()
      await page.getByText('address of example.com, bücher.example, or guests.example').waitFor()
      await page.getByLabel('New email address').fill('guest@elsewhere.example')
      await page.getByLabel('Current password').fill(guest.password)
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('Addresses of this domain can’t be used').waitFor()
      await assertPageOkInEveryAppearance(seen, 'address change refused by domain')
    })

    test('by invitation: the sign-up page says so, and no page leads there', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'invitation' })
      const seen = await visitPage(browser, `${latchkey.origin}/signup`, wide)
      const { page } = seen
      await page.getByRole('heading', { name: 'By invitation only' }).waitFor()
      assert.equal(await page.locator('form').count(), 0)
      await assertPageOkInEveryAppearance(seen, 'sign-up by invitation')
      await page.goto(`${latchkey.origin}/signup?lang=de`)
      await page.getByRole('heading', { name: 'Nur auf Einladung' }).waitFor()

      for (const path of ['/signin?lang=en', '/', '/dev/inbox']) {
        await page.goto(latchkey.origin + path)
        await page.getByRole('heading').first().waitFor()
        assert.equal(await page.locator('a[href^="/signup"]').count(), 0, path)
      }
      await page.goto(`${latchkey.origin}/signin`)
      await page.getByText('Accounts are created by invitation.').waitFor()
      await assertPageOkInEveryAppearance(seen, 'sign-in by invitation')
    })
  },
  { LATCHKEY_SIGN_UP: 'domains:example.com,bücher.example' },
)

const wide = { width: 1280, colorScheme: 'light' } as const

function focusedName(page: { evaluate(script: string): Promise<unknown> }) {
  return page.evaluate('document.activeElement.name')
}
