/**
 * Modules of the OpenID Foundation’s plans for a Basic and a Config OP that no other test of this folder
 * covers. README.md here lists all of them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oidc from 'openid-client'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { addApp } from '../support/apps.ts'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { accountIdOf } from '../support/operator.ts'

onEachDatabase((latchkey) => {
  /** A browser whose person is signed in at an application. */
  async function signedInAt(app: AppClient) {
    const ada = await latchkey.owner()
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)
    const tokens = await app.signIn(browser)
    return { ada, browser, tokens }
  }

  test('the discovery document has every required member, and each endpoint that it names answers', async (t) => {
    await AppClient.register(t, latchkey, 'discovering', '--trusted')
    const response = await fetch(`${latchkey.origin}/.well-known/openid-configuration`)
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
    const metadata = JSON.parse(await response.text())
    assert.equal(metadata.issuer, latchkey.origin)
    const lists = {
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
      claims_supported: ['sub', 'email', 'auth_time', 'acr', 'amr', 'sid'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    }
    for (const [name, values] of Object.entries(lists)) {
      for (const value of values) assert.ok(metadata[name].includes(value), `${name}: ${value}`)
    }
    assert.ok(!metadata.id_token_signing_alg_values_supported.includes('none'))
    assert.ok(!metadata.code_challenge_methods_supported.includes('plain'))
    for (const name of ['authorization', 'token', 'userinfo', 'end_session', 'introspection']) {
      const { status } = await fetch(metadata[`${name}_endpoint`], { redirect: 'manual' })
      assert.ok(status < 500, `${name}: ${status}`)
    }
  })

  test('the JWKS has a key for RS256, with an id and no private part', async (t) => {
    await AppClient.register(t, latchkey, 'keys', '--trusted')
    const response = await fetch(`${latchkey.origin}/.well-known/jwks.json`)
    const { keys } = JSON.parse(await response.text())
    const rsa = keys.filter(({ kty }: { kty: string }) => kty === 'RSA')
    assert.ok(rsa.length > 0)
    const ids = keys.map(({ kid }: { kid: string }) => kid)
    assert.equal(new Set(ids).size, ids.length)
    for (const key of keys) {
      assert.equal(key.use, 'sig')
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) assert.equal(key[secret], undefined)
    }
    for (const { n } of rsa) assert.ok(Buffer.from(n, 'base64url').length >= 256)
  })

  test('a request without response_type, or with another one, goes back with an error', async (t) => {
    const app = await AppClient.register(t, latchkey, 'typed', '--trusted')
    for (const [type, error] of [
      [undefined, 'invalid_request'],
      ['token', 'unsupported_response_type'],
      ['id_token', 'unsupported_response_type'],
      ['code id_token', 'unsupported_response_type'],
    ] as const) {
      const { url } = await app.start()
      if (type === undefined) url.searchParams.delete('response_type')
      else url.searchParams.set('response_type', type)
      const arrival = await new AppBrowser(latchkey).open(url)
      assert.equal(arrival.url.origin, new URL(app.redirectUri).origin, String(type))
      const parameters = new URLSearchParams(arrival.url.search || arrival.url.hash.slice(1))
      assert.equal(parameters.get('error'), error, String(type))
      assert.equal(parameters.get('state'), url.searchParams.get('state'))
    }
  })

  test('an unknown client gets a page of ours, and the browser stays here', async (t) => {
    const app = await AppClient.register(t, latchkey, 'known', '--trusted')
    const { url } = await app.start()
    url.searchParams.set('client_id', 'unknown')
    const page = await new AppBrowser(latchkey).open(url)
    assert.deepEqual([page.status, page.url.origin], [400, latchkey.origin])
  })

  test('a request without redirect_uri gets a page of ours', async (t) => {
    const app = await AppClient.register(t, latchkey, 'without-redirect', '--trusted')
    const { url } = await app.start()
    url.searchParams.delete('redirect_uri')
    const page = await new AppBrowser(latchkey).open(url)
    assert.deepEqual([page.status, page.url.origin], [400, latchkey.origin])
  })

  test('userinfo answers GET, POST with a header, and POST with a form, about the person of the ID token', async (t) => {
    const app = await AppClient.register(t, latchkey, 'informed', '--trusted')
    const { ada, tokens } = await signedInAt(app)
    const url = `${latchkey.origin}/oidc/userinfo`
    const authorization = `Bearer ${tokens.access_token}`
    const form = new URLSearchParams({ access_token: tokens.access_token })
    for (const request of [
      { headers: { authorization } },
      { method: 'POST', headers: { authorization } },
      { method: 'POST', body: form },
    ]) {
      const response = await fetch(url, request)
      assert.equal(response.status, 200)
      assert.deepEqual(await response.json(), {
        sub: tokens.claims()?.sub,
        email: ada.email,
        email_verified: true,
      })
    }
    const refused = await fetch(url)
    assert.equal(refused.status, 401)
    assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/)
  })

  test('the ID token has iss, aud, iat and exp, and its sub is the same at each sign-in', async (t) => {
    const app = await AppClient.register(t, latchkey, 'thorough', '--trusted')
    const { ada, browser, tokens } = await signedInAt(app)
    const claims = tokens.claims()
    assert.equal(claims?.aud, 'thorough')
    assert.equal(claims?.iss, latchkey.origin)
    assert.ok(claims && claims.exp > claims.iat)
    assert.equal(claims?.sub, await accountIdOf(latchkey, ada))
    assert.equal((await app.signIn(browser)).claims()?.sub, claims?.sub)
  })

  test('a request without nonce succeeds, and its ID token has none', async (t) => {
    const app = await AppClient.register(t, latchkey, 'nonceless', '--trusted')
    const { browser } = await signedInAt(app)
    const verifier = oidc.randomPKCECodeVerifier()
    const url = oidc.buildAuthorizationUrl(app.config, {
      redirect_uri: app.redirectUri,
      scope: 'openid',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const arrival = await browser.open(url)
    assert.equal(arrival.url.searchParams.get('state'), null)
    const checks = { pkceCodeVerifier: verifier, idTokenExpected: true }
    const tokens = await oidc.authorizationCodeGrant(app.config, arrival.url, checks)
    assert.equal(tokens.claims()?.nonce, undefined)
  })

  test('an application with a secret may leave PKCE out, as old ones do', async (t) => {
    const app = await AppClient.register(t, latchkey, 'old', '--trusted')
    const { browser } = await signedInAt(app)
    const parameters = { redirect_uri: app.redirectUri, scope: 'openid' }
    const arrival = await browser.open(oidc.buildAuthorizationUrl(app.config, parameters))
    const checks = { idTokenExpected: true }
    assert.ok((await oidc.authorizationCodeGrant(app.config, arrival.url, checks)).id_token)
  })

  for (const [name, parameters] of Object.entries({
    'another order of scopes': { scope: 'email openid' },
    'scopes that do not exist here': { scope: 'openid email address phone' },
    'an unknown parameter': { extra: 'foobar' },
    'display=page': { display: 'page' },
    'display=popup': { display: 'popup' },
    ui_locales: { ui_locales: 'se' },
    claims_locales: { claims_locales: 'se' },
    login_hint: { login_hint: 'buffy@example.com' },
    'acr_values that it can’t satisfy': { acr_values: 'urn:mace:incommon:iap:silver' },
    'the claims parameter': { claims: '{"id_token":{"email":{"essential":true}}}' },
  } as Record<string, Record<string, string>>)) {
    test(`a request with ${name} succeeds`, async (t) => {
      const id = `with-${name.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
      const app = await AppClient.register(t, latchkey, id, '--trusted')
      const { ada, browser } = await signedInAt(app)
      assert.equal((await app.signIn(browser, parameters)).claims()?.email, ada.email)
    })
  }

  test('a request object is refused by name, as is one by reference', async (t) => {
    const app = await AppClient.register(t, latchkey, 'objecting', '--trusted')
    const { browser } = await signedInAt(app)
    const object = `${btoa('{"alg":"none"}')}.${btoa('{"scope":"openid"}')}.`.replaceAll('=', '')
    for (const [parameters, error] of [
      [{ request: object }, 'request_not_supported'],
      [{ request_uri: 'https://app.example.com/request.jwt' }, 'request_uri_not_supported'],
    ] as const) {
      const arrival = await browser.open((await app.start(parameters)).url)
      const shown = arrival.url.searchParams.get('error') ?? arrival.html
      assert.ok(shown.includes(error), shown)
    }
  })

  test('prompt=none with id_token_hint comes back at once for the person of the hint', async (t) => {
    const app = await AppClient.register(t, latchkey, 'hinted', '--trusted')
    const { browser, tokens } = await signedInAt(app)
    const { url, finish } = await app.start({
      prompt: 'none',
      id_token_hint: tokens.id_token ?? '',
    })
    assert.equal((await finish(await browser.open(url))).claims()?.sub, tokens.claims()?.sub)
  })

  test('a second sign-in within max_age has the auth_time of the first', async (t) => {
    const app = await AppClient.register(t, latchkey, 'remembering', '--trusted')
    const { browser, tokens } = await signedInAt(app)
    travel(30_000)
    const again = await app.signIn(browser, { max_age: '15000' })
    assert.equal(again.claims()?.auth_time, tokens.claims()?.auth_time)
    assert.ok(Number(again.claims()?.iat) >= Number(tokens.claims()?.iat) + 30)
  })

  test('a code that is used again after 30 seconds, or first after a minute, is refused', async (t) => {
    const app = await AppClient.register(t, latchkey, 'late', '--trusted')
    const { browser } = await signedInAt(app)
    const used = await app.start()
    const arrival = await browser.open(used.url)
    const tokens = await used.finish(arrival)
    const unused = await app.start()
    const expired = await browser.open(unused.url)
    travel(30_000)
    await assert.rejects(used.finish(arrival), { error: 'invalid_grant' })
    assert.equal((await oidc.tokenIntrospection(app.config, tokens.access_token)).active, false)
    travel(31_000)
    await assert.rejects(unused.finish(expired), { error: 'invalid_grant' })
  })

  test('an application may send its secret by HTTP Basic or in the form, and a wrong one by neither', async (t) => {
    const uris = ['--url', 'https://p.example.com', '--redirect-uri', 'https://p.example.com/cb']
    const { clientId, clientSecret = '' } = await addApp(
      t,
      latchkey,
      'posting',
      ...uris,
      '--trusted',
    )
    for (const authenticate of [oidc.ClientSecretBasic, oidc.ClientSecretPost]) {
      const discover = (secret: string) =>
        oidc.discovery(new URL(latchkey.origin), clientId, undefined, authenticate(secret), {
          execute: [oidc.allowInsecureRequests],
        })
      const app = new AppClient(await discover(clientSecret), 'https://p.example.com/cb')
      const { tokens } = await signedInAt(app)
      assert.ok(tokens.id_token)
      const wrong = new AppClient(await discover(`${clientSecret}x`), 'https://p.example.com/cb')
      await assert.rejects(
        oidc.refreshTokenGrant(wrong.config, tokens.refresh_token ?? ''),
        (error: Error & { status?: number }) => error.status === 401,
      )
    }
  })

  test('a redirect URI with a query keeps it', async (t) => {
    const redirectUri = 'https://q.example.com/cb?a=1&b=2'
    const uris = ['--url', 'https://q.example.com', '--redirect-uri', redirectUri, '--trusted']
    const credentials = await addApp(t, latchkey, 'queried', ...uris)
    const app = await AppClient.discover(latchkey, { ...credentials, redirectUri })
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const parameters = { redirect_uri: redirectUri, scope: 'openid' }
    const page = await browser.open(oidc.buildAuthorizationUrl(app.config, parameters))
    const { url } = await browser.authorize(page)
    assert.deepEqual([url.searchParams.get('a'), url.searchParams.get('b')], ['1', '2'])
    // openid-client leaves the query out.
    const redeemed = await fetch(`${latchkey.origin}/oidc/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`queried:${credentials.clientSecret}`)}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: url.searchParams.get('code') ?? '',
        redirect_uri: redirectUri,
      }),
    })
    assert.equal(redeemed.status, 200)
  })
})
