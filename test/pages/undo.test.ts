/** The page of an undo link: undoing a thief's change and setting a new password. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { onDatabase, type TestLatchkey } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { type Appearance, appearances, assertPageOk, visitPage } from '../support/page-visit.ts'
import { addPasskey } from '../support/passkeys.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

// Too long for a narrow window, without a place to break.
const address = (n: number) => `${'longaddress'.repeat(5)}${n}@mail.example.com`
const wide: Appearance = { width: 1280, colorScheme: 'light' }

onDatabase('SQLite', (latchkey) => {
  test('the undo link leads to signing in again by keyboard alone, narrow and wide, light and dark', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    for (const [i, look] of appearances.entries()) {
      const { ada, token } = await ownerWithUndoToken(latchkey, address(i))
      const seen = await visitPage(browser, `${latchkey.origin}/undo#token=${token}`, look)
      const { page } = seen
      const at = `at ${look.width} px, ${look.colorScheme}`
      await page.getByRole('heading', { name: 'Wasn’t that you?' }).waitFor()
      await assertPageOk(seen, `undo offered ${at}`)
      assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)

      // The first Tab reaches the brand link, the second the button.
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'The change has been undone' }).waitFor()
      await assertPageOk(seen, `undone ${at}`)
      assert.ok((await page.getByRole('main').textContent())?.includes(ada.email))
      assert.doesNotMatch(page.url(), /token/, 'the token is still in the URL')
      assert.ok(!(await page.content()).includes(token), 'the token is still in the page')

      await page.keyboard.press('Tab')
      await page.keyboard.type('short')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('8 characters or more').waitFor()
      await assertPageOk(seen, `undo refused ${at}`)
      assert.equal(await page.getByLabel('New password').inputValue(), 'short')

      ada.password = 'a whole new sentence'
      latchkey.markSecret(ada.password)
      await page.keyboard.press('ControlOrMeta+A')
      await page.keyboard.type(ada.password)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Your account is yours again' }).waitFor()
      await assertPageOk(seen, `undo finished ${at}`)
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      // The address is prefilled.
      await page.keyboard.type(ada.password)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'One more step' }).waitFor()
      await page.context().close()
    }
  })

  test('once MFA has settled, the page asks for the second step, takes a code, and names what is left', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    travel(7 * 86_400_000)
    await ada.signInFully()
    const passkey = await addPasskey(latchkey, ada, { name: 'Key at work' })
    for (const look of appearances) {
      const at = `at ${look.width} px, ${look.colorScheme}`
      await ada.changePassword('the sentence of a thief')
      assert.equal((await ada.post('/settings/RecoveryCodes')).status, 200)
      const token = await undoTokenSentTo(latchkey, ada.email, /recovery codes/)
      const seen = await visitPage(browser, `${latchkey.origin}/undo#token=${token}`, look)
      const { page } = seen
      await page.getByRole('button', { name: 'Undo the change' }).click()
      await page.getByRole('heading', { name: 'Confirm with your second step' }).waitFor()
      await assertPageOk(seen, `undo challenged ${at}`)
      assert.equal(await page.getByRole('checkbox').count(), 0)

      await page.getByLabel('Code').fill(await ada.wrongCodeFor('authenticator'))
      await page.getByRole('alert').getByText('4 tries left').waitFor()
      await page.getByLabel('Code').fill(ada.authenticator.nextCode())
      await page.getByRole('heading', { name: 'The change has been undone' }).waitFor()
      await assertPageOk(seen, `undo names what is left ${at}`)
      const main = (await page.getByRole('main').textContent()) ?? ''
      assert.match(main, /password changed/)
      assert.match(main, /Key at work/)
      assert.ok(passkey.id)

      ada.password = `a whole new sentence ${look.width}`
      latchkey.markSecret(ada.password)
      await page.getByLabel('New password').fill(ada.password)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Your account is yours again' }).waitFor()
      await page.context().close()
      await ada.signInFully()
    }
  })

  test('a used, truncated or altered link is reported, with what to do', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { token } = await ownerWithUndoToken(latchkey)
    await latchkey.post('/auth/Undo', { token })
    for (const look of appearances) {
      const at = `at ${look.width} px, ${look.colorScheme}`
      const used = await visitPage(browser, `${latchkey.origin}/undo#token=${token}`, look)
      await used.page.getByRole('button', { name: 'Undo the change' }).click()
      await used.page.getByRole('heading', { name: 'can no longer be undone' }).waitFor()
      assert.equal(await used.page.getByRole('link', { name: 'choose a new' }).count(), 1)
      await assertPageOk(used, `undo used ${at}`)
      await used.page.context().close()

      for (const fragment of ['', '#token=', '#tok']) {
        const cut = await visitPage(browser, `${latchkey.origin}/undo${fragment}`, look)
        await cut.page.getByRole('heading', { name: 'This link is incomplete' }).waitFor()
        assert.equal(await cut.page.getByRole('button').count(), 0)
        if (fragment === '') await assertPageOk(cut, `undo cut ${at}`)
        await cut.page.context().close()
      }
    }
  })

  test('the complete link, opened after a truncated one, offers the undo', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { token } = await ownerWithUndoToken(latchkey)
    const { page } = await visitPage(browser, `${latchkey.origin}/undo#tok`, wide)
    await page.getByRole('heading', { name: 'This link is incomplete' }).waitFor()
    await page.goto(`${latchkey.origin}/undo#token=${token}`)
    await page.getByRole('button', { name: 'Undo the change' }).waitFor()
  })

  test('after a network failure the button remains, and another press undoes the change', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { ada, token } = await ownerWithUndoToken(latchkey)
    const { page } = await visitPage(browser, `${latchkey.origin}/undo#token=${token}`, wide)
    await page.context().setOffline(true)
    const button = page.getByRole('button', { name: 'Undo the change' })
    await button.click()
    await page.getByRole('alert').getByText('can’t be reached').waitFor()
    await page.context().setOffline(false)
    await button.click()
    await page.getByRole('heading', { name: 'The change has been undone' }).waitFor()
    assert.equal((await ada.signIn()).body.code, 'password_reset_required')
  })

  test('two presses undo once, and the second one does no harm', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const { token } = await ownerWithUndoToken(latchkey)
    const { page } = await visitPage(browser, `${latchkey.origin}/undo#token=${token}`, wide)
    const requests: string[] = []
    page.on('request', (request) => requests.push(new URL(request.url()).pathname))
    await page.getByRole('button', { name: 'Undo the change' }).dblclick()
    await page.getByRole('heading', { name: 'The change has been undone' }).waitFor()
    assert.equal(requests.filter((path) => path === '/auth/Undo').length, 1)
  })
})

/** An owner whose second step was turned off, and the undo token they were sent. */
async function ownerWithUndoToken(
  latchkey: TestLatchkey,
  email?: string,
): Promise<{ ada: Owner; token: string }> {
  const ada = await latchkey.owner({ ...(email && { email }), mfaMethod: 'sms' })
  await ada.delete('/settings/MfaSignIn')
  return { ada, token: await undoTokenSentTo(latchkey, ada.email, / off$/) }
}
