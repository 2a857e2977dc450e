/** The second step of signing in, by every method with a code. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import {
  type Appearance,
  assertPageOkInEveryAppearance,
  enterPassword,
  type PageVisit,
  visitPage,
} from '../support/page-visit.ts'

const wide: Appearance = { width: 1280, colorScheme: 'light' }

onDatabase('SQLite', (latchkey) => {
  /** Opens the sign-in page and enters the password. */
  async function openSecondStep(
    t: TestContext,
    ada: Owner,
    look = wide,
  ): Promise<PageVisit | undefined> {
    const browser = await startChromium(t)
    if (!browser) return undefined
    const seen = await visitPage(browser, `${latchkey.origin}/signin`, look)
    await enterPassword(seen.page, ada)
    return seen
  }

  test('a complete code submits itself, whether typed, pasted or autofilled', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const spaced = (code: string) => `${code.slice(0, 3)} ${code.slice(3)} `
    for (const [way, enter] of Object.entries<(page: Page, code: string) => Promise<void>>({
      typed: (page, code) => page.keyboard.type(code),
      pasted: (page, code) => page.keyboard.insertText(spaced(code)),
      autofilled: (page, code) => page.getByLabel('Code').fill(code),
    })) {
      const seen = await openSecondStep(t, ada)
      if (!seen) return
      await enter(seen.page, await ada.codeFor('authenticator'))
      await seen.page.waitForURL('**/security')
      assert.deepEqual(seen.errors, [], way)
      await seen.page.context().close()
    }
  })

  test('each wrong code shows the tries left, and the last one leads back to the start', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const seen = await openSecondStep(t, ada)
    if (!seen) return
    const { page } = seen
    await assertPageOkInEveryAppearance(seen, 'second step required')
    const wrong = await ada.wrongCodeFor('sms')
    for (const left of ['4 tries', '3 tries', '2 tries', 'one try']) {
      await page.keyboard.type(wrong)
      await page.getByRole('alert').getByText(`You have ${left} left.`).waitFor()
      assert.equal(await page.getByLabel('Code').inputValue(), wrong)
    }
    await assertPageOkInEveryAppearance(seen, 'second step wrong')
    await page.keyboard.type(wrong)
    await page.getByRole('alert').getByText('Please start again.').waitFor()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.context().close()
  })

  test('a code can be sent again when the service allows it, and the new one counts', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const seen = await openSecondStep(t, ada)
    if (!seen) return
    const { page } = seen
    await page.clock.install()
    await page.reload()
    travel(30_000)
    await enterPassword(page, ada)
    await page.getByText('You can request another one in 30 seconds.').waitFor()
    await page.clock.runFor(31_000)
    // The service’s clock is behind the page’s, and the service decides.
    const again = page.getByRole('button', { name: 'Send the code again' })
    await again.click()
    await page.getByRole('alert').getByText('Too many messages requested.').waitFor()
    await page.getByText(/You can request another one in \d+ seconds\./).waitFor()
    const sent = (await latchkey.inbox(ada.phoneNumber)).length

    travel(30_000)
    await page.clock.runFor(31_000)
    await again.click()
    await page.getByRole('status').getByText('Another one is on its way.').waitFor()
    assert.equal((await latchkey.inbox(ada.phoneNumber)).length, sent + 1)
    await page.getByLabel('Code').fill(await ada.codeFor('sms'))
    await page.waitForURL('**/security')
  })

  test('every other method that is set up is offered, and a recovery code', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    await ada.turnOn('email')
    await ada.turnOn('authenticator')
    travel(60_000)
    const seen = await openSecondStep(t, ada)
    if (!seen) return
    const { page } = seen
    const other = (name: string) =>
      page.getByRole('navigation', { name: 'Another way' }).getByRole('button', { name })
    await other('Code by text message').click()
    await page.getByText(/We sent a code to \+1•+/).waitFor()
    await assertPageOkInEveryAppearance(seen, 'second step by text')
    assert.equal(await page.getByLabel('Code').evaluate((field) => field.matches(':focus')), true)
    const text = await ada.codeFor('sms')

    // Switching to the app and back keeps the texted code valid and sends no other.
    const sent = (await latchkey.inbox(ada.phoneNumber)).length
    await other('Authenticator app').click()
    await page.getByText('Enter the six digits shown in your authenticator app.').waitFor()
    await other('Code by text message').click()
    await page.getByText(/We sent a code to \+1•+/).waitFor()
    assert.equal((await latchkey.inbox(ada.phoneNumber)).length, sent)
    await page.getByLabel('Code').fill(text)
    await page.waitForURL('**/security')

    await page.getByText('You are signed in as').waitFor()
    await page.context().clearCookies()
    await page.goto(`${latchkey.origin}/signin`)
    await enterPassword(page, ada)
    await other('Code by email').click()
    await page.getByText(/We sent a code to o•+@example\.com/).waitFor()
    await other('Recovery code').click()
    await page.getByText('Each works once.').waitFor()
    await assertPageOkInEveryAppearance(seen, 'second step by recovery code')
    const [recoveryCode = ''] = ada.recoveryCodes
    await page.keyboard.type(recoveryCode.toLowerCase().replaceAll('-', ' '))
    await page.waitForURL('**/security')
  })

  test('a remembered device skips the second step the next time', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const seen = await openSecondStep(t, ada)
    if (!seen) return
    const { page } = seen
    await page.getByLabel('Don’t ask again on this device for 30 days').check()
    await page.getByLabel('Code').fill(await ada.wrongCodeFor('authenticator'))
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Code').fill(await ada.codeFor('authenticator'))
    // A response that arrives earlier could set the cookie again.
    await page.getByText('You are signed in as').waitFor()
    await page.context().clearCookies({ name: 'latchkey' })
    await page.goto(`${latchkey.origin}/signin`)
    await page.getByLabel('Email address').fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/security')
  })

  test('when no code can be sent, the page reports it and offers another way', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    for (let sends = 0; sends < 20; sends += 1) await ada.signIn()
    const seen = await openSecondStep(t, ada)
    if (!seen) return
    await seen.page.getByText('No code could be sent just now.').waitFor()
    await assertPageOkInEveryAppearance(seen, 'second step not sent')
    await seen.page.getByRole('button', { name: 'Send the code again' }).click()
    await seen.page
      .getByRole('alert')
      .getByText(/in \d+ minutes/)
      .waitFor()
    await seen.page.getByRole('button', { name: 'Recovery code' }).click()
    await seen.page.keyboard.type(ada.recoveryCodes[0] ?? '')
    await seen.page.waitForURL('**/security')
  })

  test('an expired sign-in starts again, and keeps the address', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const seen = await openSecondStep(t, ada)
    if (!seen) return
    travel(3_600_000)
    await seen.page.getByLabel('Code').fill(ada.authenticator.code())
    await seen.page.getByRole('alert').getByText('This took too long').waitFor()
    assert.equal(await seen.page.getByLabel('Email address').inputValue(), ada.email)
    await assertPageOkInEveryAppearance(seen, 'sign-in started again')
  })

  test('a code can be submitted again after a network failure', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const seen = await openSecondStep(t, ada)
    if (!seen) return
    const { page } = seen
    await page.context().setOffline(true)
    await page.getByLabel('Code').fill(await ada.codeFor('authenticator'))
    await page.getByRole('alert').getByText('can’t be reached').waitFor()
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL('**/security')
  })

  test('a complete code and Enter submit one attempt', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const seen = await openSecondStep(t, ada)
    if (!seen) return
    const { page } = seen
    await page.getByLabel('Code').fill('12345')
    await page.evaluate(`{
      const field = document.querySelector('[name=code]')
      field.value = '${await ada.wrongCodeFor('authenticator')}'
      for (let i = 0; i < 3; i += 1) field.dispatchEvent(new Event('input', { bubbles: true }))
      field.form.requestSubmit()
    }`)
    await page.getByRole('alert').getByText('You have 4 tries left.').waitFor()
    await page.getByLabel('Code').fill(await ada.codeFor('authenticator'))
    await page.waitForURL('**/security')
  })
})
