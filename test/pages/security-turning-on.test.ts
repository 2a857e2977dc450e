/** Turning the second step on by each method, on the security page. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { travelToNextStep } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { mfaSectionName, openSecurityPage, pageActions } from '../support/security-page.ts'
import { requireTool } from '../support/tool.ts'
import { addVirtualAuthenticator } from '../support/virtual-authenticator.ts'

onDatabase('SQLite', (latchkey) => {
  test('an app that scans the QR code on the screen turns the second step on with its code', async (t) => {
    const zbarimg = await requireTool(t, 'zbarimg')
    const oathtool = zbarimg && (await requireTool(t, 'oathtool'))
    const browser = oathtool && (await startChromium(t))
    if (!browser) return
    for (const colorScheme of ['light', 'dark'] as const) {
      const ada = await latchkey.owner()
      const { page, errors } = await openSecurityPage(browser, latchkey, ada, { colorScheme })
      const { press, waitForText, section, waitForStatus, type } = pageActions(page)
      await waitForText('Only your password protects this account.')
      await press('Turn on the second step')
      await press('Authenticator app')
      await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor()

      const screen = join(latchkey.folder, `screen-${colorScheme}.png`)
      await writeFile(screen, await page.screenshot({ fullPage: true }))
      const scanned = new URL((await zbarimg('--quiet', '--raw', screen)).trim())
      assert.equal(scanned.protocol, 'otpauth:')
      const secret = scanned.searchParams.get('secret') ?? ''
      latchkey.markSecret(secret)
      const link = page.getByText('Open in the authenticator app')
      assert.equal(new URL((await link.getAttribute('href')) ?? '').href, scanned.href)
      await press('Copy the key')
      await waitForText('Copied')
      assert.equal(await page.evaluate('navigator.clipboard.readText()'), secret)

      const now = new Date(Date.now()).toISOString()
      const code = await oathtool('--totp', '--base32', `--now=${now}`, secret)
      // The last digit submits it.
      await type('Six-digit code that the app shows', code.trim())
      await waitForText('Your second step is on: authenticator app.')

      const shown = section(mfaSectionName)
        .getByRole('list', { name: 'Recovery codes' })
        .getByRole('listitem')
      ada.recoveryCodes = await shown.allTextContents()
      assert.equal(ada.recoveryCodes.length, 10)
      await press('Done')
      await waitForText('Please save them first')
      await page.getByRole('checkbox', { name: 'I have saved these codes' }).check()
      await press('Done')
      await waitForStatus(mfaSectionName, 'We’ve sent you an email about it')
      assert.equal(await page.getByText(ada.recoveryCodes[0] ?? '').count(), 0)

      assert.equal((await ada.signIn()).body.mfaMethod, 'authenticator')
      const { mfaToken } = (await ada.signIn()).body
      const [recovery = ''] = ada.recoveryCodes
      const body = { mfaToken, mfaMethod: 'recoveryCode', code: recovery }
      assert.equal((await latchkey.post('/auth/SignIn/Mfa', body)).status, 200)
      assert.deepEqual(errors, [])
      await page.context().close()
    }
  })

  test('on a phone a link opens the app, since a phone cannot scan its own screen', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const phone = { width: 360, hasTouch: true, isMobile: true }
    const { page, accessibilityViolations } = await openSecurityPage(browser, latchkey, ada, phone)
    const { press } = pageActions(page)
    await press('Turn on the second step')
    await press('Authenticator app')
    const link = page.getByRole('link', { name: 'Open in the authenticator app' })
    const { searchParams } = new URL((await link.getAttribute('href')) ?? '')
    const key = (await page.locator('code').first().textContent()) ?? ''
    assert.equal(searchParams.get('secret'), key.replaceAll(' ', ''))
    assert.deepEqual(await accessibilityViolations(), [])
  })

  test('new recovery codes can be copied, downloaded and printed, and are shown once', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { dialog, press, section, waitForStatus } = pageActions(page)
    const codes = section('Recovery codes')
    await codes.getByText('You have 10 of 10 left.').waitFor()
    await press('Create new ones', codes)
    await press('Keep the old ones', dialog)
    assert.equal(await dialog.count(), 0)
    await press('Create new ones', codes)
    await press('Create new ones', dialog)

    const shown = await codes.getByRole('listitem').allTextContents()
    latchkey.markSecret(...shown)
    assert.equal(shown.length, 10)
    assert.equal(shown.includes(ada.recoveryCodes[0] ?? ''), false)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      codes.getByRole('link', { name: 'Download' }).click(),
    ])
    assert.equal(download.suggestedFilename(), 'recovery-codes.txt')
    const file = await readFile(await download.path(), 'utf8')
    assert.ok(shown.every((code) => file.includes(code)))
    assert.ok(file.includes(ada.email))
    await press('Copy', codes)
    await codes.getByText('Copied').waitFor()
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), file)

    // A printout contains only the codes and the account.
    await page.emulateMedia({ media: 'print' })
    assert.equal(await page.getByText(shown[9] ?? '').isVisible(), true)
    assert.equal(
      await page.getByText(`Recovery codes for Latchkey (${ada.email})`).isVisible(),
      true,
    )
    assert.equal(await page.locator('main button:visible').count(), 0)
    await page.emulateMedia({ media: 'screen' })

    await page.getByRole('checkbox', { name: 'I have saved these codes' }).check()
    await press('Done', codes)
    await waitForStatus('Recovery codes', 'The old ones no longer work.')
    await page.reload()
    await section('Recovery codes').waitFor()
    assert.equal(await page.getByText(shown[0] ?? '').count(), 0)
    assert.deepEqual(errors, [])
  })

  test('while the second step is off, recovery codes are announced with it and cannot be created', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { dialog, press, section, waitForText } = pageActions(page)
    const codes = section('Recovery codes')
    await waitForText('You have 10 of 10 left.', codes)
    await press('Turn off')
    await press('Turn off', dialog)
    await waitForText('They come with the second step: ten codes', codes)
    assert.equal(await codes.getByRole('button').count(), 0)
    assert.deepEqual(errors, [])
  })

  test('the password and one press create a passkey and turn the second step on with it', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, type, waitForText, section } = pageActions(page)
    await addVirtualAuthenticator(page)
    await press('Turn on the second step')
    await press('Passkey')
    await type('Current password', ada.password)
    await press('Create a passkey on this device')
    await waitForText('Your second step is on: passkey.')
    await section('Passkeys').getByText('Chrome on Linux').waitFor()
    assert.equal((await ada.signIn()).body.mfaMethod, 'passkey')
    assert.deepEqual(errors, [])
  })

  test('if no passkey is created the page explains what to do, and another method can be chosen', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page } = await openSecurityPage(browser, latchkey, ada)
    const { press, type, waitForText } = pageActions(page)
    const setUserVerified = await addVirtualAuthenticator(page, { transport: 'internal' })
    await setUserVerified(false)
    await press('Turn on the second step')
    await press('Passkey')
    await type('Current password', ada.password)
    await press('Create a passkey on this device')
    await waitForText('No passkey was created.')
    await press('Cancel')
    await page.getByRole('button', { name: 'Authenticator app' }).waitFor()
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)
  })

  test('a number is typed in national format, or pasted with its plus, and receives the codes', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const german = { typed: '0151 23456789', number: '+4915123456789', locale: 'de-DE' }
    const british = { typed: '+49 151 23456780', number: '+4915123456780', locale: 'en-GB' }
    for (const { typed, number, locale } of [german, british]) {
      const ada = await latchkey.owner({ phoneNumber: number })
      const { page, errors } = await openSecurityPage(browser, latchkey, ada, { locale })
      const { press, waitForText, type } = pageActions(page)
      await press('Turn on the second step')
      await press('Code by text message')
      const country = page.getByRole('combobox', { name: 'Country' })
      assert.equal(await country.inputValue(), locale.slice(-2))
      await page.getByText(locale === 'de-DE' ? '+49' : '+44', { exact: true }).waitFor()
      await type('Mobile number', '12')
      await press('Send me a code')
      await waitForText('We can’t send text messages to this number.')
      assert.equal(await page.getByRole('textbox', { name: 'Mobile number' }).inputValue(), '12')
      await type('Mobile number', typed)
      await press('Send me a code')
      await waitForText('We sent a code to +4')
      await type('Code', await ada.wrongCodeFor('sms'))
      await waitForText('That code isn’t right.')
      await type('Code', () => latchkey.codeSentTo(number))
      await waitForText('Your second step is on: codes by text message.')
      assert.equal((await ada.signIn()).body.mfaMethod, 'sms')
      assert.deepEqual(errors, [])
      await page.context().close()
    }
  })

  test('codes by email go to the prefilled address', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, waitForText, type } = pageActions(page)
    await press('Turn on the second step')
    await press('Code by email')
    const address = page.getByRole('textbox', { name: 'Email address' })
    assert.equal(await address.inputValue(), ada.email)
    await page.locator('input[type=email]:focus').waitFor()
    await press('Send me a code')
    await page.locator('input[name=code]:focus').waitFor()
    await type('Code', () => latchkey.codeSentTo(ada.email))
    await waitForText('Your second step is on: codes by email (o•••@example.com).')
    assert.deepEqual(errors, [])
  })

  test('the method is changed to one that is set up with its code alone', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('sms')
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, waitForText, waitForStatus, type } = pageActions(page)
    await waitForText('Your second step is on: codes by text message.')
    await press('Change the method')
    await press('Authenticator app')
    await waitForText('Your app is already set up.')
    travelToNextStep()
    await type('Six-digit code that the app shows', ada.authenticator.code())
    await waitForStatus(mfaSectionName, 'We’ve sent you an email')
    await waitForText('Your second step is on: authenticator app.')

    await press('Change the method')
    await press('Code by text message')
    await press(`Send a code to +1•••••••${ada.phoneNumber.slice(-2)}`)
    await type('Code', () => latchkey.codeSentTo(ada.phoneNumber))
    await waitForText('Your second step is on: codes by text message.')
    assert.deepEqual(errors, [])
  })
})
