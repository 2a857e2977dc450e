/** An application signs a person out (OpenID Connect RP-Initiated Logout). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oidc from 'openid-client'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { pageConfigIn } from '../support/page-visit.ts'

onEachDatabase((latchkey) => {
  async function openSignOut(app: AppClient, browser: AppBrowser, idToken = '') {
    const url = oidc.buildEndSessionUrl(app.config, {
      id_token_hint: idToken,
      post_logout_redirect_uri: new URL(app.redirectUri).origin,
      state: 'a-state',
    })
    return browser.open(url)
  }

  test('signing out at an application’s request ends the session here and at all applications, after a click', async (t) => {
    const [app, other] = [
      await AppClient.register(t, latchkey, 'leaving', '--trusted'),
      await AppClient.register(t, latchkey, 'other', '--trusted'),
    ]
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const tokens = await app.signIn(browser)
    const { access_token } = await other.signIn(browser)
    const page = await openSignOut(app, browser, tokens.id_token)
    assert.equal(page.status, 200)
    const { provider } = pageConfigIn(page.html)
    assert.equal(provider.app, 'leaving')
    // Opening the page changes nothing.
    assert.equal((await oidc.tokenIntrospection(other.config, access_token)).active, true)

    const redirectTo = await browser.confirmSignOut({ xsrf: provider.xsrf, logout: 'yes' })
    assert.equal(redirectTo, 'https://leaving.example.com/?state=a-state')
    for (const client of [app, other]) {
      const token = client === app ? tokens.access_token : access_token
      assert.equal((await oidc.tokenIntrospection(client.config, token)).active, false)
    }
    assert.equal(
      (await latchkey.get('/settings', { token: browser.accessToken ?? '' })).status,
      401,
    )
  })

  test('staying signed in keeps the session, and a forged confirmation ends nothing', async (t) => {
    const app = await AppClient.register(t, latchkey, 'staying', '--trusted')
    const browser = new AppBrowser(latchkey)
    const ada = await latchkey.owner()
    await browser.signIn(ada)
    const tokens = await app.signIn(browser)
    const page = await openSignOut(app, browser, tokens.id_token)
    assert.equal(await browser.confirmSignOut({ xsrf: 'x'.repeat(48), logout: 'yes' }), undefined)
    await browser.confirmSignOut({ xsrf: pageConfigIn(page.html).provider.xsrf })
    const token = browser.accessToken ?? ''
    assert.equal((await latchkey.get('/settings', { token })).status, 200)
    assert.ok((await app.signIn(browser)).access_token)
  })

  test('nobody is sent to an address that is not the application’s', async (t) => {
    const app = await AppClient.register(t, latchkey, 'redirecting', '--trusted')
    const url = oidc.buildEndSessionUrl(app.config, {
      post_logout_redirect_uri: 'https://evil.example.com/',
    })
    const page = await new AppBrowser(latchkey).open(url)
    assert.deepEqual([page.status, page.url.origin], [400, latchkey.origin])
  })
})
