/** The service's own pages in a real browser: narrow and wide, light and dark. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { turnOffInReference } from '../support/reference.ts'
import { looks, visit } from '../support/visitor.ts'

// Narrow windows have no place to break it.
const address = `${'longaddress'.repeat(5)}@mail.example.com`

onDatabase('SQLite', (latchkey) => {
  test('every page fits, is easy to read, breaks no rule and loads nothing from elsewhere', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ email: address, mfaMethod: 'sms' })
    await ada.delete('/settings/MfaSignIn')

    for (const path of ['/', '/dev/inbox', '/docs/errors', '/docs/errors#invalid_code']) {
      for (const look of looks) {
        const seen = await visit(browser, latchkey.origin + path, look)
        const where = `${path} at ${look.width} px, ${look.colorScheme}`
        assert.deepEqual([seen.complaints, seen.elsewhere], [[], []], where)
        assert.equal(await seen.sideways(), 0, where)
        assert.deepEqual(await seen.tooFaint(), [], where)
        assert.equal(await seen.page.locator('h1').count(), 1, where)
        assert.equal(await seen.page.locator('html').getAttribute('lang'), 'en')
        assert.notEqual(await seen.page.title(), '')
        await seen.page.context().close()
      }
    }
  })

  test('every link of the start page leads somewhere, also into the reference', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const [look] = looks
    assert.ok(look)
    const { page } = await visit(browser, `${latchkey.origin}/`, look)
    const hrefs: string[] = await page.evaluate('[...document.links].map((link) => link.href)')
    assert.ok(hrefs.length >= 8)
    for (const href of new Set(hrefs)) {
      assert.equal((await fetch(href)).status, 200, href)
      const { hash } = new URL(href)
      if (!hash) continue
      await page.goto(href)
      const call = page.locator(`[id$="${hash.slice(1)}"]`).first()
      await call.waitFor({ state: 'visible', timeout: 20_000 })
    }
    await page.context().close()
  })

  test('the dev inbox shows what came, as text, with the code and links to follow', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    // Unescaped, a browser would read this as a copyright sign.
    const email = 'tom&copy@example.com'
    await latchkey.post('/auth/SignUp', { email, password: 'a long sentence of toms' })
    const ada = await latchkey.owner()
    const code = await latchkey.codeSentTo(ada.email)
    const [look] = looks
    assert.ok(look)
    const { page } = await visit(browser, `${latchkey.origin}/dev/inbox`, look)
    const newest = page.locator('article').first()
    assert.equal(await newest.locator('strong').textContent(), code)
    assert.match((await newest.textContent()) ?? '', new RegExp(`Email to ${ada.email}`))
    const links = await newest.locator('a').evaluateAll((found) => found.map((a) => String(a)))
    assert.deepEqual(links, [`${latchkey.origin}/`])
    assert.ok((await page.locator('main').textContent())?.includes(`Email to ${email}`))
    await page.context().close()
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
