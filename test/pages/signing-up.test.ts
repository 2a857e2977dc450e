/** Signing up in a browser. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { type Appearance, appearances, assertPageOk, visitPage } from '../support/page-visit.ts'
import { otherThan } from '../support/sign-up.ts'

// Too long for a narrow window, without a place to break.
const address = (n: number) => `${'longaddress'.repeat(5)}up${n}@mail.example.com`
const password = 'a long sentence of hers'
const wide: Appearance = { width: 1280, colorScheme: 'light' }

onDatabase('SQLite', (latchkey) => {
  test('a visitor signs up and is signed in by keyboard alone, narrow and wide, light and dark', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    for (const [i, look] of appearances.entries()) {
      const seen = await visitPage(browser, `${latchkey.origin}/signup?returnTo=/health/live`, look)
      const { page } = seen
      const at = `at ${look.width} px, ${look.colorScheme}`
      await page.getByRole('heading', { name: 'Create an account' }).waitFor()
      await page.keyboard.type(address(i))
      await page.keyboard.press('Tab')
      await page.keyboard.type('password')
      await assertPageOk(seen, `sign-up typed ${at}`)

      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('first passwords that attackers try').waitFor()
      await assertPageOk(seen, `sign-up refused ${at}`)
      assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), 'password')
      assert.equal(await page.getByLabel('Email address').inputValue(), address(i))

      await page.keyboard.press('ControlOrMeta+A')
      await page.keyboard.type(password)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Check your email' }).waitFor()
      await assertPageOk(seen, `sign-up code ${at}`)
      await page.keyboard.type('000000')
      await page.getByRole('alert').getByText('You have 4 tries left.').waitFor()
      await assertPageOk(seen, `sign-up wrong code ${at}`)

      // Typing replaces the wrong code, and the last digit submits.
      await page.keyboard.type(await latchkey.codeSentTo(address(i)))
      await page.waitForURL(`${latchkey.origin}/health/live`)
      await page.goto(`${latchkey.origin}/signin?returnTo=/health/ready`)
      await page.waitForURL(`${latchkey.origin}/health/ready`)
      await page.context().close()
    }
  })

  test('password advice updates while typing, and depends on the length alone', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { page } = await visitPage(browser, `${latchkey.origin}/signup`, wide)
    const field = page.getByLabel('Password', { exact: true })
    await page.getByText('At least 8 characters').waitFor()
    for (const [typed, advice] of [
      ['seven77', 'One more character.'],
      ['🔑🔑🔑🔑🔑🔑', '2 more characters.'],
      ['aaaaaaaa', 'With 15 characters or more, it is strong even without a second step.'],
      ['aaaaaaaaaaaaaaa', 'Strong, even without a second step.'],
    ] as const) {
      await field.fill(typed)
      await page.getByText(advice).waitFor()
      assert.match(
        (await page.locator(`#${await lastDescriptionId(field)}`).textContent()) ?? '',
        /\./,
      )
    }

    await field.fill('')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('alert').getByText('Please fill this in.').waitFor()
  })

  test('the page explains every reason for rejecting a password', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { page } = await visitPage(browser, `${latchkey.origin}/signup`, wide)
    for (const [email, typed, reason] of [
      ['bea.known@example.com', 'bea.known@EXAMPLE.com', 'easy to guess for people who know you'],
      ['bea.known@example.com', 'BEA.KNOWN', 'easy to guess for people who know you'],
      ['bea.known@example.com', 'latchkey', 'easy to guess for people who know you'],
      ['bea@example.com', 'football', 'first passwords that attackers try'],
      ['bea@example.com', '1234567', '8 characters or more'],
      ['bea@example.com', 'ä'.repeat(513), 'This password is too long'],
      ['bea@example.com', 'a'.repeat(1025), 'This password is too long'],
      ['bea@', 'a long sentence of beas', 'We can’t send email to this address.'],
    ] as const) {
      await page.getByLabel('Email address').fill(email)
      await page.getByLabel('Password', { exact: true }).fill(typed)
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByRole('alert').getByText(reason).waitFor()
    }
  })

  test('a password can be shown, and is used as it was typed', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { page } = await visitPage(browser, `${latchkey.origin}/signup`, wide)
    const email = 'spaced@example.com'
    const spaced = '  two words  '
    await page.getByLabel('Email address').fill(`  ${email} `)
    const field = page.getByLabel('Password', { exact: true })
    await field.fill(spaced)
    assert.equal(await field.getAttribute('type'), 'password')
    await page.getByRole('button', { name: 'Show password' }).click()
    assert.equal(await field.getAttribute('type'), 'text')
    await page.getByRole('button', { name: 'Hide password' }).click()
    assert.equal(await field.getAttribute('type'), 'password')
    await field.press('Enter')
    await page.getByLabel('Code').fill(await code(email))
    await page.waitForURL('**/security')
    const signedIn = await latchkey.post('/auth/SignIn', { email, password: spaced })
    assert.equal(signedIn.body.status, 'signedIn')
  })

  // Abuse case (Sign-up): A stranger signed up with another person’s address, and knew the
  // password of the account that this person then created with the code.
  test('the account gets the password typed here, even if a stranger signs up with its address', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const email = 'wanted@example.com'
    const { page } = await visitPage(browser, `${latchkey.origin}/signup`, wide)
    await page.getByLabel('Email address').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    await page.getByLabel('Code').waitFor()
    await latchkey.post('/auth/SignUp', { email, password: 'a sentence of the thief' })
    await page.getByLabel('Code').fill(await code(email))
    await page.waitForURL('**/security')
    const thief = await latchkey.post('/auth/SignIn', {
      email,
      password: 'a sentence of the thief',
    })
    assert.equal(thief.body.code, 'invalid_credentials')
    const owner = await latchkey.post('/auth/SignIn', { email, password })
    assert.equal(owner.body.status, 'signedIn')
  })

  test('the code can be sent again after 30 seconds, and the new one creates the account', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const email = 'again@example.com'
    const { page } = await visitPage(browser, `${latchkey.origin}/signup`, wide)
    await page.clock.install()
    await page.getByLabel('Email address').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    const again = page.getByRole('button', { name: 'Send the code again' })
    await page.getByText('You can request another one in 30 seconds.').waitFor()
    assert.equal(await again.getAttribute('aria-disabled'), 'true')
    await again.click({ force: true })
    await page.clock.runFor(29_500)
    await page.getByText('You can request another one in a second.').waitFor()
    assert.equal((await latchkey.inbox(email)).length, 1)

    await page.clock.runFor(1_000)
    travel(30_000)
    await again.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('Another one is on its way.').waitFor()
    assert.equal(await again.getAttribute('aria-disabled'), 'true')
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Send the code again')
    assert.equal((await latchkey.inbox(email)).length, 2)
    await page.getByLabel('Code').fill(await code(email))
    await page.waitForURL('**/security')
  })

  test('another address can be used, and the input is kept', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { page } = await visitPage(browser, `${latchkey.origin}/signup`, wide)
    await page.getByLabel('Email address').fill('slip@exmaple.com')
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Use another address' }).click()
    assert.equal(await page.getByLabel('Email address').inputValue(), 'slip@exmaple.com')
    assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), password)
    await page.getByLabel('Email address').fill('noslip@example.com')
    await page.keyboard.press('Enter')
    await page.getByLabel('Code').fill(await code('noslip@example.com'))
    await page.waitForURL('**/security')
  })

  test('after a network failure the input is kept and can be submitted again', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const email = 'offline@example.com'
    const { page } = await visitPage(browser, `${latchkey.origin}/signup`, wide)
    const { password: field, code: codeField } = {
      password: page.getByLabel('Password', { exact: true }),
      code: page.getByLabel('Code'),
    }
    await page.getByLabel('Email address').fill(email)
    await field.fill(password)
    await page.context().setOffline(true)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('can’t be reached').waitFor()
    assert.equal(await field.inputValue(), password)
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Continue' }).click()
    await codeField.waitFor()

    await page.context().setOffline(true)
    await codeField.fill(await code(email))
    await page.getByRole('alert').getByText('can’t be reached').waitFor()
    assert.equal(await codeField.inputValue(), await code(email))
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.waitForURL('**/security')
  })

  test('a page left open reports that its code has expired', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const email = 'late@example.com'
    const { page } = await visitPage(browser, `${latchkey.origin}/signup`, wide)
    await page.getByLabel('Email address').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    const late = await code(email)
    travel(901_000)
    await page.getByLabel('Code').fill(late)
    await page.getByRole('alert').getByText('Please request another code.').waitFor()
  })

  test('after five wrong codes the page asks for another code, and any code in the mailbox completes the sign-up', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const email = 'typos@example.com'
    const { page } = await visitPage(browser, `${latchkey.origin}/signup`, wide)
    await page.clock.install()
    await page.getByLabel('Email address').fill(email)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    const first = await code(email)
    for (const message of ['4 tries', '3 tries', '2 tries', 'one try', 'request another code']) {
      await page.getByLabel('Code').fill(otherThan(first))
      await page.getByRole('alert').getByText(message).waitFor()
    }
    await page.clock.runFor(31_000)
    await page.getByRole('button', { name: 'Send the code again' }).click()
    await page.getByRole('status').getByText('Another one is on its way.').waitFor()
    await page.getByLabel('Code').fill(first)
    await page.waitForURL('**/security')
  })

  /** Waits for a code sent to an address. @returns the newest */
  async function code(email: string): Promise<string> {
    for (let tries = 0; ; tries += 1) {
      const found = await latchkey.codeSentTo(email).catch(() => undefined)
      if (found) return found
      if (tries === 100) throw new Error(`No code was sent to ${email}.`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
})

/** The id of a field's last description. */
async function lastDescriptionId(field: { getAttribute(name: string): Promise<string | null> }) {
  return (await field.getAttribute('aria-describedby'))?.split(' ').at(-1) ?? ''
}
