/** Accessibility of every state of the security page: narrow and wide, in both themes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { security as german } from '../../src/i18n/de/security.ts'
import { security as english } from '../../src/i18n/en/security.ts'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { assertPageOk, type PageVisit } from '../support/page-visit.ts'
import { addPasskey } from '../support/passkeys.ts'
import { openSecurityPage, pageActions, type ViewOptions } from '../support/security-page.ts'

const minute = 60_000
const languages = {
  en: { text: english, cancel: 'Cancel', app: 'Authenticator app', sms: 'Code by text message' },
  de: { text: german, cancel: 'Abbrechen', app: 'Authenticator-App', sms: 'Code per SMS' },
}

const looks: (ViewOptions & { lang: 'en' | 'de'; width: number })[] = [
  { width: 360, colorScheme: 'dark', lang: 'de' },
  { width: 1280, colorScheme: 'light', lang: 'en' },
]

onDatabase('SQLite', (latchkey) => {
  for (const look of looks) {
    const { width, colorScheme, lang } = look
    test(`every state of the page is accessible, at ${width} px, ${colorScheme}, ${lang}`, async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const { text, cancel, app, sms } = languages[lang]
      // Too long for a narrow window, without a place to break.
      const email = `${'long'.repeat(12)}${width}${lang}@example.com`
      const ada = await latchkey.owner({ email, mfaMethod: 'email' })
      await ada.delete('/settings/MfaSignIn')
      await addPasskey(latchkey, ada, { name: 'W'.repeat(64) })
      const seen = await openSecurityPage(browser, latchkey, ada, look)
      const { page } = seen
      const { dialog, press, section, waitForStatus, type } = pageActions(page)
      const state = (name: string) => see(seen, `${name} at ${width} px, ${colorScheme}, ${lang}`)
      await state('second step off')

      await press(text.mfa.turnOn)
      await state('choosing a method')
      await press(app)
      await page.getByRole('img', { name: text.authenticator.qrCode }).waitFor()
      await state('setting up an app')
      await type(text.authenticator.code, '000000')
      await page.getByRole('alert').first().waitFor()
      await state('wrong code of an app')
      await press(cancel)
      await press(sms)
      await type(text.phoneField.number, '12')
      await press(text.sendCode)
      await page.getByRole('alert').first().waitFor()
      await state('wrong number')
      await type(text.phoneField.number, ada.phoneNumber)
      await press(text.sendCode)
      await page.getByText('+1•••').first().waitFor()
      await state('code by text')
      await type('Code', () => latchkey.codeSentTo(ada.phoneNumber))
      await page.getByRole('heading', { name: text.recoveryCodes.newTitle }).waitFor()
      await press(text.done)
      await state('recovery codes')
      await page.getByRole('checkbox', { name: text.recoveryCodes.savedConfirmation }).check()
      await press(text.done)
      await waitForStatus(text.mfa.title, text.mfa.isOn)
      await state('second step on, other methods to be confirmed')
      await press(text.confirm.titles.email)
      await state('confirming a method')
      await press(cancel)

      await press(text.passkeys.renameOne('W'.repeat(64)))
      await press(text.password.change)
      await press(text.email.change)
      await press(text.passkeys.add)
      await press(text.phone.change)
      await press(text.deletion.start)
      const { otherwise, inEachCase } = text.waysIn
      await page.getByText(otherwise).or(page.getByText(inEachCase)).click()
      await state('every form open')
      const phone = section(text.phone.title)
      await type(text.phoneField.number, ada.phoneNumber, phone)
      await press(text.sendCode, phone)
      await phone.getByRole('checkbox', { name: text.phone.useForSignIn }).waitFor()
      await state('code for the number')
      await page.reload()
      await section(text.mfa.title).waitFor()

      travel(16 * minute)
      await press(text.mfa.turnOff)
      await state('turning off')
      await press(text.mfa.turnOff, dialog)
      const stepUp = page.getByRole('dialog', { name: text.stepUp.title })
      await stepUp.waitFor()
      await state('reauthenticating')
      await stepUp.locator('input[type=password]').fill(ada.password)
      await press(text.stepUp.submit, stepUp)
      await stepUp.getByRole('textbox', { name: 'Code' }).waitFor()
      await state('reauthenticating by the second step')
      await type('Code', () => latchkey.codeSentTo(ada.phoneNumber), stepUp)
      await waitForStatus(text.mfa.title, text.mfa.isOff(ada.email))
      await state('second step off again')

      await press(text.deletion.start)
      await section(text.deletion.title).locator('input[type=password]').fill(ada.password)
      await press(text.deletion.submit)
      await page.getByRole('heading', { name: text.deletion.doneTitle }).waitFor()
      await state('account closed')
    })
  }
})

async function see(seen: PageVisit, where: string): Promise<void> {
  await assertPageOk(seen, where)
  const window = seen.page.viewportSize()
  await seen.page.setViewportSize({ width: 320, height: 800 })
  assert.equal(await seen.horizontalOverflow(), 0, `${where}, at 320 px`)
  if (window) await seen.page.setViewportSize(window)
  const small = await seen.page
    .locator('main button:visible, dialog button:visible')
    .evaluateAll((all) =>
      all
        // For these buttons, the whole area around them is clickable.
        .filter((one) => !one.matches('.choice button'))
        .filter((one) => one.getBoundingClientRect().height < 44)
        .map((one) => one.textContent),
    )
  assert.deepEqual(small, [], where)
}
