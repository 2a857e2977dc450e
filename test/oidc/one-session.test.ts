/** One session, one revocation: whatever an application holds ends with the session here. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oidc from 'openid-client'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { runApps } from '../support/apps.ts'
import { travel } from '../support/clock.ts'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { accountIdOf, createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import { assertStatus } from '../support/responses.ts'

/** Every end of a session. */
const ends: Record<
  string,
  (latchkey: TestLatchkey, ada: Owner, browser: AppBrowser) => Promise<unknown>
> = {
  'signing out': (_, _ada, browser) => browser.call('/auth/SignOut', {}),
  'ending it elsewhere': async (_, ada) =>
    assertStatus(await ada.delete('/settings/Sessions'), 200),
  'a password change elsewhere': (_, ada) => ada.changePassword('a whole new sentence'),
  'a password reset': (_, ada) => ada.resetPassword('a whole new sentence'),
  'a suspension': async (latchkey, ada) => {
    const operator = await createOperator(latchkey)
    const id = await accountIdOf(latchkey, ada)
    const body = { reason: 'Called back' }
    assertStatus(await operator.post(`/admin/Users/${id}/Suspension`, body), 200)
  },
  'deleting the account': async (_, ada) =>
    assertStatus(await ada.delete('/settings/Account', { body: { password: ada.password } }), 204),
  'its idle timeout': async () => travel(15 * 86_400_000),
}

onEachDatabase((latchkey) => {
  for (const [name, end] of Object.entries(ends)) {
    test(`after ${name}, tokens and codes of applications are dead, and prompt=none asks to sign in`, async (t) => {
      const app = await AppClient.register(t, latchkey, name.replaceAll(' ', '-'), '--trusted')
      const ada = await latchkey.owner()
      const browser = new AppBrowser(latchkey)
      await browser.signIn(ada)
      const tokens = await app.signIn(browser)
      const { url, finish } = await app.start()
      const unredeemed = await browser.open(url)
      assert.ok(unredeemed.url.searchParams.get('code'))

      await end(latchkey, ada, browser)
      const { access_token, refresh_token = '' } = tokens
      for (const token of [access_token, refresh_token]) {
        assert.equal((await oidc.tokenIntrospection(app.config, token)).active, false)
      }
      const userinfo = await fetch(`${latchkey.origin}/oidc/userinfo`, {
        headers: { authorization: `Bearer ${access_token}` },
      })
      assert.equal(userinfo.status, 401)
      await assert.rejects(oidc.refreshTokenGrant(app.config, refresh_token), {
        error: 'invalid_grant',
      })
      await assert.rejects(finish(unredeemed), { error: 'invalid_grant' })
      const silent = await browser.open((await app.start({ prompt: 'none' })).url)
      assert.equal(silent.url.searchParams.get('error'), 'login_required')
    })
  }

  test('who signs in last in a browser goes on to applications, and the session before keeps what it gave', async (t) => {
    const app = await AppClient.register(t, latchkey, 'shared', '--trusted')
    const [ada, ben] = [await latchkey.owner(), await latchkey.owner()]
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)
    const ofAda = await app.signIn(browser)
    await browser.signIn(ben)
    const ofBen = await app.signIn(browser)
    assert.equal(ofBen.claims()?.email, ben.email)
    for (const { access_token } of [ofAda, ofBen]) {
      assert.equal((await oidc.tokenIntrospection(app.config, access_token)).active, true)
    }
    await browser.call('/auth/SignOut', {})
    assert.equal((await oidc.tokenIntrospection(app.config, ofBen.access_token)).active, false)
    assert.equal((await oidc.tokenIntrospection(app.config, ofAda.access_token)).active, true)
  })

  test('removing an application ends its tokens at once', async (t) => {
    const app = await AppClient.register(t, latchkey, 'removed', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const { access_token } = await app.signIn(browser)
    assert.equal((await runApps(t, latchkey, 'remove', 'removed')).code, 0)
    const userinfo = await fetch(`${latchkey.origin}/oidc/userinfo`, {
      headers: { authorization: `Bearer ${access_token}` },
    })
    assert.equal(userinfo.status, 401)
  })

  test('our own calls refuse an ID token, an access token of an application, and a code', async (t) => {
    const app = await AppClient.register(t, latchkey, 'confused', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const tokens = await app.signIn(browser)
    const arrival = await browser.open((await app.start()).url)
    const code = arrival.url.searchParams.get('code') ?? ''
    for (const token of [tokens.id_token ?? '', tokens.access_token, code]) {
      assert.ok(token.length > 20)
      assert.equal((await latchkey.get('/settings', { token })).status, 401)
      const body = { refreshToken: token }
      assert.equal((await latchkey.post('/auth/Refresh', body)).status, 401)
    }
    // Nor does an application’s endpoint take ours.
    const userinfo = await fetch(`${latchkey.origin}/oidc/userinfo`, {
      headers: { authorization: `Bearer ${browser.accessToken}` },
    })
    assert.equal(userinfo.status, 401)
  })

  test('the database has no code, token or cookie of an application in clear', async (t) => {
    const app = await AppClient.register(t, latchkey, 'hashed', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const tokens = await app.signIn(browser)
    const arrival = await browser.open((await app.start()).url)
    const rows = JSON.stringify(await latchkey.sql('select * from oidc_record'))
    const { access_token, refresh_token = '' } = tokens
    const cookie = browser.cookie('latchkey-apps')
    for (const secret of [
      access_token,
      refresh_token,
      arrival.url.searchParams.get('code'),
      cookie,
    ]) {
      assert.ok(secret)
      assert.ok(!rows.includes(secret))
    }
  })
})
