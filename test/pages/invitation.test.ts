/** Accepting an invitation in a browser. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invitation as german } from '../../src/i18n/de/invitation.ts'
import { invitation as english } from '../../src/i18n/en/invitation.ts'
import { startChromium } from '../support/chromium.ts'
import { invite } from '../support/invitations.ts'
import { onDatabase } from '../support/latchkey.ts'
import { createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import {
  appearances,
  assertPageOk,
  assertPageOkInEveryAppearance,
  visitPage,
} from '../support/page-visit.ts'
import { addVirtualAuthenticator } from '../support/virtual-authenticator.ts'

// Too long for a narrow window, without a place to break.
let people = 0
const newcomer = () => `${'longaddress'.repeat(4)}in${people++}@mail.example.com`
const password = 'a long sentence of hers'
const wide = { width: 1280, colorScheme: 'light' } as const

onDatabase('SQLite', (latchkey) => {
  let operator: Owner
  const link = (token: string) => `${latchkey.origin}/invitation#token=${token}`
  async function inviteSomebody(more: { name?: string } = {}) {
    operator ??= await createOperator(latchkey)
    const email = newcomer()
    return { email, ...(await invite(latchkey, operator, { email, ...more })) }
  }

  test('the invited person chooses a password by keyboard alone and is signed in, narrow and wide', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    for (const look of appearances) {
      const { email, token } = await inviteSomebody({ name: 'Ada Lovelace' })
      const seen = await visitPage(browser, link(token), look)
      const { page } = seen
      const at = `at ${look.width} px, ${look.colorScheme}`
      await page.getByRole('heading', { name: 'You’re invited to Latchkey' }).waitFor()
      await page.getByText(`Hello Ada Lovelace, create your account for ${email}.`).waitFor()
      await page.keyboard.type('password')
      await assertPageOk(seen, `invitation typed ${at}`)
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('first passwords that attackers try').waitFor()
      await assertPageOk(seen, `invitation refused ${at}`)

      await page.keyboard.press('ControlOrMeta+A')
      await page.keyboard.type(password)
      await page.keyboard.press('Enter')
      await page.waitForURL(`${latchkey.origin}/security`)
      await page.getByText(email).first().waitFor()
      await page.getByText('You accepted an invitation and created this account.').waitFor()
      await assertPageOk(seen, `invited, on the security page ${at}`)
      await page.goBack()
      await page.getByRole('heading', { name: 'This link is incomplete' }).waitFor()
      await page.context().close()
    }
  })

  test('a passkey instead of a password signs in, now and later', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { email, token } = await inviteSomebody()
    const seen = await visitPage(browser, link(token), wide)
    const { page } = seen
    const setUserVerified = await addVirtualAuthenticator(page)
    const button = page.getByRole('button', { name: 'Use a passkey instead' })
    await setUserVerified(false)
    await button.click()
    await button.waitFor()
    assert.equal(await page.getByRole('alert').count(), 0, 'cancelling is no error')
    await setUserVerified(true)
    await button.click()
    await page.waitForURL(`${latchkey.origin}/security`)
    await page.getByText(email).first().waitFor()
    assert.deepEqual(seen.errors, [])

    // Otherwise the browser offers the passkey by itself.
    await page.addInitScript(
      'PublicKeyCredential.isConditionalMediationAvailable = async () => false',
    )
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.waitForURL(`${latchkey.origin}/signin`)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.waitForURL(`${latchkey.origin}/security`)
  })

  test('links that no longer work say what to do: used, revoked, incomplete, and of an address with an account', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const used = await inviteSomebody()
    await latchkey.post('/auth/Invitation/Accept', { token: used.token, password })
    const seen = await visitPage(browser, link(used.token), wide)
    const { page } = seen
    const expired = page.getByRole('heading', { name: english.expired })
    await expired.waitFor()
    await page.getByRole('link', { name: english.ifAccepted }).waitFor()
    await assertPageOkInEveryAppearance(seen, 'invitation expired')

    await page.goto(`${latchkey.origin}/invitation`)
    await page.getByRole('heading', { name: 'This link is incomplete' }).waitFor()
    await assertPageOkInEveryAppearance(seen, 'invitation incomplete')

    // Pasting the whole link changes the fragment alone.
    const revoked = await inviteSomebody()
    await page.goto(link(revoked.token))
    await page.getByRole('button', { name: 'Create account' }).waitFor()
    await operator.delete(`/admin/Invitations/${revoked.id}`)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    await expired.waitFor()

    const taken = await inviteSomebody()
    await page.goto(link(taken.token))
    await latchkey.owner({ email: taken.email })
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: english.taken }).waitFor()
    await assertPageOkInEveryAppearance(seen, 'invitation taken')
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.waitForURL(`${latchkey.origin}/signin`)
    assert.equal(await page.getByLabel('Email address').inputValue(), taken.email)
  })

  test('the page is in German for those who prefer it', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { token } = await inviteSomebody({ name: 'Ada' })
    const look = { ...appearances[0], width: 320, colorScheme: 'dark', locale: 'de-DE' } as const
    const seen = await visitPage(browser, link(token), look)
    await seen.page.getByRole('heading', { name: german.title('Latchkey') }).waitFor()
    await seen.page.getByRole('button', { name: german.submit }).waitFor()
    await assertPageOk(seen, 'invitation in German')
    const texts = await seen.page.locator('main section').allTextContents()
    assert.doesNotMatch(texts.join(' '), /\b(the|your|you|and|this|with)\b/i)
  })

  test('opening the link reaches no server with the token, and changes nothing', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { email, token } = await inviteSomebody()
    const urls: string[] = []
    const seen = await visitPage(browser, `${latchkey.origin}/health/live`, wide)
    seen.page.on('request', (request) => urls.push(request.url()))
    await seen.page.goto(link(token))
    await seen.page.getByRole('button', { name: 'Create account' }).waitFor()
    assert.ok(urls.length > 0)
    assert.ok(!urls.some((url) => url.split('#')[0]?.includes(token)))
    const rows = await latchkey.sql(`select id from account where email_key = '${email}'`)
    assert.equal(rows.length, 0)
  })
})
