/** Applications that signed somebody in learn of the end of that session (Back-Channel Logout 1.0). */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as oidc from 'openid-client'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { addLogoutApp } from '../support/logout-receiver.ts'
import { pageConfigIn } from '../support/page-visit.ts'
import { waitUntil } from '../support/process.ts'
import { assertStatus } from '../support/responses.ts'

onEachDatabase((latchkey) => {
  async function register(t: TestContext, name: string) {
    const app = await addLogoutApp(t, latchkey, name)
    return { ...app, app, client: await AppClient.discover(latchkey, app) }
  }

  test('the logout token names the session as the ID token did, also after sign-ins in two tabs', async (t) => {
    const { app, client } = await register(t, 'git')
    const metadata = client.config.serverMetadata()
    assert.equal(metadata.backchannel_logout_supported, true)
    assert.equal(metadata.backchannel_logout_session_supported, true)
    const ada = await latchkey.owner()
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)
    const claims = [await client.signIn(browser), await client.signIn(browser)].map((tokens) =>
      tokens.claims(),
    )
    const sids = new Set(claims.map((claim) => claim?.sid))

    // From another browser.
    assertStatus(await ada.delete('/settings/Sessions'), 200)
    await waitUntil(() => app.received.length >= sids.size)
    assert.deepEqual(new Set(app.received.map(({ sid }) => sid)), sids)
    assert.equal(app.received.length, sids.size)
    assert.ok(app.received.every((logout) => logout.claims.sub === claims[0]?.sub))
  })

  test('signing out at one application’s request reaches each application of the session once', async (t) => {
    const [leaving, other] = [await register(t, 'leaving'), await register(t, 'other')]
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const tokens = await leaving.client.signIn(browser)
    await other.client.signIn(browser)
    const hint = { id_token_hint: tokens.id_token ?? '' }
    const page = await browser.open(oidc.buildEndSessionUrl(leaving.client.config, hint))
    const { xsrf } = pageConfigIn(page.html).provider
    await browser.confirmSignOut({ xsrf, logout: 'yes' })
    for (const { app } of [leaving, other]) await waitUntil(() => app.received.length > 0)
    assert.deepEqual(
      leaving.app.received.map(({ sid }) => sid),
      [tokens.claims()?.sid],
    )
    assert.equal(other.app.received.length, 1)
  })

  test('a code that is issued while the session ends is not left over: its application learns of the end', async (t) => {
    const { app, client } = await register(t, 'racing')
    for (let round = 0; round < 10; round += 1) {
      const ada = await latchkey.owner()
      const browser = new AppBrowser(latchkey)
      await browser.signIn(ada)
      const first = await client.signIn(browser)
      const { url } = await client.start()
      await Promise.all([browser.open(url), ada.delete('/settings/Sessions')])
      await waitUntil(() => app.received.some(({ sid }) => sid === first.claims()?.sid))
    }
    const recorded = await latchkey.sql("select sid from session_app where app_id = 'racing'")
    await waitUntil(() => app.received.length >= recorded.length)
    const bySid = (one: { sid: string }, two: { sid: string }) => one.sid.localeCompare(two.sid)
    assert.deepEqual(
      app.received.toSorted(bySid).map(({ sid }) => sid),
      recorded.toSorted(bySid).map(({ sid }) => sid),
    )
  })
})
