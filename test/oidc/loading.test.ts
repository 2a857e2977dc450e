/** The OpenID Provider costs nothing before the first application, and then needs no restart. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { runLatchkey } from '../support/process.ts'

const discovery = '/.well-known/openid-configuration'

onEachDatabase((latchkey) => {
  test('without an application there is no provider: its paths are unknown, and its keys are not made', async () => {
    for (const [method, path] of [
      ['GET', discovery],
      ['GET', '/oidc/auth?client_id=x'],
      ['POST', '/oidc/token'],
      ['GET', '/oidc/userinfo'],
    ] as const) {
      const response = await fetch(latchkey.origin + path, { method })
      assert.equal(response.status, 404, path)
      assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8')
      assert.match(await response.text(), /"code":"not_found"/)
    }
    const { keys } = (await latchkey.get('/.well-known/jwks.json')).body
    assert.deepEqual(
      keys.map(({ alg }: { alg: string }) => alg),
      ['ES256'],
    )
  })

  test('the first application is there on every node without a restart, and one node goes on with what another began', async (t) => {
    const node = await latchkey.secondNode()
    t.after(() => node.stop())
    const app = await AppClient.register(t, latchkey, 'first', '--trusted')
    const document = await (await fetch(node.origin + discovery)).text()
    assert.match(document, new RegExp(`"issuer":"${latchkey.origin}"`))
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const { access_token } = await app.signIn(browser)
    const userinfo = await fetch(`${node.origin}/oidc/userinfo`, {
      headers: { authorization: `Bearer ${access_token}` },
    })
    assert.equal(userinfo.status, 200)
  })

  test('after a rotation of the signing key, applications verify ID tokens of both keys', async (t) => {
    const app = await AppClient.register(t, latchkey, 'rotating', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const kidOf = async () => {
      const { id_token = '' } = await app.signIn(browser)
      return JSON.parse(atob(id_token.slice(0, id_token.indexOf('.')))).kid
    }
    const before = await kidOf()
    const args = ['keys', 'rotate', '--now']
    const { folder, environment } = latchkey
    assert.equal((await runLatchkey(t, { folder, environment, args })).code, 0)
    await latchkey.restart()
    travel(11_000)
    const after = await kidOf()
    assert.notEqual(after, before)
    const { keys } = (await latchkey.get('/.well-known/jwks.json')).body
    const kids = keys.map(({ kid }: { kid: string }) => kid)
    assert.deepEqual(
      [before, after].map((kid) => kids.includes(kid)),
      [true, true],
    )
  })
})
