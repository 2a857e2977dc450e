/** Signing in to an application by the authorization code flow, as openid-client does it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oidc from 'openid-client'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { addApp, runApps } from '../support/apps.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { accountIdOf } from '../support/operator.ts'
import { sendRaw } from '../support/raw-http.ts'

onEachDatabase((latchkey) => {
  test('a person signs in to an application with a password, and it learns who they are and how they signed in', async (t) => {
    const grafana = await AppClient.register(t, latchkey, 'grafana', '--trusted')
    const ada = await latchkey.owner()
    const browser = new AppBrowser(latchkey)
    const { url, finish } = await grafana.start()
    const page = await browser.open(url)
    assert.equal(page.url.pathname, '/signin')
    await browser.signIn(ada)
    const tokens = await finish(await browser.authorize(page))

    const claims = tokens.claims()
    assert.equal(claims?.sub, await accountIdOf(latchkey, ada))
    assert.deepEqual([claims?.email, claims?.email_verified], [ada.email, true])
    assert.deepEqual([claims?.acr, claims?.amr], ['aal1', ['pwd']])
    assert.ok(claims?.sid)
    assert.ok(Math.abs(Number(claims?.auth_time) - Date.now() / 1000) < 60)
    const jwks = createRemoteJWKSet(new URL(`${latchkey.origin}/.well-known/jwks.json`))
    const { protectedHeader } = await jwtVerify(tokens.id_token ?? '', jwks, {
      issuer: latchkey.origin,
      audience: 'grafana',
    })
    assert.equal(protectedHeader.alg, 'RS256')
    const info = await oidc.fetchUserInfo(grafana.config, tokens.access_token, claims?.sub ?? '')
    assert.equal(info.email, ada.email)
  })

  test('with MFA on, the application gets amr and acr of the second factor', async (t) => {
    const wiki = await AppClient.register(t, latchkey, 'wiki', '--trusted')
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)
    const claims = (await wiki.signIn(browser)).claims()
    assert.deepEqual([claims?.acr, claims?.amr], ['aal2', ['pwd', 'otp', 'mfa']])
  })

  test('a second application needs no page: its request comes back at once, and prompt=none works', async (t) => {
    const [first, second] = [
      await AppClient.register(t, latchkey, 'first', '--trusted'),
      await AppClient.register(t, latchkey, 'second', '--trusted'),
    ]
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    await first.signIn(browser)
    for (const parameters of [{}, { prompt: 'none' }]) {
      const { url, finish } = await second.start(parameters)
      const arrival = await browser.open(url)
      assert.equal(arrival.status, undefined)
      assert.ok((await finish(arrival)).access_token)
    }
    const refused = await new AppBrowser(latchkey).open((await first.start({ prompt: 'none' })).url)
    assert.equal(refused.url.searchParams.get('error'), 'login_required')
  })

  test('the pages of a public application may call from where people return to, and no others', async (t) => {
    const page = await AppClient.register(t, latchkey, 'page', '--public')
    const secretive = await AppClient.register(t, latchkey, 'backend')
    const allowedOrigin = async (app: AppClient, origin: string) => {
      const response = await fetch(`${latchkey.origin}/oidc/token`, {
        method: 'POST',
        headers: { origin },
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: 'unknown',
          redirect_uri: app.redirectUri,
          client_id: app.config.clientMetadata().client_id,
        }),
      })
      return response.headers.get('access-control-allow-origin')
    }
    assert.equal(await allowedOrigin(page, 'https://page.example.com'), 'https://page.example.com')
    assert.equal(await allowedOrigin(page, 'https://thief.example.com'), null)
    assert.equal(await allowedOrigin(secretive, 'https://backend.example.com'), null)
  })

  test('a refresh gives new tokens, introspection and revocation tell the truth, to their own application alone', async (t) => {
    const app = await AppClient.register(t, latchkey, 'refreshing', '--trusted')
    const other = await AppClient.register(t, latchkey, 'curious', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const tokens = await app.signIn(browser)
    const refreshed = await oidc.refreshTokenGrant(app.config, tokens.refresh_token ?? '')
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
    const { access_token } = refreshed
    assert.equal((await oidc.tokenIntrospection(app.config, access_token)).active, true)
    assert.deepEqual(
      { ...(await oidc.tokenIntrospection(other.config, access_token)) },
      { active: false },
    )
    // RFC 7009 §2.2: the response says nothing about the token.
    await oidc.tokenRevocation(other.config, access_token)
    assert.equal((await oidc.tokenIntrospection(app.config, access_token)).active, true)
    await oidc.tokenRevocation(app.config, access_token)
    assert.equal((await oidc.tokenIntrospection(app.config, access_token)).active, false)
  })

  test('pushed authorization requests and form_post work', async (t) => {
    const app = await AppClient.register(t, latchkey, 'pushing', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    await app.signIn(browser)
    const parameters = {
      redirect_uri: app.redirectUri,
      scope: 'openid',
      code_challenge: await oidc.calculatePKCECodeChallenge('v'.repeat(43)),
      code_challenge_method: 'S256',
    }
    const pushed = await oidc.buildAuthorizationUrlWithPAR(app.config, parameters)
    assert.match(
      pushed.searchParams.get('request_uri') ?? '',
      /^urn:ietf:params:oauth:request_uri:/,
    )
    const arrival = await browser.open(pushed)
    assert.ok(arrival.url.searchParams.get('code'))

    const posted = await browser.open((await app.start({ response_mode: 'form_post' })).url)
    assert.match(posted.html, new RegExp(`action="${app.redirectUri}"`))
    assert.match(posted.html, /name="code" value="[\w-]{43}"/)
  })

  test('a wrong redirect_uri gets a page of ours, and the browser stays here', async (t) => {
    const app = await AppClient.register(t, latchkey, 'exact', '--trusted')
    for (const redirectUri of [
      'https://evil.example.com/callback',
      `${app.redirectUri}/more`,
      `${app.redirectUri}?x=1`,
      'https://exact.example.com/other',
    ]) {
      const { url } = await app.start({ redirect_uri: redirectUri })
      const page = await new AppBrowser(latchkey).open(url)
      assert.deepEqual([page.status, page.url.origin], [400, latchkey.origin])
      assert.match(page.html, /<meta name="latchkey"/)
      assert.doesNotMatch(page.html, /googleapis/)
    }
  })

  test('a public application needs PKCE, and has no secret', async (t) => {
    const app = await AppClient.register(t, latchkey, 'spa', '--trusted', '--public')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    assert.ok((await app.signIn(browser)).access_token)
    const { url } = await app.start()
    for (const name of ['code_challenge', 'code_challenge_method']) url.searchParams.delete(name)
    const refused = await browser.open(url)
    assert.equal(refused.url.searchParams.get('error'), 'invalid_request')
    assert.match(refused.url.searchParams.get('error_description') ?? '', /PKCE/)
  })

  test('a code works once: its second use is refused, and ends what the first one gave', async (t) => {
    const app = await AppClient.register(t, latchkey, 'replayed', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    await app.signIn(browser)
    const { url, finish } = await app.start()
    const arrival = await browser.open(url)
    const tokens = await finish(arrival)
    await assert.rejects(finish(arrival), { error: 'invalid_grant' })
    assert.equal((await oidc.tokenIntrospection(app.config, tokens.access_token)).active, false)
  })

  test('a code of one application is worth nothing to another, nor without its verifier', async (t) => {
    const [app, other] = [
      await AppClient.register(t, latchkey, 'mine', '--trusted'),
      await AppClient.register(t, latchkey, 'yours', '--trusted'),
    ]
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    await app.signIn(browser)
    for (const client of [other, app]) {
      const { url } = await app.start()
      const { url: callback } = await browser.open(url)
      const redemption = oidc.authorizationCodeGrant(client.config, callback, {
        pkceCodeVerifier: 'w'.repeat(43),
        expectedState: oidc.skipStateCheck,
      })
      await assert.rejects(redemption, { error: 'invalid_grant' })
    }
  })

  test('only the secret of now authenticates an application', async (t) => {
    const uris = ['--url', 'https://x.example.com', '--redirect-uri', 'https://x.example.com/cb']
    const { clientId, clientSecret = '' } = await addApp(t, latchkey, 'secretive', ...uris)
    const statusOf = async (secret: string) => {
      const response = await fetch(`${latchkey.origin}/oidc/introspect`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
        body: new URLSearchParams({ token: 'x' }),
      })
      return response.status
    }
    assert.equal(await statusOf(clientSecret), 200)
    const [row] = await latchkey.sql("select secret_hash from app where id = 'secretive'")
    for (const wrong of ['x', row.secret_hash, `${clientSecret}x`]) {
      assert.equal(await statusOf(wrong), 401)
    }
    assert.equal((await runApps(t, latchkey, 'secret', clientId)).code, 0)
    assert.equal(await statusOf(clientSecret), 401)
  })

  test('a forged Host or X-Forwarded header changes no address', async (t) => {
    await AppClient.register(t, latchkey, 'hosted', '--trusted')
    const discover = async (host: string, more: string[] = []) => {
      const path = '/.well-known/openid-configuration'
      const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...more, '', '']
      return JSON.parse((await sendRaw(latchkey, lines.join('\r\n'))).text)
    }
    const honest = await discover(new URL(latchkey.origin).host)
    assert.equal(honest.issuer, latchkey.origin)
    const forged = await discover('evil.example.com', [
      'Forwarded: host=evil.example.com;proto=https',
      'X-Forwarded-Host: evil.example.com',
      'X-Forwarded-Proto: https',
    ])
    assert.deepEqual(forged, honest)
    const addresses = Object.values(honest).filter((value) => /^https?:/.test(String(value)))
    assert.ok(addresses.length > 5)
    for (const address of addresses) {
      assert.equal(new URL(String(address)).origin, latchkey.origin)
    }
  })

  test('NUL and broken text in a request are refused, and nothing gets a 5xx', async (t) => {
    await AppClient.register(t, latchkey, 'robust', '--trusted')
    for (const [path, method] of [
      ['/oidc/auth?client_id=%00&response_type=code&scope=openid', 'GET'],
      [
        '/oidc/auth?client_id=robust&response_type=code&scope=openid&state=%00&redirect_uri=%00',
        'GET',
      ],
      ['/oidc/auth/%00', 'GET'],
      ['/oidc/token', 'POST'],
      ['/oidc/introspect', 'POST'],
      ['/oidc/par', 'POST'],
    ] as const) {
      for (const body of [
        'client_id=%00&code=%00&grant_type=authorization_code',
        '\0',
        '%ff=%fe',
      ]) {
        const response = await fetch(latchkey.origin + path, {
          method,
          ...(method === 'POST' && {
            body,
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
          }),
        })
        assert.ok(response.status >= 400 && response.status < 500, `${path}: ${response.status}`)
      }
    }
  })
})
