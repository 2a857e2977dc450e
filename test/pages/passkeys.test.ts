/** Signing in by passkey, with a virtual authenticator in Chromium. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import {
  type Appearance,
  assertPageOkInEveryAppearance,
  enterPassword,
  visitPage,
} from '../support/page-visit.ts'
import {
  openWebAuthnPage,
  turnOnInBrowser,
  type VirtualAuthenticatorOptions,
  type WebAuthnPage,
} from '../support/virtual-authenticator.ts'

const wide: Appearance = { width: 1280, colorScheme: 'light' }

onDatabase('SQLite', (latchkey) => {
  /** Opens a page whose virtual authenticator has a passkey of the owner. */
  async function open(
    t: TestContext,
    ada: Owner,
    kind: VirtualAuthenticatorOptions = {},
  ): Promise<WebAuthnPage | undefined> {
    const browser = await startChromium(t)
    if (!browser) return undefined
    const tab = await openWebAuthnPage(browser, `${latchkey.origin}/undo`, kind)
    const { options } = (await ada.startPasskeyRegistration()).body
    const response = await tab.create(options)
    const added = await ada.post('/settings/Passkeys/Verify', { response })
    assert.equal(added.status, 201, JSON.stringify(added.body))
    return tab
  }

  test('a passkey signs in alone, without an email address', async (t) => {
    const ada = await latchkey.owner()
    const tab = await open(t, ada)
    if (!tab) return
    await tab.page.goto(`${latchkey.origin}/signin?returnTo=/health/live`)
    // Chromium’s virtual authenticator accepts the autofill request without a click.
    await tab.page.waitForURL(`${latchkey.origin}/health/live`)
    assert.deepEqual((await ada.get('/settings/Sessions')).body.sessions[0].amr, [
      'hwk',
      'user',
      'mfa',
    ])
  })

  test('the button requests the passkey where the browser does not offer it by itself', async (t) => {
    const ada = await latchkey.owner()
    const tab = await open(t, ada)
    if (!tab) return
    await tab.page.addInitScript(
      'PublicKeyCredential.isConditionalMediationAvailable = async () => false',
    )
    await tab.page.goto(`${latchkey.origin}/signin`)
    await tab.page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await tab.page.waitForURL('**/security')
  })

  test('cancelling the passkey returns to the form, where the password signs in', async (t) => {
    const ada = await latchkey.owner()
    const tab = await open(t, ada)
    if (!tab) return
    const { page } = tab
    // A failed user verification ends like a press of “cancel”.
    await tab.setUserVerified(false)
    await page.goto(`${latchkey.origin}/signin`)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
    assert.equal(await page.getByRole('alert').count(), 0)
    await page.getByLabel('Email address').fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/security')
  })

  test('a removed passkey is reported as rejected, and the other ways remain', async (t) => {
    const ada = await latchkey.owner()
    const tab = await open(t, ada)
    if (!tab) return
    const [passkey] = (await ada.get('/settings/Passkeys')).body.passkeys
    await ada.delete(`/settings/Passkeys/${passkey.id}`)
    await tab.page.goto(`${latchkey.origin}/signin`)
    await tab.page.getByRole('alert').getByText('That passkey wasn’t accepted.').waitFor()
    await tab.page.getByLabel('Email address').waitFor()
  })

  test('a passkey completes the second step by keyboard alone, and the device is remembered', async (t) => {
    const ada = await latchkey.owner()
    // Without discoverable credentials it cannot sign in alone.
    const tab = await open(t, ada, { transport: 'usb', hasResidentKey: false })
    if (!tab) return
    await turnOnInBrowser(ada, tab)
    const { page } = tab
    await page.goto(`${latchkey.origin}/signin`)
    await enterPassword(page, ada)
    const button = page.getByRole('button', { name: 'Use passkey' })
    assert.equal(await button.evaluate((element) => element.matches(':focus')), true)
    await page.getByLabel('Don’t ask again on this device for 30 days').press('Space')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/security')
    assert.deepEqual((await ada.get('/settings/Sessions')).body.sessions[0].amr, [
      'pwd',
      'hwk',
      'user',
      'mfa',
    ])

    await page.getByText('You are signed in as').waitFor()
    await page.context().clearCookies({ name: 'latchkey' })
    await page.goto(`${latchkey.origin}/signin`)
    await page.getByLabel('Email address').fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/security')
  })

  test('another method completes the second step when the passkey is not available', async (t) => {
    const ada = await latchkey.owner()
    const tab = await open(t, ada)
    if (!tab) return
    await turnOnInBrowser(ada, tab)
    const elsewhere = await startChromium(t)
    if (!elsewhere) return
    const seen = await visitPage(elsewhere, `${latchkey.origin}/signin`, wide)
    await enterPassword(seen.page, ada)
    await assertPageOkInEveryAppearance(seen, 'second step by passkey')
    await seen.page.getByRole('button', { name: 'Recovery code' }).click()
    await seen.page.keyboard.type(ada.recoveryCodes[0] ?? '')
    await seen.page.waitForURL('**/security')
  })

  test('a browser without passkey support offers no passkey, and requests a supported method', async (t) => {
    const ada = await latchkey.owner()
    const tab = await open(t, ada)
    if (!tab) return
    await turnOnInBrowser(ada, tab)
    const { page } = tab
    await page.addInitScript('delete globalThis.PublicKeyCredential')
    await page.goto(`${latchkey.origin}/signin`)
    await page.getByLabel('Email address').waitFor()
    assert.equal(await page.getByRole('button', { name: /passkey/i }).count(), 0)
    await enterPassword(page, ada)
    assert.equal(await page.getByRole('button', { name: /passkey/i }).count(), 0)
    await page.getByLabel('Recovery code').fill(ada.recoveryCodes[0] ?? '')
    await page.waitForURL('**/security')
  })
})
