/** The page behind the link of a message, in a real browser: from a thief's change to a new password. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { wayBackSentTo } from '../support/undo.ts'
import { looks, type Visited, visit } from '../support/visitor.ts'

// Narrow windows have no place to break it.
const address = (n: number) => `${'longaddress'.repeat(5)}${n}@mail.example.com`

onDatabase('SQLite', (latchkey) => {
  test('from the link to a new password by keyboard alone, narrow and wide, light and dark', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    for (const [i, look] of looks.entries()) {
      const ada = await latchkey.owner({ email: address(i), mfaMethod: 'sms' })
      await ada.delete('/settings/MfaSignIn')
      const token = await wayBackSentTo(latchkey, ada.email, / off$/)
      const seen = await visit(browser, `${latchkey.origin}/undo#token=${token}`, look)
      const { page } = seen
      await ensureWell(seen, `asked at ${look.width} px, ${look.colorScheme}`)
      assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)

      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      const password = page.getByLabel('New password')
      await password.waitFor()
      await ensureWell(seen, `undone at ${look.width} px, ${look.colorScheme}`)
      assert.ok((await page.locator('main').textContent())?.includes(ada.email))
      assert.equal(new URL(page.url()).hash, '', 'the token stays in the history')

      await page.keyboard.type('short')
      await page.keyboard.press('Enter')
      const said = page.getByRole('status')
      await said.getByText('characters or more').waitFor()
      // The refusal is what was asked for here; a browser tells of every 400.
      seen.complaints.splice(0)
      await ensureWell(seen, `refused at ${look.width} px, ${look.colorScheme}`)

      ada.password = 'a whole new sentence'
      await page.keyboard.press('ControlOrMeta+A')
      await page.keyboard.type(ada.password)
      latchkey.keepSecret(ada.password)
      await page.keyboard.press('Enter')
      await said.getByText('new password is set').waitFor()
      await ensureWell(seen, `finished at ${look.width} px, ${look.colorScheme}`)
      assert.equal((await ada.signIn()).body.status, 'mfaRequired')
      await page.context().close()
    }
  })

  test('a used link and one cut short say so, and what to do', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await ada.delete('/settings/MfaSignIn')
    const token = await wayBackSentTo(latchkey, ada.email, / off$/)
    await latchkey.post('/auth/Undo', { token })
    for (const look of looks) {
      const used = await visit(browser, `${latchkey.origin}/undo#token=${token}`, look)
      await used.page.getByRole('button').click()
      await used.page.getByRole('status').getByText('can’t be undone any more').waitFor()
      used.complaints.splice(0)
      await ensureWell(used, `used at ${look.width} px, ${look.colorScheme}`)
      await used.page.context().close()

      const cut = await visit(browser, `${latchkey.origin}/undo`, look)
      await cut.page.getByRole('status').getByText('not complete').waitFor()
      assert.equal(await cut.page.getByRole('button').count(), 0)
      await ensureWell(cut, `cut at ${look.width} px, ${look.colorScheme}`)
      await cut.page.context().close()
    }
  })
})

async function ensureWell(seen: Visited, where: string): Promise<void> {
  const { LATCHKEY_TEST_SCREENSHOTS: folder } = process.env
  if (folder) {
    await seen.page.screenshot({ path: `${folder}/undo-${where.replaceAll(/\W+/g, '-')}.png` })
  }
  assert.deepEqual([seen.complaints, seen.elsewhere], [[], []], where)
  assert.equal(await seen.sideways(), 0, where)
  assert.deepEqual(await seen.tooFaint(), [], where)
}
