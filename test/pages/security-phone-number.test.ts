/** The phone number on the security page. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getCountries, getCountryCallingCode } from 'libphonenumber-js/max'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { openSecurityPage, pageActions, signInOnPage } from '../support/security-page.ts'

const minute = 60_000

onDatabase('SQLite', (latchkey) => {
  test('the number is set, changed and removed, but not while it is the last method', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { dialog, press, waitForText, section, waitForStatus, type } = pageActions(page)
    const phone = section('Phone number')
    const setTo = async (button: string, number: string) => {
      await press(button, phone)
      await type('Mobile number', number, phone)
      await press('Send me a code', phone)
      await type('Code', () => latchkey.codeSentTo(number), phone)
      await press('Confirm', phone)
      await waitForStatus('Phone number', `Your number is now ${number}.`)
    }
    await setTo('Add a number', '+14155550171')
    await setTo('Change number', '+14155550172')
    await press('Remove', phone)
    await press('Remove', dialog)
    await waitForStatus('Phone number', 'The number has been removed.')
    await phone.getByText('None.').waitFor()
    assert.equal((await ada.get('/settings')).body.phoneNumber, null)

    await ada.turnOn('sms')
    await signInOnPage(page, ada)
    await page.reload()
    travel(16 * minute)
    await press('Remove', phone)
    await press('Remove', dialog)
    const stepUp = page.getByRole('dialog', { name: 'Please confirm that it’s you' })
    await type('Password', ada.password, stepUp)
    await press('Confirm', stepUp)
    await stepUp.getByRole('textbox', { name: 'Code' }).waitFor()
    await type('Code', () => latchkey.codeSentTo(ada.phoneNumber), stepUp)
    await waitForText('This is the only method left.', dialog)
    assert.deepEqual(errors, [])
  })

  test('a number is used for sign-in codes only if the owner ticks it, and stays so when it changes', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, waitForText, section, waitForStatus, type } = pageActions(page)
    const phone = section('Phone number')
    const useForSignIn = phone.getByRole('checkbox', { name: 'Use text codes to sign in' })
    const methods = async () => (await ada.get('/settings/MfaSignIn')).body.availableMethods
    const setTo = async (
      button: string,
      number: string,
      { wasChecked = false, change = false },
    ) => {
      await press(button, phone)
      await type('Mobile number', number, phone)
      await press('Send me a code', phone)
      await type('Code', () => latchkey.codeSentTo(number), phone)
      assert.equal(await useForSignIn.isChecked(), wasChecked)
      if (change) await useForSignIn.click()
      await press('Confirm', phone)
      await waitForStatus('Phone number', `Your number is now ${number}.`)
    }
    await setTo('Add a number', '+14155550173', {})
    await waitForText('Not used to sign in.', phone)
    assert.deepEqual(await methods(), ['authenticator'])
    await setTo('Change number', '+14155550174', { change: true })
    await waitForText('For codes by text message.', phone)
    assert.deepEqual(await methods(), ['authenticator', 'sms'])
    await setTo('Change number', '+14155550175', { wasChecked: true })
    assert.deepEqual(await methods(), ['authenticator', 'sms'])
    await setTo('Change number', '+14155550176', { wasChecked: true, change: true })
    await waitForText('Not used to sign in.', phone)
    assert.deepEqual(await methods(), ['authenticator'])
    assert.deepEqual(errors, [])
  })

  test('every country with phone numbers can be chosen', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page } = await openSecurityPage(browser, latchkey, ada)
    await pageActions(page).press('Add a number')
    const country = page.getByRole('combobox', { name: 'Country' })
    const options = await country
      .getByRole('option')
      .evaluateAll((all) =>
        all.map((option) => [
          option.getAttribute('value'),
          option.textContent?.match(/\+(\d+)/)?.[1],
        ]),
      )
    const known = getCountries().map((region) => [region, getCountryCallingCode(region)])
    assert.deepEqual(options.sort(), known.sort())
    assert.equal(await country.inputValue(), 'GB')
    assert.match((await country.textContent()) ?? '', /Germany \(\+49\)/)
  })
})
