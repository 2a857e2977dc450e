/** Turning the second step off on the security page, with reauthentication where it is needed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { startChromium } from '../support/chromium.ts'
import { travel, travelToNextStep } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { mfaNoticesTo } from '../support/mfa.ts'
import {
  mfaSectionName,
  openSecurityPage,
  pageActions,
  signInOnPage,
} from '../support/security-page.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'
import { addVirtualAuthenticator } from '../support/virtual-authenticator.ts'

const minute = 60_000

onDatabase('SQLite', (latchkey) => {
  test('one button and one confirmation turn the second step off, and an undo link is emailed', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { dialog, press, waitForText, waitForStatus } = pageActions(page)
    await press('Turn off')
    await waitForText('Your password alone will then be enough to sign in to this account.', dialog)
    await press('Keep it on', dialog)
    assert.equal((await ada.signIn()).body.status, 'mfaRequired')

    await press('Turn off')
    await press('Turn off', dialog)
    await waitForStatus(
      mfaSectionName,
      `We’ve emailed you at ${ada.email}; you can undo this from there for seven days.`,
    )
    await waitForText('Only your password protects this account.')
    assert.equal((await ada.signIn()).body.status, 'signedIn')
    const [notice] = await mfaNoticesTo(latchkey, ada.email)
    assert.match(notice?.subject ?? '', /off/)
    assert.ok(await undoTokenSentTo(latchkey, ada.email, /off/))
    await page.getByRole('region', { name: 'Recent activity' }).waitFor()
    await waitForText('You turned off your second step.')
    assert.deepEqual(errors, [])
  })

  test('after fifteen minutes the page reauthenticates in place, and then completes the action', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { dialog, press, waitForText, waitForStatus, type } = pageActions(page)
    travel(16 * minute)
    await press('Turn off')
    await press('Turn off', dialog)
    const stepUp = page.getByRole('dialog', { name: 'Please confirm that it’s you' })
    await stepUp.locator('input[type=password]:focus').waitFor()
    await type('Password', 'not my password', stepUp)
    await press('Confirm', stepUp)
    await waitForText('That isn’t your password.', stepUp)
    await type('Password', ada.password, stepUp)
    await press('Confirm', stepUp)
    await stepUp.getByRole('textbox', { name: 'Code' }).waitFor()
    assert.equal((await ada.get('/settings/MfaSignIn')).status, 401)
    await type('Code', () => latchkey.codeSentTo(ada.email), stepUp)
    await waitForStatus(mfaSectionName, 'Your second step is off.')
    assert.equal(await page.getByRole('dialog').count(), 0)
    assert.equal((await ada.signIn()).body.status, 'signedIn')
    assert.deepEqual(errors, [])
  })

  test('Escape leaves the reauthentication, and nothing has changed', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { page } = await openSecurityPage(browser, latchkey, ada)
    const { dialog, press, type } = pageActions(page)
    travel(16 * minute)
    await press('Turn off')
    await press('Turn off', dialog)
    const stepUp = page.getByRole('dialog', { name: 'Please confirm that it’s you' })
    await stepUp.waitFor()
    // The Tab key does not reach the page behind the dialog.
    for (let times = 0; times < 12; times++) {
      await page.keyboard.press('Tab')
      assert.equal(await page.evaluate(outsideOfDialogs), false)
    }
    await type('Password', ada.password, stepUp)
    await page.keyboard.press('Escape')
    await stepUp.waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.equal(await focusedName(page), 'Turn off')
    assert.equal((await ada.signIn()).body.status, 'mfaRequired')
  })

  test('a passkey reauthenticates with one press', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { dialog, press, type, waitForText, waitForStatus } = pageActions(page)
    await addVirtualAuthenticator(page)
    await press('Turn on the second step')
    await press('Passkey')
    await type('Current password', ada.password)
    await press('Create a passkey on this device')
    await page.getByRole('checkbox', { name: 'I have saved these codes' }).check()
    await press('Done')
    await waitForText('Your second step is on: passkey.')
    travel(16 * minute)
    await press('Turn off')
    await press('Turn off', dialog)
    await press('Confirm with a passkey')
    await waitForStatus(mfaSectionName, 'Your second step is off.')
    assert.equal((await ada.signIn()).body.status, 'signedIn')
    assert.deepEqual(errors, [])
  })

  test('a password-only session must pass the second step before it is turned off', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { page } = await openSecurityPage(browser, latchkey, ada)
    const { dialog, press, waitForStatus, type } = pageActions(page)
    // On a remembered device the password alone signs in, which is too weak to turn MFA off.
    await signInOnPage(page, ada, { rememberDevice: true })
    await signInOnPage(page, ada)
    await page.reload()
    await press('Turn off')
    await press('Turn off', dialog)
    const stepUp = page.getByRole('dialog', { name: 'Please confirm that it’s you' })
    await type('Password', ada.password, stepUp)
    await press('Confirm', stepUp)
    await stepUp.getByRole('textbox', { name: 'Code' }).waitFor()
    travelToNextStep()
    await type('Code', ada.authenticator.code(), stepUp)
    await waitForStatus(mfaSectionName, 'Your second step is off.')
  })

  test('a code by email is not enough to turn off a stronger second step, and the page explains why', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('email', { setDefault: false })
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { dialog, press, waitForText, type } = pageActions(page)
    travel(16 * minute)
    await press('Turn off')
    await press('Turn off', dialog)
    const stepUp = page.getByRole('dialog', { name: 'Please confirm that it’s you' })
    await type('Password', ada.password, stepUp)
    await press('Confirm', stepUp)
    await press('Code by email', stepUp)
    await waitForText('We sent a code to o', stepUp)
    await type('Code', () => latchkey.codeSentTo(ada.email), stepUp)
    await waitForText('A code by email isn’t enough for this.', dialog)
    assert.equal((await ada.signIn()).body.status, 'mfaRequired')
    assert.deepEqual(errors, [])
  })

  test('an app turns the second step on, and a button turns it off, by keyboard alone', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { waitForText } = pageActions(page)
    await pressByKeyboard(page, 'Turn on the second step')
    assert.equal(await focusedName(page), 'How do you want to confirm that it’s you?')
    await pressByKeyboard(page, 'Authenticator app')
    await page.getByRole('textbox', { name: 'Six-digit code that the app shows' }).waitFor()
    assert.equal(await focusedName(page), 'Six-digit code that the app shows')
    const key = (await page.locator('code').first().textContent()) ?? ''
    ada.authenticator.secret = key.replaceAll(' ', '')
    latchkey.markSecret(ada.authenticator.secret)
    travelToNextStep()
    await page.keyboard.type(ada.authenticator.code())
    await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor()
    assert.equal(await focusedName(page), 'Save your recovery codes')
    await tabTo(page, 'I have saved these codes')
    await page.keyboard.press('Space')
    await pressByKeyboard(page, 'Done')
    await waitForText('We’ve sent you an email')
    assert.equal(await focusedName(page), mfaSectionName)
    assert.equal((await ada.signIn()).body.mfaMethod, 'authenticator')

    await pressByKeyboard(page, 'Turn off')
    assert.equal(await focusedName(page), 'Turn off your second step?')
    await pressByKeyboard(page, 'Turn off')
    await waitForText('Only your password protects this account.')
    assert.equal(await focusedName(page), mfaSectionName)
    assert.equal((await ada.signIn()).body.status, 'signedIn')
    assert.deepEqual(errors, [])
  })
})

async function pressByKeyboard(page: Page, name: string): Promise<void> {
  await tabTo(page, name)
  await page.keyboard.press('Enter')
  // Waits until the next element has the focus.
  for (let times = 0; times < 100; times++) {
    const now = await focusedName(page)
    if (now !== name && now !== '') return
    await page.waitForTimeout(50)
  }
  throw new Error(`“${name}” was pressed, and the focus did not move.`)
}

async function tabTo(page: Page, name: string): Promise<void> {
  for (let times = 0; times < 40; times++) {
    await page.keyboard.press('Tab')
    if ((await focusedName(page)) === name) return
  }
  throw new Error(`“${name}” is not reached by the Tab key.`)
}

/** The accessible name of the focused element. */
async function focusedName(page: Page): Promise<string> {
  return page.evaluate(`(() => {
    const { activeElement: element } = document
    if (element === document.body) return ''
    const named = document.getElementById(element.getAttribute('aria-labelledby') ?? '')
    const label = element.getAttribute('aria-label') ?? named?.querySelector('b')?.textContent
    return (label ?? element.labels?.[0]?.textContent ?? element.textContent).trim()
  })()`)
}

const outsideOfDialogs = `document.activeElement !== document.body
  && document.activeElement.closest('dialog') === null`
