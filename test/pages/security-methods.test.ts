/** Confirming methods that were set up before, and removing methods, on the security page. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { travelToNextStep } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import {
  mfaSectionName,
  openSecurityPage,
  pageActions,
  signInOnPage,
} from '../support/security-page.ts'
import { addVirtualAuthenticator } from '../support/virtual-authenticator.ts'

onDatabase('SQLite', (latchkey) => {
  test('methods that were set up before are listed, and each works once it is confirmed in place', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('sms')
    await ada.turnOn('email')
    await ada.delete('/settings/MfaSignIn')
    await ada.turnOn('passkey')
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, section, waitForText, waitForStatus, type } = pageActions(page)
    const mfa = section(mfaSectionName)
    await waitForText('Set up before, and not used to sign in yet', mfa)
    assert.equal(await mfa.getByRole('listitem').count(), 3)

    await press('Confirm your authenticator app', mfa)
    await press('Cancel', mfa)
    await press('Confirm your authenticator app', mfa)
    await type('Six-digit code that the app shows', await ada.wrongCodeFor('authenticator'), mfa)
    await waitForText('That code isn’t right.', mfa)
    travelToNextStep()
    await type('Six-digit code that the app shows', ada.authenticator.code(), mfa)
    await waitForStatus(mfaSectionName, 'You can now sign in with your authenticator app.')

    await press('Confirm codes by text message', mfa)
    await press(`Send a code to +1•••••••${ada.phoneNumber.slice(-2)}`, mfa)
    await type('Code', () => latchkey.codeSentTo(ada.phoneNumber), mfa)
    await waitForStatus(mfaSectionName, 'You can now sign in with a code by text message.')

    await waitForText('o•••@example.com', mfa)
    await press('Confirm codes by email', mfa)
    await press('Send me a code', mfa)
    await type('Code', () => latchkey.codeSentTo(ada.email), mfa)
    await waitForStatus(mfaSectionName, 'You can now sign in with a code by email.')

    assert.equal(await mfa.getByText('Set up before').count(), 0)
    await waitForText('Your second step is on: passkey.', mfa)
    const { availableMethods, pendingMethods, mfaMethod } = await mfaSignInOf(ada)
    assert.deepEqual(availableMethods, ['passkey', 'authenticator', 'sms', 'email'])
    assert.deepEqual(pendingMethods, [])
    assert.equal(mfaMethod, 'passkey')
    assert.deepEqual(errors, [])
  })

  test('confirming an app where codes by email were the only method brings new recovery codes', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.delete('/settings/MfaSignIn')
    await ada.turnOn('email')
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, section, waitForText, waitForStatus, type } = pageActions(page)
    const mfa = section(mfaSectionName)
    await press('Confirm your authenticator app', mfa)
    travelToNextStep()
    await type('Six-digit code that the app shows', ada.authenticator.code(), mfa)
    const codes = mfa.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem')
    await codes.first().waitFor()
    const [recoveryCode = '', ...others] = await codes.allTextContents()
    latchkey.markSecret(recoveryCode, ...others)
    assert.equal(others.length, 9)
    await page.getByRole('checkbox', { name: 'I have saved these codes' }).check()
    await press('Done', mfa)
    await waitForStatus(mfaSectionName, 'You can now sign in with your authenticator app.')
    // Codes by email are weaker, so they are not trusted without another proof.
    await waitForText('Your second step is on: authenticator app.', mfa)
    await mfa.getByRole('button', { name: 'Confirm codes by email' }).waitFor()
    assert.deepEqual((await mfaSignInOf(ada)).availableMethods, ['authenticator'])
    assert.deepEqual(errors, [])
  })

  test('a passkey that was added before says that it is not used yet, and one press confirms it', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, section, type, waitForText, waitForStatus } = pageActions(page)
    const passkeys = section('Passkeys')
    await addVirtualAuthenticator(page)
    await press('Add a passkey', passkeys)
    await type('Current password', ada.password, passkeys)
    await press('Add a passkey', passkeys)
    await waitForStatus('Passkeys', 'Chrome on Linux has been added. You can now sign in with it.')
    await ada.turnOn('authenticator')
    await signInOnPage(page, ada)
    await page.reload()
    await waitForText('You can’t sign in with it yet. Please confirm it once.', passkeys)
    await press('Confirm Chrome on Linux', passkeys)
    await waitForStatus('Passkeys', 'Chrome on Linux is confirmed. You can now sign in with it.')
    assert.equal(await passkeys.getByText('You can’t sign in with it yet').count(), 0)
    assert.equal(await passkeys.getByRole('button', { name: /^Confirm/ }).count(), 0)
    const { availableMethods, mfaMethod } = await mfaSignInOf(ada)
    assert.deepEqual(availableMethods, ['passkey', 'authenticator'])
    assert.equal(mfaMethod, 'authenticator')
    assert.deepEqual(errors, [])
  })

  test('codes by email are given up with one confirmation, but only where signing in works without', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { dialog, press, section, waitForText, waitForStatus } = pageActions(page)
    const mfa = section(mfaSectionName)
    const stop = mfa.getByRole('button', { name: 'Stop using codes by email' })
    await waitForText('Your second step is on: codes by email (o•••@example.com).', mfa)
    assert.equal(await stop.count(), 0)

    await ada.turnOn('authenticator')
    await ada.turnOn('email', { setDefault: false })
    await signInOnPage(page, ada)
    await page.reload()
    await mfa.getByRole('button', { name: 'Remove the authenticator app' }).waitFor()
    await stop.click()
    await waitForText('Your second step stays on: authenticator app.', dialog)
    await press('Keep using them', dialog)
    await stop.click()
    await press('Stop using them', dialog)
    await waitForStatus(mfaSectionName, `We’ve emailed you at ${ada.email}`)
    assert.equal(await stop.count(), 0)
    assert.equal(await mfa.getByText('You can also use').count(), 0)
    assert.deepEqual((await mfaSignInOf(ada)).availableMethods, ['authenticator'])

    await ada.turnOn('email', { setDefault: false })
    await ada.delete('/settings/MfaSignIn')
    await signInOnPage(page, ada)
    await page.reload()
    await stop.click()
    await press('Stop using them', dialog)
    await waitForStatus(mfaSectionName, 'You no longer sign in with codes by email.')
    assert.deepEqual((await mfaSignInOf(ada)).availableMethods, ['authenticator'])
    assert.deepEqual(errors, [])
  })
})

/** The state after a full sign-in: confirming a method ends all other sessions. */
async function mfaSignInOf(owner: Owner) {
  await owner.signInFully()
  return (await owner.get('/settings/MfaSignIn')).body
}
