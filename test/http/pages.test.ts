/** The pages of the documentation in a real browser: narrow and wide, light and dark. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { turnOffInReference } from '../support/reference.ts'
import { ensureWell, looks, visit } from '../support/visitor.ts'

onDatabase('SQLite', (latchkey) => {
  test('what each error means fits, is easy to read, breaks no rule and loads nothing from elsewhere', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    for (const path of ['/docs/errors', '/docs/errors#invalid_code']) {
      for (const look of looks) {
        const seen = await visit(browser, latchkey.origin + path, look)
        const where = `${path} at ${look.width} px, ${look.colorScheme}`
        await ensureWell(seen, where)
        assert.equal(await seen.page.locator('h1').count(), 1, where)
        assert.equal(await seen.page.locator('html').getAttribute('lang'), 'en')
        assert.notEqual(await seen.page.title(), '')
        await seen.page.context().close()
      }
    }
  })

  test('whoever pastes a token into the reference turns their MFA off there, really', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    for (const look of looks.filter(({ colorScheme }, i) => (colorScheme === 'dark') === i > 1)) {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const { accessToken: token } = ada
      const seen = await turnOffInReference(browser, { baseUrl: latchkey.origin, token, ...look })
      assert.deepEqual([seen.complaints, seen.elsewhere, seen.sideways], [[], [], 0])
      assert.equal(seen.status, '200 OK')
      assert.deepEqual(seen.body, (await ada.get('/settings/MfaSignIn')).body)
      assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)
      assert.ok(!seen.kept.includes(token), 'the token outlives the page')
    }
  })
})
