/** The account on the security page: language, password, address and deletion. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { removePassword } from '../support/passkeys.ts'
import { openSecurityPage, pageActions } from '../support/security-page.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'
import { addVirtualAuthenticator } from '../support/virtual-authenticator.ts'

const minute = 60_000

onDatabase('SQLite', (latchkey) => {
  test('the language of messages can be changed, and the next message is in it', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, waitForText, section, waitForStatus } = pageActions(page)
    const language = section('Language of messages')
    await waitForText('We write to you in English.', language)
    await press('Change to Deutsch', language)
    await waitForStatus('Language of messages', 'From now on we write to you in Deutsch.')
    await waitForText('We write to you in Deutsch.', language)
    await ada.changePassword('ein ganz neuer Satz')
    const [message] = await latchkey.inbox(ada.email)
    assert.equal(message?.subject, 'Dein Passwort für Latchkey wurde geändert')
    assert.deepEqual(errors, [])
  })

  test('the password is changed, and errors are shown at their field', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, waitForText, section, waitForStatus, type } = pageActions(page)
    const password = section('Password')
    await press('Change password', password)
    await type('Current password', 'not my password', password)
    await type('New password', 'another long sentence', password)
    await press('Change password', password)
    await waitForText('That isn’t your password.', password)
    const current = password.getByRole('textbox', { name: 'Current password' })
    assert.equal(await current.evaluate((field) => field.matches(':focus')), true)

    await current.fill(ada.password)
    await type('New password', 'short', password)
    await press('Change password', password)
    const fresh = password.getByRole('textbox', { name: 'New password' })
    await password.getByRole('alert').waitFor()
    assert.equal(await fresh.getAttribute('aria-invalid'), 'true')
    await fresh.fill('another long sentence')
    assert.equal(await current.inputValue(), ada.password)
    // The current password is part of the form, so there is no reauthentication.
    travel(16 * minute)
    await press('Change password', password)
    await waitForStatus(
      'Password',
      'Your password has been changed, and all other devices are signed out.',
    )
    assert.equal(await page.getByRole('dialog').count(), 0)
    ada.password = 'another long sentence'
    assert.equal((await ada.signIn()).status, 200)
    assert.deepEqual(errors, [])
  })

  test('the address changes once the code sent to the new one is entered, and the old one is notified', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const bob = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, waitForText, section, waitForStatus, type } = pageActions(page)
    const email = section('Email address')
    await press('Change address', email)
    await type('New email address', 'no address', email)
    await type('Current password', 'not my password', email)
    await press('Send me a code', email)
    await email.getByRole('alert').waitFor()

    await type('New email address', bob.email, email)
    await press('Send me a code', email)
    await waitForText('That isn’t your password.', email)
    await type('Current password', ada.password, email)
    await press('Send me a code', email)
    await type('Code', () => latchkey.codeSentTo(bob.email), email)
    await waitForText('Another account uses this address.', email)
    await press('Back', email)
    const typed = email.getByRole('textbox', { name: 'New email address' })
    assert.equal(await typed.inputValue(), bob.email)

    const next = `new-${ada.email}`
    await typed.fill(next)
    await type('Current password', ada.password, email)
    // The password in the form is enough for the reauthentication that is due.
    travel(16 * minute)
    await press('Send me a code', email)
    await type('Code', () => latchkey.codeSentTo(next), email)
    assert.equal(await page.getByRole('dialog').count(), 0)
    await waitForStatus('Email address', `We’ve emailed you at ${ada.email}`)
    await waitForText(`You are signed in as ${next}.`)
    const { password } = ada
    assert.equal((await latchkey.post('/auth/SignIn', { email: next, password })).status, 200)
    assert.deepEqual(errors, [])
  })

  test('an account without a password confirms with its passkey, and is asked for no password', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, section, waitForStatus, type } = pageActions(page)
    const [email, password, passkeys] = [
      section('Email address'),
      section('Password'),
      section('Passkeys'),
    ]
    await addVirtualAuthenticator(page)
    await press('Add a passkey', passkeys)
    await type('Current password', ada.password, passkeys)
    await press('Add a passkey', passkeys)
    await waitForStatus('Passkeys', 'Chrome on Linux has been added.')
    await removePassword(latchkey, ada)
    await page.reload()

    travel(16 * minute)
    await press('Change address', email)
    const next = `new-${ada.email}`
    await type('New email address', next, email)
    assert.equal(await page.locator('input[type=password]').count(), 0)
    await press('Send me a code', email)
    const stepUp = page.getByRole('dialog', { name: 'Please confirm that it’s you' })
    await stepUp.waitFor()
    assert.equal(await page.locator('input[type=password]').count(), 0)
    await press('Confirm with a passkey', stepUp)
    await type('Code', () => latchkey.codeSentTo(next), email)
    await waitForStatus('Email address', `Your address is now ${next}.`)

    const current = password.getByRole('textbox', { name: 'Current password' })
    await press('Change password', password)
    await type('New password', 'a first sentence', password)
    assert.equal(await current.count(), 0)
    await press('Change password', password)
    await waitForStatus('Password', 'Your password has been changed')
    await press('Change password', password)
    await current.waitFor()
    assert.deepEqual(errors, [])
  })

  test('the account is deleted with its password, and an emailed link restores it', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, waitForText, section, type } = pageActions(page)
    const deletion = section('Delete this account')
    await press('Delete account …', deletion)
    await waitForText(
      `We’ll email you at ${ada.email}: a link in that email restores it for seven days.`,
    )
    await type('Current password', 'not my password', deletion)
    await press('Delete my account', deletion)
    await waitForText('That isn’t your password.', deletion)
    assert.equal((await ada.signIn()).status, 200)
    await type('Current password', ada.password, deletion)
    await press('Delete my account', deletion)
    await page.getByRole('heading', { name: 'Your account is closed' }).waitFor()
    assert.equal((await ada.signIn()).status, 401)
    assert.ok(await undoTokenSentTo(latchkey, ada.email, /delet|clos/i))
    await page.getByRole('link', { name: 'To the sign-in page' }).click()
    await page.waitForURL('**/signin')
    assert.deepEqual(errors, [])
  })

  test('when the service is unreachable the page reports it, and retries on request', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, accessibilityViolations } = await openSecurityPage(browser, latchkey, ada)
    const { press, waitForText, section } = pageActions(page)
    await page.route('**/settings/WaysIn', (route) => route.abort())
    await page.reload()
    await waitForText('The service can’t be reached.')
    assert.deepEqual(await accessibilityViolations(), [])
    await page.unroute('**/settings/WaysIn')
    await press('Try again')
    await section('Password').waitFor()
  })

  test('a visitor who is not signed in is sent to the sign-in page, and back', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press } = pageActions(page)
    await press('Sign out')
    await page.waitForURL('**/signin')
    assert.equal((await ada.get('/settings/Sessions')).body.sessions.length, 1)
    await page.goto(`${latchkey.origin}/security`)
    await page.waitForURL('**/signin?returnTo=%2Fsecurity')
    await page.getByRole('textbox', { name: 'Email address' }).fill(ada.email)
    await page.getByRole('textbox', { name: 'Password' }).fill(ada.password)
    await press('Sign in')
    await page.getByRole('heading', { level: 1, name: 'Your security' }).waitFor()
    assert.deepEqual(errors, [])
  })
})
