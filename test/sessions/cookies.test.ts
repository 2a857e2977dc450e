/** Manipulated cookies: set by another host, duplicated, misspelt, or of two sessions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApiResponse, onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { formatRequestHead, sendRaw } from '../support/raw-http.ts'

onEachDatabase((latchkey) => {
  // Abuse case (Sessions and tokens): Another host of the domain set a cookie with a look-alike
  // name, and so signed users in to another account.
  test('a cookie is accepted only under its exact name, without other spaces or characters around it', async () => {
    const token = tokenIn(await signIn(latchkey, await latchkey.owner()))
    for (const cookie of [
      // Browsers restrict names with a prefix, but not after a no-break space.
      `\u00a0latchkey=${token}`,
      `other=1; \u00a0latchkey=${token}`,
      `latchkey\u00a0=${token}`,
      `latchkey =${token}`,
      `=latchkey=${token}`,
      `Latchkey=${token}`,
      `LATCHKEY=${token}`,
      `latchkey-device=${token}`,
      `xlatchkey=${token}`,
      `latchkey%3d${token}`,
      `latchkey`,
      `latchkey=`,
      `latchkey=${token}=x`,
      `latchkey="${token}"`,
      `latchkey=${token}x`,
      `latchkey=${token.slice(0, -1)}`,
      `latchkey=%00`,
      `latchkey=\u00ff`,
      `latchkey=${'x'.repeat(8000)}`,
      `other="; latchkey=${token}; latchkey=${token}`,
      `${'a=b; '.repeat(2000)}latchkey`,
      ';;;;=;=;',
    ]) {
      const { status, text } = await sendRaw(latchkey, refreshWith(latchkey, `Cookie: ${cookie}`))
      const shown = `${cookie.slice(0, 60)}: ${text}`
      assert.equal(status, 401, shown)
      assert.equal(JSON.parse(text).code, 'invalid_refresh_token', shown)
    }
    // None of these requests has ended the session.
    const good = `Cookie: a=b;latchkey=${token}; c=d`
    assert.equal((await sendRaw(latchkey, refreshWith(latchkey, good))).status, 200)
  })

  test('cookies in two headers are one list, and two of one name are refused', async () => {
    const token = tokenIn(await signIn(latchkey, await latchkey.owner()))
    const twice = [`Cookie: latchkey=${token}`, `Cookie: latchkey=${'x'.repeat(43)}`]
    assert.equal((await sendRaw(latchkey, refreshWith(latchkey, ...twice))).status, 401)
    const apart = ['Cookie: a=b', `Cookie: latchkey=${token}`]
    assert.equal((await sendRaw(latchkey, refreshWith(latchkey, ...apart))).status, 200)
  })

  test('an invalid device token in a cookie only leads to the second factor', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const token = tokenIn(await signIn(latchkey, await latchkey.owner()))
    for (const value of [token, '%00', '\u00ff', 'x'.repeat(8000), '"', '']) {
      const answer = await signIn(latchkey, ada, `latchkey-device=${value}`)
      assert.equal(answer.body.status, 'mfaRequired', value.slice(0, 20))
      assert.deepEqual(answer.headers.getSetCookie(), [])
    }
  })

  test('an error response sets no cookie, and a response that sets one must not be cached', async () => {
    const ada = await latchkey.owner()
    const { email } = ada
    const signedIn = await signIn(latchkey, ada)
    assert.equal(signedIn.headers.get('cache-control'), 'no-store')
    const cookie = `latchkey=${tokenIn(signedIn)}`

    const wrong = await postFromPage(latchkey, '/auth/SignIn', {
      email,
      password: 'another sentence',
    })
    const malformed = await postFromPage(latchkey, '/auth/SignIn', { email }, { cookie })
    const unknown = await postFromPage(
      latchkey,
      '/auth/Refresh',
      {},
      { cookie: 'latchkey=made-up' },
    )
    const nowhere = await postFromPage(latchkey, '/auth/Nowhere', {}, { cookie })
    const strangers = await postFromPage(latchkey, '/auth/SignOut', {}, { cookie })
    const all = [wrong, malformed, unknown, nowhere, strangers]
    assert.deepEqual(
      all.map(({ status }) => status),
      [401, 400, 401, 404, 401],
    )
    for (const { headers } of all) assert.deepEqual(headers.getSetCookie(), [])

    const refreshed = await postFromPage(latchkey, '/auth/Refresh', {}, { cookie })
    assert.equal(refreshed.headers.get('cache-control'), 'no-store')
    const token = refreshed.body.accessToken
    const out = await latchkey.post('/auth/SignOut', undefined, { token })
    assert.equal(out.headers.get('cache-control'), 'no-store')
  })

  test('a GET neither sets nor deletes a cookie, even on request', async () => {
    const ada = await latchkey.owner()
    const cookie = `latchkey=${tokenIn(await signIn(latchkey, ada))}`
    for (const path of ['/settings', '/settings/Sessions', '/.well-known/jwks.json']) {
      // Browsers send no Origin header for a same-origin GET.
      const headers = { cookie, 'latchkey-session': 'cookie' }
      const answer = await ada.get(path, { headers })
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.headers.getSetCookie(), [], path)
    }
  })

  test('a token in the body is the one refreshed, and the cookie’s session continues', async () => {
    const ada = await latchkey.owner()
    const bob = await latchkey.owner()
    const cookie = `latchkey=${tokenIn(await signIn(latchkey, ada))}`
    const { refreshToken } = bob
    const answer = await postFromPage(latchkey, '/auth/Refresh', { refreshToken }, { cookie })
    assert.equal((await whoHas(answer.body.accessToken)).email, bob.email)
    // The cookie does not replace an invalid token in the body.
    const refused = await postFromPage(
      latchkey,
      '/auth/Refresh',
      { refreshToken: 'made-up' },
      { cookie },
    )
    assert.equal(refused.status, 401)
    const byCookie = await postFromPage(latchkey, '/auth/Refresh', {}, { cookie })
    assert.equal((await whoHas(byCookie.body.accessToken)).email, ada.email)
  })

  test('signing out ends only the session of the token and deletes the session cookie', async () => {
    const ada = await latchkey.owner()
    const bob = await latchkey.owner()
    const cookie = `latchkey=${tokenIn(await signIn(latchkey, bob))}`
    const out = await postFromPage(
      latchkey,
      '/auth/SignOut',
      undefined,
      { cookie },
      ada.accessToken,
    )
    assert.equal(out.status, 204)
    assert.match(out.headers.getSetCookie().join(), /^latchkey=; Path=\/; Max-Age=0; HttpOnly/)
    assert.equal((await ada.get('/settings')).status, 401)
    assert.equal((await postFromPage(latchkey, '/auth/Refresh', {}, { cookie })).status, 200)
  })

  test('signing out keeps the cookie of a trusted device', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { email } = ada
    const { mfaToken } = (await signIn(latchkey, ada)).body
    const code = await latchkey.codeSentTo(email)
    const answer = { mfaToken, code, rememberDevice: true }
    const signedIn = await postFromPage(latchkey, '/auth/SignIn/Mfa', answer)
    const cookie = signedIn.headers.getSetCookie().map(pairIn).join('; ')
    const token = signedIn.body.accessToken
    const out = await postFromPage(latchkey, '/auth/SignOut', undefined, { cookie }, token)
    assert.deepEqual(out.headers.getSetCookie().map(pairIn), ['latchkey='])
    assert.equal((await signIn(latchkey, ada, cookie)).body.status, 'signedIn')
  })

  async function whoHas(token: string): Promise<{ email: string }> {
    return (await latchkey.get('/settings', { token })).body
  }
})

onEachDatabase(
  (latchkey) => {
    // Abuse case (Sessions and tokens): Another host of the domain set a cookie with a look-alike
    // name, and so signed users in to another account.
    test('behind HTTPS no cookie that another host could set is accepted', async () => {
      const origin = 'https://accounts.example.com'
      const ada = await latchkey.owner()
      const signedIn = await signIn(latchkey, ada, '', origin)
      const token = tokenIn(signedIn)
      for (const name of [
        'latchkey',
        '\u00a0__Host-latchkey',
        '__host-latchkey',
        '__HOST-latchkey',
        '__Secure-latchkey',
        '$__Host-latchkey',
      ]) {
        const lines = refreshWith(latchkey, `Cookie: ${name}=${token}`)
        const { status } = await sendRaw(latchkey, lines.replaceAll(latchkey.origin, origin))
        assert.equal(status, 401, name)
      }
      const cookie = `__Host-latchkey=${token}`
      const good = await postFromPage(latchkey, '/auth/Refresh', {}, { cookie, origin })
      assert.equal(good.status, 200)
    })
  },
  { LATCHKEY_PUBLIC_URL: 'https://accounts.example.com' },
)

/** Sends a request as a page of the service does. */
function postFromPage(
  latchkey: TestLatchkey,
  path: string,
  body?: unknown,
  more: Record<string, string> = {},
  token?: string,
): Promise<ApiResponse> {
  const headers = { origin: latchkey.origin, 'latchkey-session': 'cookie', ...more }
  return latchkey.post(path, body, { headers, ...(token !== undefined && { token }) })
}

function signIn(
  latchkey: TestLatchkey,
  { email, password }: Owner,
  cookie = '',
  origin = latchkey.origin,
): Promise<ApiResponse> {
  const headers = { origin, ...(cookie && { cookie }) }
  return postFromPage(latchkey, '/auth/SignIn', { email, password }, headers)
}

/** The refresh token in the cookie of a response. */
function tokenIn({ headers }: ApiResponse): string {
  const token = /^(?:__Host-)?latchkey=([\w-]{43});/.exec(headers.getSetCookie().join())?.[1]
  assert.ok(token)
  return token
}

function pairIn(setCookie: string): string {
  return setCookie.split(';')[0] ?? ''
}

function refreshWith({ origin }: TestLatchkey, ...headers: string[]): string {
  const lines = [`Origin: ${origin}`, 'Latchkey-Session: cookie', 'Content-Length: 0']
  return `${formatRequestHead('POST', '/auth/Refresh', ...lines, ...headers)}\r\n`
}
