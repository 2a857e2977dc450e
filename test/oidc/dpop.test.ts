/** Tokens bound to a key of the application (RFC 9449). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oidc from 'openid-client'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { onEachDatabase } from '../support/latchkey.ts'

onEachDatabase((latchkey) => {
  test('a token bound by DPoP is worth nothing without the key, and a proof works once', async (t) => {
    const app = await AppClient.register(t, latchkey, 'bound', '--trusted', '--public')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    await app.signIn(browser)
    const key = await oidc.randomDPoPKeyPair()
    const DPoP = oidc.getDPoPHandle(app.config, key)
    const { url, finish } = await app.start()
    const tokens = await finish(await browser.open(url), { DPoP })
    assert.equal(tokens.token_type, 'dpop')

    const bearer = await fetch(`${latchkey.origin}/oidc/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    assert.equal(bearer.status, 401)
    let proof = ''
    app.config[oidc.customFetch] = (address, options) => {
      proof = new Headers(options.headers).get('dpop') ?? ''
      return fetch(address, options as RequestInit)
    }
    const sub = tokens.claims()?.sub ?? ''
    const info = await oidc.fetchUserInfo(app.config, tokens.access_token, sub, { DPoP })
    assert.equal(info.sub, sub)
    const replays = await Promise.all(
      Array.from({ length: 10 }, () =>
        fetch(`${latchkey.origin}/oidc/userinfo`, {
          headers: { authorization: `DPoP ${tokens.access_token}`, dpop: proof },
        }),
      ),
    )
    assert.deepEqual([...new Set(replays.map(({ status }) => status))], [401])
  })
})
