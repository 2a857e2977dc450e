/** The page for a forgotten password: the emailed code, a new password, and signing in with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { type Appearance, appearances, assertPageOk, visitPage } from '../support/page-visit.ts'

const wide: Appearance = { width: 1280, colorScheme: 'light' }

onDatabase('SQLite', (latchkey) => {
  test('a forgotten password is reset by keyboard alone, up to signing in with the new one', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    for (const look of appearances) {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const url = `${latchkey.origin}/forgot?returnTo=/health/live`
      const seen = await visitPage(browser, url, look)
      const { page } = seen
      const at = `at ${look.width} px, ${look.colorScheme}`
      await page.getByRole('heading', { name: 'Forgotten password' }).waitFor()
      await assertPageOk(seen, `forgot ${at}`)
      await page.keyboard.type(ada.email)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Choose a new password' }).waitFor()
      await page.keyboard.type('000000')
      await page.keyboard.press('Tab')
      ada.password = 'a whole new sentence'
      await page.keyboard.type(ada.password)
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('isn’t right, or it has expired').waitFor()
      await assertPageOk(seen, `forgot wrong code ${at}`)
      assert.equal(await page.getByLabel('New password').inputValue(), ada.password)

      await page.keyboard.type(await latchkey.codeSentTo(ada.email))
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Your new password is set' }).waitFor()
      await assertPageOk(seen, `forgot done ${at}`)
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      await page.keyboard.type(ada.password)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'One more step' }).waitFor()
      await page.keyboard.type(await ada.codeFor('authenticator'))
      await page.waitForURL(`${latchkey.origin}/health/live`)
      await page.context().close()
    }
  })

  test('the page looks the same for an address without an account', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { email } = await latchkey.owner()
    const texts: string[] = []
    for (const typed of [email, 'nobody.here@example.com']) {
      const { page } = await visitPage(browser, `${latchkey.origin}/forgot`, wide)
      await page.clock.install()
      await page.getByLabel('Email address').fill(typed)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Choose a new password' }).waitFor()
      texts.push(((await page.getByRole('main').textContent()) ?? '').replace(typed, '…'))
      await page.context().close()
    }
    assert.equal(texts[0], texts[1])
  })

  test('the code is not submitted without a new password, and can be sent again', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { email } = await latchkey.owner()
    const { page } = await visitPage(browser, `${latchkey.origin}/forgot`, wide)
    await page.clock.install()
    await page.getByLabel('Email address').fill(email)
    await page.keyboard.press('Enter')
    await page.getByText('You can request another one in 30 seconds.').waitFor()
    await page.clock.runFor(31_000)
    travel(31_000)
    await page.getByRole('button', { name: 'Send the code again' }).click()
    await page.getByRole('status').getByText('Another one is on its way.').waitFor()
    const requests: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    await page.getByLabel('Code from the message').fill(await latchkey.codeSentTo(email))
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.getByRole('alert').getByText('Please fill this in.').waitFor()
    assert.deepEqual(requests, [])
    await page.getByLabel('New password').fill('a whole new sentence')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Your new password is set' }).waitFor()
    assert.equal(requests.length, 1)
  })

  test('after too many messages the page states how long to wait, and keeps the input', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { email } = await latchkey.owner()
    for (let sent = 0; sent < 5; sent += 1) await latchkey.post('/auth/ForgotPassword', { email })
    const { page } = await visitPage(browser, `${latchkey.origin}/forgot`, wide)
    await page.getByLabel('Email address').fill(email)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('again in 60 minutes').waitFor()
    assert.equal(await page.getByLabel('Email address').inputValue(), email)
  })

  test('after a network failure the input is kept and can be submitted again', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { email } = await latchkey.owner()
    const { page } = await visitPage(browser, `${latchkey.origin}/forgot`, wide)
    await page.getByLabel('Email address').fill(email)
    await page.context().setOffline(true)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('can’t be reached').waitFor()
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Send code' }).click()
    await page.getByRole('heading', { name: 'Choose a new password' }).waitFor()
  })
})
