/** Debian’s Apache with mod_auth_openidc, configured by the lines of docs/apps.md. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Apache, ApacheVisitor, apacheSkipReason, startApache } from '../support/apache.ts'
import { AppBrowser } from '../support/app-browser.ts'
import { runApps } from '../support/apps.ts'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { codeBlock } from '../support/markdown.ts'
import type { Owner } from '../support/owner.ts'
import { pageConfigIn } from '../support/page-visit.ts'
import { waitUntil } from '../support/process.ts'
import { assertProblem, assertStatus } from '../support/responses.ts'
import { findFreePort, startHttpServer } from '../support/tcp.ts'

const page = 'docs/apps.md'
const skip = apacheSkipReason()

onDatabase('SQLite', (latchkey) => {
  /** Registers Apache and configures it as the page says, with the addresses of this test. */
  async function startSite(
    t: TestContext,
    { secret, more = '' }: { secret?: string; more?: string } = {},
  ): Promise<Apache> {
    const port = await findFreePort()
    const withAddresses = (text: string) =>
      text
        .replaceAll('http://localhost:4000', latchkey.origin)
        .replaceAll(/http:\/\/localhost(?!:)/g, `http://127.0.0.1:${port}`)
    const [, ...words] = withAddresses(
      codeBlock(page, 'sh', 'npx latchkey apps add Wiki --url http://localhost '),
    )
      .replaceAll(/\\\n|'/g, '')
      .split(/\s+/)
    assert.deepEqual(words.splice(0, 2), ['latchkey', 'apps'])
    await runApps(t, latchkey, 'remove', 'wiki')
    const added = await runApps(t, latchkey, ...words)
    assert.equal(added.code, 0, added.stderr)
    const [, printed = ''] = /Client secret {2}(\S+)/.exec(added.stdout) ?? []
    latchkey.markSecret(printed)
    const lines = withAddresses(codeBlock(page, 'apache', 'OIDCProviderMetadataURL'))
      .replace('CLIENT-SECRET', secret ?? printed)
      .replace('PASSPHRASE', 'a-passphrase-of-this-test')
    const stepUp = codeBlock(page, 'apache', '<Location /payments>')
    return startApache(t, { port, site: [lines, stepUp, more].join('\n') })
  }

  async function signIn(visitor: ApacheVisitor, owner: Owner, path = '/') {
    const asked = await visitor.open(path)
    assert.equal(asked.url.pathname, '/signin', asked.html)
    await visitor.browser.signIn(owner)
    return visitor.open((await visitor.browser.authorize(asked)).url)
  }

  test('Apache asks to sign in with the second factor, and its pages learn who came', {
    skip,
  }, async (t) => {
    const apache = await startSite(t)
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const visitor = new ApacheVisitor(apache, new AppBrowser(latchkey))
    const shown = await signIn(visitor, ada)
    assert.deepEqual([shown.status, shown.url.href], [200, `${apache.origin}/`])
    assert.match(shown.html, /<h1>Wiki<\/h1>/)
    assert.ok(shown.html.includes(`user=${ada.email}`), shown.html)
    assert.match(shown.html, /acr=aal2/)
    assert.equal(
      (await new ApacheVisitor(apache, new AppBrowser(latchkey)).open('/')).url.pathname,
      '/signin',
    )
  })

  test('an application behind Apache gets the claims as headers, and never those that a browser forges', {
    skip,
  }, async (t) => {
    const port = await startHttpServer(t, (request, response) =>
      response.end(JSON.stringify(request.headers)),
    )
    const apache = await startSite(t, { more: `ProxyPass /app http://127.0.0.1:${port}` })
    const ada = await latchkey.owner()
    const visitor = new ApacheVisitor(apache, new AppBrowser(latchkey))
    await signIn(visitor, ada)
    const forged = { OIDC_CLAIM_email: 'root@example.com', OIDC_CLAIM_groups: 'admins' }
    const headers = JSON.parse((await visitor.open('/app', forged)).html)
    assert.equal(headers.oidc_claim_email, ada.email)
    assert.equal(headers.oidc_claim_acr, 'aal1')
    assert.match(headers.oidc_claim_sub, /^[\w-]{10,}$/)
    assert.equal(headers.oidc_claim_groups, undefined)
  })

  test('a path of Apache asks for the second factor of those who came without it', {
    skip,
  }, async (t) => {
    const apache = await startSite(t)
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const browser = new AppBrowser(latchkey)
    // A trusted device: the password alone signs in.
    await browser.signIn(ada, true)
    const visitor = new ApacheVisitor(apache, browser)
    assert.match((await signIn(visitor, ada)).html, /acr=aal1/)

    const asked = await visitor.open('/payments/')
    const interaction = asked.url.searchParams.get('interaction') ?? ''
    const refused = await browser.call('/auth/Authorization', { interaction })
    assertProblem(refused, 401, 'insufficient_user_authentication')
    await browser.reauthenticate(ada)
    const shown = await visitor.open((await browser.authorize(asked)).url)
    assert.match(shown.html, /<h1>Payments<\/h1>/)
    assert.match(shown.html, /acr=aal2/)
  })

  test('who has no second factor gets an error of Apache there, and no loop', {
    skip,
  }, async (t) => {
    const apache = await startSite(t)
    const visitor = new ApacheVisitor(apache, new AppBrowser(latchkey))
    await signIn(visitor, await latchkey.owner())
    const asked = await visitor.open('/payments/')
    const before = visitor.requests
    const shown = await visitor.open((await visitor.browser.authorize(asked)).url)
    assert.doesNotMatch(shown.html, /<h1>Payments/)
    assert.match(shown.html, /<title>Error<\/title>/)
    assert.ok(visitor.requests - before < 3)
  })

  test('Apache asks for a recent sign-in by max_age', { skip }, async (t) => {
    const more = '<Location />\nOIDCPathAuthRequestParams max_age=60\n</Location>'
    const apache = await startSite(t, { more })
    const ada = await latchkey.owner()
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)
    travel(2 * 60_000)
    const visitor = new ApacheVisitor(apache, browser)
    const asked = await visitor.open('/')
    const interaction = asked.url.searchParams.get('interaction') ?? ''
    const refused = await browser.call('/auth/Authorization', { interaction })
    assertProblem(refused, 401, 'insufficient_user_authentication')
    await browser.reauthenticate(ada)
    const shown = await visitor.open((await browser.authorize(asked)).url)
    assert.match(shown.html, /<h1>Wiki<\/h1>/)
  })

  test('signing out at Apache ends the session here after a click, and comes back', {
    skip,
  }, async (t) => {
    const apache = await startSite(t)
    const visitor = new ApacheVisitor(apache, new AppBrowser(latchkey))
    const { browser } = visitor
    await signIn(visitor, await latchkey.owner())
    const back = encodeURIComponent(`${apache.origin}/`)
    const asked = await visitor.open(`/signed-in?logout=${back}`)
    const { provider } = pageConfigIn(asked.html)
    assert.equal(provider.app, 'Wiki')
    const token = browser.accessToken ?? ''
    assertStatus(await latchkey.get('/settings', { token }), 200)
    const redirectTo = await browser.confirmSignOut({ xsrf: provider.xsrf, logout: 'yes' })
    assert.equal(new URL(redirectTo ?? '').origin, apache.origin)
    assert.equal((await latchkey.get('/settings', { token })).status, 401)
    assert.equal((await visitor.open(redirectTo ?? '')).url.pathname, '/signin')
  })

  const ends = {
    'signing out here': (browser: AppBrowser) => browser.call('/auth/SignOut', {}),
    'ending it on the security page of another device': (_: AppBrowser, ada: Owner) =>
      ada.delete('/settings/Sessions'),
  }
  for (const [name, end] of Object.entries(ends)) {
    test(`${name} ends the session in Apache, and no other one`, { skip }, async (t) => {
      const apache = await startSite(t)
      const [ada, ben] = [await latchkey.owner(), await latchkey.owner()]
      const [visitor, other] = [
        new ApacheVisitor(apache, new AppBrowser(latchkey)),
        new ApacheVisitor(apache, new AppBrowser(latchkey)),
      ]
      await signIn(visitor, ada)
      await signIn(other, ben)
      assert.equal((await visitor.open('/')).status, 200)
      assert.equal((await visitor.open('/')).url.origin, apache.origin)
      const { status } = await end(visitor.browser, ada)
      assert.ok(status === 200 || status === 204, String(status))
      await waitUntil(async () => (await visitor.open('/')).url.origin === latchkey.origin)
      assert.match((await other.open('/')).html, new RegExp(`user=${ben.email}`))
    })
  }

  test('a wrong client secret is an error page and a clear line in the log of Apache, not a loop', {
    skip,
  }, async (t) => {
    const apache = await startSite(t, { secret: 'of-another-application' })
    const visitor = new ApacheVisitor(apache, new AppBrowser(latchkey))
    const shown = await signIn(visitor, await latchkey.owner())
    assert.ok(visitor.requests < 4)
    assert.doesNotMatch(shown.html, /<h1>Wiki/)
    assert.match(apache.log, /invalid_client/)
  })
})
