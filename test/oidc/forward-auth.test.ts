/** Forward authentication: a reverse proxy asks about each request for an application. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AppBrowser } from '../support/app-browser.ts'
import { addApp, runApps } from '../support/apps.ts'
import { travel } from '../support/clock.ts'
import { ForwardAuthSite, navigation, type Verified } from '../support/forward-auth-site.ts'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { assertStatus } from '../support/responses.ts'

const hour = 3_600_000
const signInCookie = '__Host-latchkey-app'

onEachDatabase(
  (latchkey) => {
    test('without such an application the endpoint is unknown, also to a proxy', async () => {
      const site = new ForwardAuthSite(latchkey, 'https://wiki.example.com')
      for (const redirect of [undefined, 'false'] as const) {
        assertVerdict(await site.verify('/', { ...(redirect && { redirect }) }), 404, 'not_found')
      }
    })

    test('a person who opens a page signs in, returns to it, and passes with identity headers', async (t) => {
      const site = await addSite(t, latchkey, 'wiki')
      const ada = await latchkey.owner()
      const browser = new AppBrowser(latchkey)
      await browser.signIn(ada)
      const returned = await site.signIn(browser, '/pages/a?b=c&d=%2F..')
      assert.equal(returned.status, 303)
      assert.equal(returned.headers.get('location'), `${site.origin}/pages/a?b=c&d=%2F..`)

      const passed = await site.verify('/pages/a')
      assert.deepEqual([passed.status, passed.text], [200, ''])
      assert.equal(passed.headers.get('remote-user'), await accountOf(latchkey, ada.email))
      assert.equal(passed.headers.get('remote-email'), ada.email)
      assert.equal(passed.headers.get('cache-control'), 'no-store')
      // A script and a form pass as well, whatever the method.
      const headers = { 'sec-fetch-mode': 'cors', accept: '*/*' }
      assert.equal((await site.verify('/', { method: 'POST', headers })).status, 200)
      assert.equal((await site.verify('/', { redirect: 'false', headers })).status, 200)
    })

    test('the cookies of an application are for its host alone, and out of reach of its scripts', async (t) => {
      const site = await addSite(t, latchkey, 'cookies')
      const browser = new AppBrowser(latchkey)
      await browser.signIn(await latchkey.owner())
      const started = await site.verify('/')
      const arrival = await browser.open(started.location ?? '')
      const back = await browser.authorize(arrival)
      const returned = await site.comeBack(back.url)
      for (const { headers } of [started, returned]) {
        const [cookie = ''] = headers.getSetCookie()
        assert.match(
          cookie,
          /^__Host-latchkey-app(-verifier)?=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
        )
      }
      const other = await addSite(t, latchkey, 'other')
      for (const [name, value] of site.cookies) other.cookies.set(name, value)
      assert.equal((await other.verify('/')).status, 303)
      const rows = JSON.stringify(await latchkey.sql('select * from forward_auth_cookie'))
      assert.ok(!rows.includes(site.cookies.get(signInCookie) ?? '?'))
    })

    test('a session that ends is refused with the next request, whatever ended it', async (t) => {
      const site = await addSite(t, latchkey, 'ending')
      const ada = await latchkey.owner()
      const ends: ((browser: AppBrowser) => Promise<unknown>)[] = [
        async (browser) => assertStatus(await browser.call('/auth/SignOut', {}), 204),
        async () =>
          latchkey.sql(`update account set suspended_since = 1 where email = '${ada.email}'`),
      ]
      for (const end of ends) {
        const browser = new AppBrowser(latchkey)
        await browser.signIn(ada)
        await site.signIn(browser)
        assert.equal((await site.verify('/')).status, 200)
        await end(browser)
        assertVerdict(await site.verify('/', { redirect: 'false' }), 401, 'sign_in_required')
        assert.equal((await site.verify('/')).status, 303)
      }
    })

    test('an owner who removes the application passes there no longer', async (t) => {
      const site = await addSite(t, latchkey, 'given-up')
      const ada = await latchkey.owner()
      const browser = new AppBrowser(latchkey)
      await browser.signIn(ada)
      await site.signIn(browser)
      assertStatus(await ada.delete('/settings/Apps/given-up'), 200)
      assert.equal((await site.verify('/')).status, 303)
    })

    test('the cookie of an application ends after eight hours, and a removed application passes nobody', async (t) => {
      const site = await addSite(t, latchkey, 'removed')
      const browser = new AppBrowser(latchkey)
      await browser.signIn(await latchkey.owner())
      await site.signIn(browser)
      travel(8 * hour - 1000)
      assert.equal((await site.verify('/')).status, 200)
      travel(2000)
      assert.equal((await site.verify('/')).status, 303)
      // Without a question, since the session is there.
      await site.signIn(browser)
      assert.equal((await site.verify('/')).status, 200)
      assert.equal((await runApps(t, latchkey, 'remove', 'removed')).code, 0)
      assertVerdict(await site.verify('/'), 404, 'not_found')
    })

    test('a form, a script and a frame get 401 instead of a redirect, so that nothing is lost silently', async (t) => {
      const site = await addSite(t, latchkey, 'forms')
      const requests = [
        { method: 'POST' },
        { method: 'DELETE', headers: {} },
        { headers: { ...navigation, 'sec-fetch-mode': 'cors' } },
        { headers: { ...navigation, 'sec-fetch-dest': 'iframe' } },
        { headers: { accept: 'application/json' } },
        { headers: { accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' } },
      ]
      for (const options of requests) {
        const refused = await site.verify('/', options)
        assertVerdict(refused, 401, 'sign_in_required')
        assert.equal(refused.headers.get('www-authenticate'), 'Bearer')
      }
      assert.equal(site.cookies.size, 0)
      // Browsers without Fetch Metadata.
      assert.equal((await site.verify('/', { headers: { accept: 'text/html' } })).status, 303)
    })

    // Abuse case (Sessions and tokens): A link with the code of an attacker’s sign-in signed somebody in to
    // an application as the attacker (login CSRF).
    test('the code of a sign-in works once, and only in the browser that began it', async (t) => {
      const site = await addSite(t, latchkey, 'codes')
      const browser = new AppBrowser(latchkey)
      await browser.signIn(await latchkey.owner())
      const callback = await site.startSignIn(browser)

      // Without cookies, and with those of a sign-in of its own.
      const victim = new ForwardAuthSite(latchkey, site.origin)
      assert.equal((await victim.comeBack(callback)).status, 400)
      await victim.verify('/')
      assert.equal((await victim.comeBack(callback)).status, 400)
      assert.equal(victim.cookies.has(signInCookie), false)

      const responses = await Promise.all(Array.from({ length: 10 }, () => site.comeBack(callback)))
      const statuses = responses.map(({ status }) => status).sort()
      assert.deepEqual(statuses, [303, ...Array(9).fill(400)])
    })

    test('a code of one application is worth nothing at another', async (t) => {
      const site = await addSite(t, latchkey, 'one')
      const other = await addSite(t, latchkey, 'two')
      const browser = new AppBrowser(latchkey)
      await browser.signIn(await latchkey.owner())
      const callback = await site.startSignIn(browser)
      for (const [name, value] of site.cookies) other.cookies.set(name, value)
      assert.equal((await other.comeBack(callback)).status, 400)
      assert.equal(other.cookies.has(signInCookie), false)
    })

    test('people return to the application’s host, whatever the address says', async (t) => {
      const site = await addSite(t, latchkey, 'redirects')
      const browser = new AppBrowser(latchkey)
      await browser.signIn(await latchkey.owner())
      const targets = ['//evil.example/x', '/\\evil.example', '/@evil.example']
      for (const uri of targets) {
        const { location } = await site.signIn(browser, uri)
        assert.equal(location?.origin, site.origin, uri)
        site.cookies.delete(signInCookie)
      }
      const states = [
        'https://evil.example',
        '.evil.example',
        '/\r\nSet-Cookie: a=b',
        '/.latchkey/callback',
      ]
      for (const state of states) {
        const callback = await site.startSignIn(browser)
        callback.searchParams.set('state', Buffer.from(state).toString('base64url'))
        const { location } = await site.comeBack(callback)
        assert.equal(location?.href, `${site.origin}/`, state)
        site.cookies.delete(signInCookie)
      }
      const { location } = await site.verify('/?rd=https://evil.example')
      assert.equal(location?.searchParams.get('redirect_uri'), `${site.origin}/.latchkey/callback`)
    })

    test('hosts without an application, repeated headers and strangers get no answer that passes', async (t) => {
      const site = await addSite(t, latchkey, 'headers')
      const browser = new AppBrowser(latchkey)
      await browser.signIn(await latchkey.owner())
      await site.signIn(browser)
      assert.equal((await site.verify('/')).status, 200)
      const { host } = new URL(site.origin)
      for (const origin of ['https://evil.example', `http://${host}`, `https://${host}:444`]) {
        assertVerdict(await site.verify('/', { origin }), 404, 'not_found')
      }
      const forged: Record<string, string | string[]>[] = [
        { 'x-forwarded-host': [host, 'evil.example'] },
        { 'x-forwarded-host': `${host}, evil.example` },
        { 'x-forwarded-host': `${host}@evil.example` },
        { 'x-forwarded-proto': ['https', 'https'] },
        { 'x-forwarded-method': ['GET', 'POST'] },
        { 'x-forwarded-uri': ['/', '/admin'] },
        { 'x-forwarded-uri': 'https://evil.example/' },
        { 'x-forwarded-uri': '' },
        { 'x-forwarded-proto': 'javascript' },
      ]
      for (const headers of forged) {
        const options = { headers: { ...navigation, ...headers } }
        assertVerdict(await site.verify('/', options), 400, 'malformed_request')
      }
      assertVerdict(await site.verify('/', { forwardedFor: null }), 400, 'malformed_request')
      // A cookie that is there twice: one of them may be tossed.
      const cookie = `${signInCookie}=${site.cookies.get(signInCookie)}`
      const twice = { headers: { ...navigation, cookie: `${cookie}; ${cookie}` } }
      assert.equal((await site.verify('/', twice)).status, 303)
    })

    test('an application with --require-mfa asks for the second step, and says so to who has none', async (t) => {
      const site = await addSite(t, latchkey, 'strong', '--require-mfa')
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const browser = new AppBrowser(latchkey)
      await browser.signIn(ada, true)
      await browser.signIn(ada)
      const { location } = await site.verify('/')
      const arrival = await browser.open(location ?? '')
      assert.equal(arrival.url.pathname, '/signin')
      await browser.reauthenticate(ada)
      await site.comeBack((await browser.authorize(arrival)).url)
      assert.equal((await site.verify('/')).status, 200)

      const without = new AppBrowser(latchkey)
      await without.signIn(await latchkey.owner())
      const failed = await new ForwardAuthSite(latchkey, site.origin).signIn(without, '/page')
      assert.equal(failed.status, 400)
      assert.match(failed.text, /requires a second step/)
      assert.ok(failed.text.includes(`<a href="${site.origin}/page">`))
      assert.equal(
        failed.headers.get('content-security-policy')?.includes("default-src 'none'"),
        true,
      )
    })

    test('a session that signed in with less than an application requires does not pass by its cookie', async (t) => {
      const site = await addSite(t, latchkey, 'raised')
      const browser = new AppBrowser(latchkey)
      await browser.signIn(await latchkey.owner())
      await site.signIn(browser)
      await latchkey.sql("update app set required_acr = 'aal2' where id = 'raised'")
      assert.equal((await site.verify('/')).status, 303)
    })
  },
  { LATCHKEY_TRUST_PROXY: '127.0.0.1' },
)

async function addSite(
  t: TestContext,
  latchkey: TestLatchkey,
  name: string,
  ...args: string[]
): Promise<ForwardAuthSite> {
  const origin = `https://${name}.example.com`
  await addApp(t, latchkey, name, '--url', origin, '--forward-auth', ...args)
  return new ForwardAuthSite(latchkey, origin)
}

async function accountOf(latchkey: TestLatchkey, email: string): Promise<string> {
  const [row] = await latchkey.sql(`select id from account where email = '${email}'`)
  return row.id
}

function assertVerdict({ status, text }: Verified, expected: number, code: string): void {
  assert.equal(status, expected, text)
  assert.equal(JSON.parse(text).code, code)
}
