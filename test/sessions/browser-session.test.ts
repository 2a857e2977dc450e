import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CookieClient } from '../support/cookie-client.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { accountIdOf } from '../support/operator.ts'
import { assertBody, assertProblem } from '../support/responses.ts'

const app = 'https://app.example.com'

onEachDatabase(
  (latchkey) => {
    test('in a browser the refresh token is in a cookie that scripts cannot read, and nowhere else', async () => {
      const ada = await latchkey.owner()
      const browser = new CookieClient(latchkey)
      const { email, password } = ada
      const signedIn = await browser.post('/auth/SignIn', { email, password })
      assert.equal(signedIn.body.status, 'signedIn')
      assert.equal('refreshToken' in signedIn.body, false)
      const [cookie = ''] = signedIn.headers.getSetCookie()
      assert.match(
        cookie,
        /^latchkey=[\w-]{43}; Path=\/; Max-Age=1209(600|599); HttpOnly; SameSite=Strict$/,
      )

      const oldCookie = browser.cookies.get('latchkey')
      const refreshed = await browser.post('/auth/Refresh')
      assert.equal(refreshed.body.status, 'signedIn')
      assert.equal('refreshToken' in refreshed.body, false)
      assert.notEqual(browser.cookies.get('latchkey'), oldCookie)

      const token = refreshed.body.accessToken
      const { headers } = await latchkey.post('/auth/SignOut', undefined, { token })
      assert.match(headers.getSetCookie()[0] ?? '', /^latchkey=; Path=\/; Max-Age=0;/)
      assert.equal((await browser.post('/auth/Refresh')).status, 401)
    })

    test('every sign-in method returns its tokens in cookies if a page requests it', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const browser = new CookieClient(latchkey)
      const { email, password } = ada
      const { mfaToken } = (await browser.post('/auth/SignIn', { email, password })).body
      const code = await latchkey.codeSentTo(email)
      const answer = { mfaToken, code, rememberDevice: true }
      const signedIn = await browser.post('/auth/SignIn/Mfa', answer)
      assert.equal(signedIn.body.status, 'signedIn')
      assert.deepEqual(
        ['refreshToken', 'deviceToken'].filter((name) => name in signedIn.body),
        [],
      )
      assert.deepEqual([...browser.cookies.keys()].sort(), ['latchkey', 'latchkey-device'])
      // The next sign-in sends the cookie of the trusted device.
      assert.equal(
        (await browser.post('/auth/SignIn', { email, password })).body.status,
        'signedIn',
      )
      const elsewhere = await latchkey.post('/auth/SignIn', { email, password })
      assert.equal(elsewhere.body.status, 'mfaRequired')
    })

    // Abuse case (Sessions and tokens): A page on another site made the browser send the cookie,
    // and so made calls as its owner.
    test('a cookie is refused without the header, from another origin or without an origin', async () => {
      const ada = await latchkey.owner()
      const browser = new CookieClient(latchkey)
      const { email, password } = ada
      await browser.post('/auth/SignIn', { email, password })
      const cookie = `latchkey=${browser.cookies.get('latchkey')}`
      const { origin } = latchkey

      const plain = await latchkey.post('/auth/Refresh', {}, { headers: { cookie, origin } })
      assert.equal(plain.status, 400)
      const cookieHeaders = { cookie, 'latchkey-session': 'cookie' }
      const refused: Record<string, string>[] = [
        { ...cookieHeaders },
        { ...cookieHeaders, origin: 'null' },
        { ...cookieHeaders, origin: 'https://evil.example.com' },
        { ...cookieHeaders, origin: `${origin}.evil.example.com` },
        { ...cookieHeaders, origin: origin.toUpperCase() },
        { ...cookieHeaders, origin, 'sec-fetch-site': 'cross-site' },
        { ...cookieHeaders, origin, 'latchkey-session': 'yes' },
      ]
      for (const headers of refused) {
        const answer = await latchkey.post('/auth/Refresh', {}, { headers })
        assert.equal(answer.body.code, 'cross_site_request', JSON.stringify(headers))
        assert.equal(answer.status, 403)
        assert.deepEqual(answer.headers.getSetCookie(), [])
      }
      // The refused requests have not consumed the token.
      assert.equal((await browser.post('/auth/Refresh')).status, 200)
    })

    test('a cookie is accepted by Refresh only, and every other call requires the access token', async () => {
      const ada = await latchkey.owner()
      const browser = new CookieClient(latchkey)
      const { email, password } = ada
      await browser.post('/auth/SignIn', { email, password })
      const cookie = `latchkey=${browser.cookies.get('latchkey')}`
      const headers = { cookie, origin: latchkey.origin, 'latchkey-session': 'cookie' }
      assert.equal((await latchkey.get('/settings', { headers })).status, 401)
      assert.equal((await latchkey.delete('/settings/MfaSignIn', { headers })).status, 401)
      assert.equal((await latchkey.post('/auth/SignOut', {}, { headers })).status, 401)
    })

    // Abuse case (Sessions and tokens): A tab that showed one account acted with the tokens of another,
    // which had signed in or up in another tab.
    test('a refresh for one account with the cookie of another is refused and changes nothing', async () => {
      const [ada, bob] = [await latchkey.owner(), await latchkey.owner()]
      const browser = new CookieClient(latchkey)
      const account = await accountIdOf(latchkey, ada)
      const refresh = () => browser.post('/auth/Refresh', { account })
      const { email, password } = ada
      await browser.post('/auth/SignIn', { email, password })
      assertBody(await refresh(), 200, { status: 'signedIn' })
      await browser.post('/auth/SignIn', { email: bob.email, password: bob.password })

      const rows = () =>
        latchkey.sql(`select * from session join refresh_token on session_id = session.id
          order by session.id, token_hash`)
      const before = await rows()
      const cookie = browser.cookies.get('latchkey')
      assertProblem(await refresh(), 409, 'another_account')
      assert.deepEqual(await rows(), before)
      assert.equal(browser.cookies.get('latchkey'), cookie)
      assertBody(await browser.post('/auth/Refresh'), 200, { status: 'signedIn' })
    })

    test('two cookies of one name are refused, because another host may have set one', async () => {
      const ada = await latchkey.owner()
      const browser = new CookieClient(latchkey)
      const { email, password } = ada
      await browser.post('/auth/SignIn', { email, password })
      const value = browser.cookies.get('latchkey')
      const headers = {
        cookie: `latchkey=${value}; latchkey=${'x'.repeat(43)}`,
        origin: latchkey.origin,
        'latchkey-session': 'cookie',
      }
      assert.equal((await latchkey.post('/auth/Refresh', {}, { headers })).status, 401)
    })

    test('pages of allowed origins may call with cookies, and pages of other origins may not', async () => {
      const preflight = {
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,latchkey-session',
      }
      const sendPreflight = (origin: string) =>
        fetch(`${latchkey.origin}/auth/Refresh`, {
          method: 'OPTIONS',
          headers: { origin, ...preflight },
        })
      const allowed = await sendPreflight(app)
      assert.equal(allowed.headers.get('access-control-allow-origin'), app)
      assert.equal(allowed.headers.get('access-control-allow-credentials'), 'true')
      for (const origin of [
        'https://evil.example.com',
        `${app}.evil.com`,
        'http://app.example.com',
      ]) {
        const { headers } = await sendPreflight(origin)
        assert.equal(headers.get('access-control-allow-origin'), null, origin)
      }

      const ada = await latchkey.owner()
      const browser = new CookieClient(latchkey, app)
      const { email, password } = ada
      const same = { 'sec-fetch-site': 'same-site' }
      const signedIn = await browser.post('/auth/SignIn', { email, password }, same)
      assert.equal(signedIn.headers.get('access-control-allow-origin'), app)
      assert.equal((await browser.post('/auth/Refresh', {}, same)).body.status, 'signedIn')
    })
  },
  { LATCHKEY_ALLOWED_ORIGINS: `${app}, https://other.example.com` },
)

onEachDatabase(
  (latchkey) => {
    // Abuse case (Sessions and tokens): Another host of the same domain could set or read a cookie
    // (CVE-2024-28197).
    test('behind HTTPS the cookie is limited to this host', async () => {
      const ada = await latchkey.owner()
      const { email, password } = ada
      const headers = { origin: 'https://accounts.example.com', 'latchkey-session': 'cookie' }
      const signedIn = await latchkey.post('/auth/SignIn', { email, password }, { headers })
      const [cookie = ''] = signedIn.headers.getSetCookie()
      assert.match(cookie, /^__Host-latchkey=.*; Path=\/; .*; HttpOnly; SameSite=Strict; Secure$/)
      assert.doesNotMatch(cookie, /domain/i)
      const answer = await latchkey.post(
        '/auth/Refresh',
        {},
        {
          headers: { ...headers, cookie: cookie.split(';')[0]?.replace('__Host-', '') ?? '' },
        },
      )
      assert.equal(answer.status, 401)
    })
  },
  { LATCHKEY_PUBLIC_URL: 'https://accounts.example.com' },
)
