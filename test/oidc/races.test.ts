/** Once-only under concurrency: the library looks first and writes then, and the database decides. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oidc from 'openid-client'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'

onEachDatabase((latchkey) => {
  test('of fifty parallel redemptions of one code exactly one succeeds', async (t) => {
    const app = await AppClient.register(t, latchkey, 'racing', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    await app.signIn(browser)
    for (let round = 0; round < 3; round += 1) {
      const { url, finish } = await app.start()
      const arrival = await browser.open(url)
      const results = await Promise.allSettled(Array.from({ length: 50 }, () => finish(arrival)))
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
      for (const result of results) {
        if (result.status === 'rejected') assert.equal(result.reason.error, 'invalid_grant')
      }
    }
  })

  test('fifty parallel refreshes with one token get one new token, which all fifty receive and which works', async (t) => {
    const app = await AppClient.register(t, latchkey, 'refreshing', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const { refresh_token = '' } = await app.signIn(browser)
    const refresh = (token = '') => oidc.refreshTokenGrant(app.config, token)
    const all = await Promise.all(Array.from({ length: 50 }, () => refresh(refresh_token)))
    const [next, ...others] = [...new Set(all.map((tokens) => tokens.refresh_token))]
    assert.deepEqual(others, [])
    assert.notEqual(next, refresh_token)
    for (const { access_token } of all) {
      assert.equal((await oidc.tokenIntrospection(app.config, access_token)).active, true)
    }
    assert.ok((await refresh(next)).access_token)
  })

  test('a used refresh token ends the grant of its application, and not the session of the browser', async (t) => {
    const app = await AppClient.register(t, latchkey, 'stolen', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const { refresh_token = '' } = await app.signIn(browser)
    const next = await oidc.refreshTokenGrant(app.config, refresh_token)
    travel(11_000)
    await assert.rejects(oidc.refreshTokenGrant(app.config, refresh_token), {
      error: 'invalid_grant',
    })
    await assert.rejects(oidc.refreshTokenGrant(app.config, next.refresh_token ?? ''), {
      error: 'invalid_grant',
    })
    assert.equal((await oidc.tokenIntrospection(app.config, next.access_token)).active, false)
    // Another tab of the same person goes on.
    assert.ok((await app.signIn(browser)).access_token)
  })

  test('within the grace period a used refresh token is refused once its successor was used', async (t) => {
    const app = await AppClient.register(t, latchkey, 'stolen-soon', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const { refresh_token = '' } = await app.signIn(browser)
    const next = await oidc.refreshTokenGrant(app.config, refresh_token)
    await oidc.refreshTokenGrant(app.config, next.refresh_token ?? '')
    await assert.rejects(oidc.refreshTokenGrant(app.config, refresh_token), {
      error: 'invalid_grant',
    })
  })

  test('two tabs that sign in to two applications at once both work afterwards', async (t) => {
    const apps = [
      await AppClient.register(t, latchkey, 'left', '--trusted'),
      await AppClient.register(t, latchkey, 'right', '--trusted'),
    ]
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const begun = await Promise.all(
      apps.map(async (app) => {
        const { url, finish } = await app.start()
        return { app, finish, page: await browser.open(url) }
      }),
    )
    const tokens = await Promise.all(
      begun.map(async ({ finish, page }) => finish(await browser.clone().authorize(page))),
    )
    for (const [i, { app }] of begun.entries()) {
      const { access_token = '' } = tokens[i] ?? {}
      assert.equal((await oidc.tokenIntrospection(app.config, access_token)).active, true)
    }
  })
})
