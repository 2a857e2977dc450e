/** The pages to which applications send people, in a browser. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import * as oidc from 'openid-client'
import type { Browser } from 'playwright-core'
import { apps as german } from '../../src/i18n/de/apps.ts'
import { apps as english } from '../../src/i18n/en/apps.ts'
import { AppClient } from '../support/app-client.ts'
import { addApp } from '../support/apps.ts'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import {
  assertPageOkInEveryAppearance,
  enterPassword,
  type PageVisit,
  visitPage,
} from '../support/page-visit.ts'
import { findFreePort } from '../support/tcp.ts'

onDatabase('SQLite', (latchkey) => {
  /** An application with a page of its own, to which people return. */
  async function startApp(t: TestContext, name: string, ...args: string[]): Promise<AppClient> {
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end(`<h1>Welcome to ${name}</h1>`)
    })
    const port = await findFreePort()
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
    t.after(() => server.close())
    const url = `http://127.0.0.1:${port}`
    const redirectUri = `${url}/callback`
    const uris = ['--url', url, '--redirect-uri', redirectUri]
    const app = await addApp(t, latchkey, name, ...uris, ...args)
    return AppClient.discover(latchkey, { ...app, redirectUri })
  }

  const visit = (browser: Browser, url: URL, locale = 'en-GB') =>
    visitPage(browser, url.href, { width: 1280, colorScheme: 'light', locale })

  async function arriveAt({ page, externalRequests }: PageVisit, name: string) {
    await page.getByRole('heading', { name: `Welcome to ${name}` }).waitFor()
    // Those of the application itself.
    externalRequests.length = 0
    return { url: new URL(page.url()), status: undefined, html: '' }
  }

  test('an owner signs in to an application with the second factor, and allows it, on pages without a fault', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const app = await startApp(t, 'wiki')
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { url, finish } = await app.start()
    const visited = await visit(browser, url)
    const { page } = visited
    await page.getByText('Sign in to go on to wiki.').waitFor()
    await assertPageOkInEveryAppearance(visited, 'signing in to an application')
    await enterPassword(page, ada)
    await page.getByLabel('Code').fill(await ada.codeFor('authenticator'))
    await page.keyboard.press('Enter')

    await page.getByRole('heading', { name: 'Allow wiki?' }).waitFor()
    await page.getByText('your email address').waitFor()
    await assertPageOkInEveryAppearance(visited, 'consent')
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    const tokens = await finish(await arriveAt(visited, 'wiki'))
    assert.deepEqual([tokens.claims()?.email, tokens.claims()?.acr], [ada.email, 'aal2'])

    // Next time at once.
    const again = await app.start()
    await page.goto(again.url.href)
    assert.ok((await again.finish(await arriveAt(visited, 'wiki'))).access_token)
  })

  test('an owner confirms the session where the application asks for a fresh sign-in, and signs out at its request', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const app = await startApp(t, 'bank', '--trusted')
    const ada = await latchkey.owner()
    const first = await app.start()
    const visited = await visit(browser, first.url)
    const { page } = visited
    await page.getByLabel('Email address').fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.keyboard.press('Enter')
    const tokens = await first.finish(await arriveAt(visited, 'bank'))

    travel(60_000)
    const { url, finish } = await app.start({ prompt: 'login' })
    await page.goto(url.href)
    await page.getByRole('heading', { name: 'Confirm that it’s you' }).waitFor()
    await assertPageOkInEveryAppearance(visited, 'confirming the session for an application')
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.keyboard.press('Enter')
    const fresh = await finish(await arriveAt(visited, 'bank'))
    assert.ok(Number(fresh.claims()?.auth_time) > Number(tokens.claims()?.auth_time))

    const signOut = oidc.buildEndSessionUrl(app.config, {
      id_token_hint: fresh.id_token ?? '',
      post_logout_redirect_uri: new URL(app.redirectUri).origin,
    })
    await page.goto(signOut.href)
    await page.getByRole('heading', { name: english.signOutTitle }).waitFor()
    await assertPageOkInEveryAppearance(visited, 'signing out at an application’s request')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await arriveAt(visited, 'bank')
    assert.equal((await oidc.tokenIntrospection(app.config, fresh.access_token)).active, false)
  })

  test('a request that can’t be answered gets a page of ours, in German as well', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const app = await startApp(t, 'broken', '--trusted')
    const { url } = await app.start({ redirect_uri: 'https://evil.example.com/' })
    const visited = await visit(browser, url, 'de-DE')
    await visited.page.getByRole('heading', { name: german.errorTitle }).waitFor()
    await visited.page.getByText('invalid_redirect_uri').waitFor()
    await assertPageOkInEveryAppearance(visited, 'an error')
  })

  test('form_post sends the code by a form, under a policy that runs that script alone', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const app = await startApp(t, 'posted', '--trusted')
    const ada = await latchkey.owner()
    const { url } = await app.start({ response_mode: 'form_post' })
    const visited = await visit(browser, url)
    const { page } = visited
    await page.getByLabel('Email address').fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.keyboard.press('Enter')
    await arriveAt(visited, 'posted')
    assert.deepEqual(visited.errors, [])
  })
})
