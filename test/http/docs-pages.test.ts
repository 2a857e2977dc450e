/** The documentation pages in a browser: narrow and wide, light and dark. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { turnOffInReference } from '../support/api-reference.ts'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { appearances, assertPageOk, visitPage } from '../support/page-visit.ts'

onDatabase('SQLite', (latchkey) => {
  test('the page of errors fits, is readable, breaks no accessibility rule and loads nothing from elsewhere', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    for (const path of ['/docs/errors', '/docs/errors#invalid_code']) {
      for (const look of appearances) {
        const seen = await visitPage(browser, latchkey.origin + path, look)
        const where = `${path} at ${look.width} px, ${look.colorScheme}`
        await assertPageOk(seen, where)
        assert.equal(await seen.page.locator('h1').count(), 1, where)
        assert.equal(await seen.page.locator('html').getAttribute('lang'), 'en')
        assert.notEqual(await seen.page.title(), '')
        await seen.page.context().close()
      }
    }
  })

  test('the API reference of a running service turns MFA off with a pasted token', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    for (const look of appearances.filter(
      ({ colorScheme }, i) => (colorScheme === 'dark') === i > 1,
    )) {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const { accessToken: token } = ada
      const seen = await turnOffInReference(browser, { baseUrl: latchkey.origin, token, ...look })
      assert.deepEqual([seen.errors, seen.externalRequests, seen.overflowPx], [[], [], 0])
      assert.equal(seen.status, '200 OK')
      assert.deepEqual(seen.body, (await ada.get('/settings/MfaSignIn')).body)
      assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)
      assert.ok(!seen.browserStorage.includes(token), 'the token outlives the page')
    }
  })
})
