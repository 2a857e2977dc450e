/** Forward authentication by nginx and Caddy, with the lines of docs/forward-auth.md. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AppBrowser } from '../support/app-browser.ts'
import { addApp } from '../support/apps.ts'
import { type ProtectedSite, startProtectedSite } from '../support/forward-auth-proxy.ts'
import { onDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { assertStatus } from '../support/responses.ts'
import { type ProxyName, proxyNames, skipReason } from '../support/reverse-proxies.ts'

/** Names that applications may read as the headers of the proxy. */
const forged = {
  'remote-user': 'admin',
  'remote-email': 'admin@example.com',
  'remote-name': 'admin',
  'remote-groups': 'admin',
  remote_user: 'admin',
  'x-forwarded-uri': '/forged',
  'x-forwarded-method': 'GET',
}

const programs = await Promise.all(
  proxyNames.map(async (name) => ({ name, options: { skip: await skipReason(name) } })),
)

onDatabase(
  'SQLite',
  (latchkey) => {
    for (const { name, options } of programs) {
      test(`${name} lets people pass who sign in, until their session ends`, options, async (t) => {
        const site = await startSite(t, latchkey, name, 'wiki')
        const browser = new AppBrowser(latchkey)
        const ada = await latchkey.owner()
        await browser.signIn(ada)
        const returned = await signIn(site, browser, '/page?a=b%20c')
        assert.equal(returned.headers.location, `${site.origin}/page?a=b%20c`)
        assert.equal(site.seen.length, 0)

        const page = await site.send('/page?a=b%20c')
        assert.deepEqual([page.status, page.text], [200, 'the application'])
        assert.equal(site.seen.at(-1)?.['remote-email'], ada.email)
        const posted = await site.send('/page', { method: 'POST', body: 'a=b' })
        assert.equal(posted.status, 200)

        assertStatus(await browser.call('/auth/SignOut', {}), 204)
        assert.equal((await site.send('/page')).status, 303)
        const refused = await site.send('/page', { method: 'POST', body: 'a=b' })
        assert.equal(refused.status, 401)
        assert.equal(JSON.parse(refused.text).code, 'sign_in_required')
        assert.equal(site.seen.length, 2)
      })

      test(
        `${name} hands on no identity header that the browser itself sends`,
        options,
        async (t) => {
          const site = await startSite(t, latchkey, name, 'forged')
          assert.equal((await site.send('/', { headers: forged })).status, 303)
          const refused = await site.send('/', { method: 'POST', headers: forged, body: 'a=b' })
          assert.equal(refused.status, 401)
          const browser = new AppBrowser(latchkey)
          await browser.signIn(await latchkey.owner())
          await signIn(site, browser)
          assert.equal((await site.send('/', { headers: forged })).status, 200)
          const [headers = {}] = site.seen
          const remote = Object.entries(headers).filter(([header]) => /^remote/.test(header))
          assert.deepEqual(remote.map(([header]) => header).sort(), ['remote-email', 'remote-user'])
          assert.ok(!remote.some(([, value]) => value?.includes('admin')))
        },
      )

      test(
        `${name} protects each host by its own sign-in, whatever the Host header says`,
        options,
        async (t) => {
          const [own, other] = [
            await startSite(t, latchkey, name, 'own'),
            await startSite(t, latchkey, name, 'foreign'),
          ]
          const browser = new AppBrowser(latchkey)
          await browser.signIn(await latchkey.owner())
          await signIn(own, browser)
          for (const [cookie, value] of own.cookies) other.cookies.set(cookie, value)
          const { host } = new URL(own.origin)
          const headers = { host, 'x-forwarded-host': host }
          for (const path of ['/', `${other.origin}/`]) {
            await other.send(path)
            await other.send(path, { headers })
          }
          // Caddy answers for hosts that it does not know with an empty 200.
          assert.equal(other.seen.length, 0)
        },
      )
    }
  },
  { LATCHKEY_TRUST_PROXY: '127.0.0.1' },
)

async function startSite(
  t: TestContext,
  latchkey: TestLatchkey,
  proxy: ProxyName,
  app: string,
): Promise<ProtectedSite> {
  const name = `${app}-${proxy.toLowerCase()}`
  const host = `${name}.example.com`
  const latchkeyPort = latchkey.environment.LATCHKEY_PORT
  const site = await startProtectedSite(t, proxy, { host, latchkeyPort })
  await addApp(t, latchkey, name, '--url', site.origin, '--forward-auth')
  return site
}

/** Opens a page, and signs in on the way. @returns the response to the return from there */
async function signIn(site: ProtectedSite, browser: AppBrowser, path = '/') {
  const { headers } = await site.send(path)
  const arrival = await browser.open(headers.location ?? '')
  const back = arrival.status === undefined ? arrival : await browser.authorize(arrival)
  return site.send(back.url.pathname + back.url.search)
}
