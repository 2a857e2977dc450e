/** Applications that are not the operator’s own ask for permission. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppBrowser, interactionOf } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { assertProblem, assertStatus } from '../support/responses.ts'

onEachDatabase(
  (latchkey) => {
    test('an application asks for permission once, and again for more', async (t) => {
      const app = await AppClient.register(t, latchkey, 'asking')
      const ada = await latchkey.owner()
      const browser = new AppBrowser(latchkey)
      await browser.signIn(ada)
      const { url, finish } = await app.start({ scope: 'openid' })
      const question = await browser.authorize(await browser.open(url))
      const described = await latchkey.get(
        `/auth/Authorization?interaction=${interactionOf(question)}`,
      )
      assert.deepEqual(
        { ...assertStatus(described, 200).body },
        {
          app: { name: 'asking', url: 'https://asking.example.com' },
          prompt: 'consent',
          scopes: ['openid'],
        },
      )
      assert.ok((await finish(await browser.consent(question))).access_token)

      // In another session as well.
      const elsewhere = new AppBrowser(latchkey)
      await elsewhere.signIn(ada)
      const again = await app.start({ scope: 'openid' })
      const arrival = await elsewhere.authorize(await elsewhere.open(again.url))
      assert.ok((await again.finish(arrival)).access_token)
      const more = await elsewhere.open((await app.start({ scope: 'openid email' })).url)
      assert.equal(more.url.pathname, '/consent')
    })

    test('a refusal goes back to the application, which gets nothing and may ask again', async (t) => {
      const app = await AppClient.register(t, latchkey, 'refused')
      const browser = new AppBrowser(latchkey)
      await browser.signIn(await latchkey.owner())
      for (let tries = 0; tries < 2; tries += 1) {
        const page = await browser.open((await app.start()).url)
        const question = page.url.pathname === '/consent' ? page : await browser.authorize(page)
        const arrival = await browser.consent(question, false)
        assert.equal(arrival.url.searchParams.get('error'), 'access_denied')
      }
      assert.deepEqual(await latchkey.sql("select * from app_consent where app_id = 'refused'"), [])
    })

    test('permission needs the session’s cookie and our origin: an access token alone allows nothing', async (t) => {
      const app = await AppClient.register(t, latchkey, 'robbed')
      const browser = new AppBrowser(latchkey)
      await browser.signIn(await latchkey.owner())
      const question = await browser.authorize(await browser.open((await app.start()).url))
      const body = { interaction: interactionOf(question), allowed: true }
      const token = browser.accessToken ?? ''
      const path = '/auth/Authorization/Consent'
      assertProblem(await latchkey.post(path, body, { token }), 403, 'cross_site_request')

      const cookie = `latchkey=${browser.cookie('latchkey')}`
      for (const headers of [
        { cookie, 'latchkey-session': 'cookie', origin: 'https://app.example.com' },
        { cookie, 'latchkey-session': 'cookie', origin: 'https://evil.example.com' },
        { cookie, origin: latchkey.origin },
        { 'latchkey-session': 'cookie', origin: latchkey.origin },
      ]) {
        assertProblem(
          await latchkey.post(path, body, { token, headers }),
          403,
          'cross_site_request',
        )
      }
      const other = new AppBrowser(latchkey)
      await other.signIn(await latchkey.owner())
      assertProblem(await other.call(path, body), 404, 'authorization_expired')
      assert.deepEqual(await latchkey.sql("select * from app_consent where app_id = 'robbed'"), [])
      assert.ok((await browser.consent(question)).url.searchParams.get('code'))
    })

    test('a trusted application asks nobody, and a native one asks each time', async (t) => {
      const browser = new AppBrowser(latchkey)
      await browser.signIn(await latchkey.owner())
      const scheme = ['--public', '--redirect-uri', 'com.example.phone:/callback']
      const trusted = await AppClient.register(t, latchkey, 'own-phone', '--trusted', ...scheme)
      const native = await AppClient.register(t, latchkey, 'phone', ...scheme)
      assert.ok((await trusted.signIn(browser)).access_token)
      for (let tries = 0; tries < 2; tries += 1) {
        const { url, finish } = await native.start()
        const question = await browser.open(url)
        assert.equal(question.url.pathname, '/consent')
        assert.ok((await finish(await browser.consent(question))).access_token)
      }
    })
  },
  { LATCHKEY_ALLOWED_ORIGINS: 'https://app.example.com' },
)
