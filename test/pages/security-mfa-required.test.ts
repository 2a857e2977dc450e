/** The security page where the operator requires a second step. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { mfaSectionName, openSecurityPage, pageActions } from '../support/security-page.ts'

const minute = 60_000

onDatabase(
  'SQLite',
  (latchkey) => {
    test('a user without a second step must set one up before the rest is shown', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const ada = await latchkey.owner()
      const { page, accessibilityViolations, errors } = await openSecurityPage(
        browser,
        latchkey,
        ada,
      )
      const { press, waitForText, section, type } = pageActions(page)
      await waitForText('Latchkey requires a second step for everyone.')
      assert.equal(await page.getByRole('region').count(), 1)
      assert.equal(await page.getByRole('button', { name: 'Cancel' }).count(), 0)
      assert.deepEqual(await accessibilityViolations(), [])
      await press('Code by email')
      await waitForText('We’ll send the code to the email address of your account.')
      // A sign-in that is too old needs reauthentication here too.
      travel(16 * minute)
      await press('Send me a code')
      const stepUp = page.getByRole('dialog', { name: 'Please confirm that it’s you' })
      await type('Password', ada.password, stepUp)
      await press('Confirm', stepUp)
      await waitForText('We sent a code to')
      await type('Code', () => latchkey.codeSentTo(ada.email))
      await page.getByRole('checkbox', { name: 'I have saved these codes' }).check()
      await press('Done')
      await section('Password').waitFor()
      await waitForText('Your second step is on: codes by email (o•••@example.com).')
      assert.equal((await ada.signIn()).body.mfaMethod, 'email')
      assert.deepEqual(errors, [])
    })

    test('nobody is offered to turn the second step off, and the page explains why', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const ada = await latchkey.owner({ mfaMethod: 'sms' })
      const { page, errors } = await openSecurityPage(browser, latchkey, ada)
      const { section } = pageActions(page)
      await section(mfaSectionName)
        .getByText('Your second step is on: codes by text message.')
        .waitFor()
      const why = 'Latchkey requires a second step for everyone, so you can’t turn it off.'
      await section(mfaSectionName).getByText(why).waitFor()
      assert.equal(await page.getByRole('button', { name: 'Turn off' }).count(), 0)
      await section(mfaSectionName).getByRole('button', { name: 'Change the method' }).waitFor()
      assert.deepEqual(errors, [])
    })

    test('once the second step is set up, the user continues to the returnTo', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const ada = await latchkey.owner()
      const { page } = await openSecurityPage(browser, latchkey, ada)
      const { press, type } = pageActions(page)
      await page.goto(`${latchkey.origin}/security?returnTo=${encodeURIComponent('/docs/errors')}`)
      await press('Code by email')
      await press('Send me a code')
      await type('Code', () => latchkey.codeSentTo(ada.email))
      await page.getByRole('checkbox', { name: 'I have saved these codes' }).check()
      await press('Done')
      await page.waitForURL('**/docs/errors')
    })
  },
  { LATCHKEY_MFA_POLICY: 'required' },
)
