/** Owners see the applications that use their account, and remove them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oidc from 'openid-client'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { assertBody, assertProblem, assertStatus } from '../support/responses.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

onEachDatabase((latchkey) => {
  const isInactive = async (app: AppClient, token: string) =>
    !(await oidc.tokenIntrospection(app.config, token)).active

  /** Signs in to an application that asks for permission, and allows it. */
  async function allow(app: AppClient, browser: AppBrowser) {
    const { url, finish } = await app.start()
    const page = await browser.open(url)
    const question = page.url.pathname === '/consent' ? page : await browser.authorize(page)
    return finish(await browser.consent(question))
  }

  test('an allowed application is listed with what it may know, in activity, and in one mail', async (t) => {
    const app = await AppClient.register(t, latchkey, 'listed')
    const ada = await latchkey.owner()
    assert.deepEqual(assertStatus(await ada.get('/settings/Apps'), 200).body, { apps: [] })
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)
    await allow(app, browser)
    await app.signIn(browser)

    const [listed, ...others] = (await ada.get('/settings/Apps')).body.apps
    assert.deepEqual(others, [])
    const { since, lastUsedAt, ...about } = listed
    assert.deepEqual(about, {
      id: 'listed',
      name: 'listed',
      url: 'https://listed.example.com',
      scopes: ['openid', 'email'],
      trusted: false,
    })
    assert.ok(since <= lastUsedAt)
    const { sessions } = (await ada.get('/settings/Sessions')).body
    const apps = sessions.flatMap((session: { apps: object[] }) => session.apps)
    assert.deepEqual(apps, [{ id: 'listed', name: 'listed' }])

    const { activity } = (await ada.get('/settings/Activity')).body
    const [entry, ...more] = activity.filter(({ type }: { type: string }) => type === 'app.allowed')
    assert.deepEqual(more, [])
    assert.deepEqual(entry.detail, {
      ...{ app: 'listed', name: 'listed', scope: 'openid email', trusted: false },
    })
    const mails = (await latchkey.inbox(ada.email)).filter(({ subject }) => /listed/.test(subject))
    assert.equal(mails.length, 1)
    assert.match(mails[0]?.text ?? '', new RegExp(`${latchkey.origin}/security\\n`))
  })

  test('the first sign-in to a trusted application is in activity, and in one mail', async (t) => {
    const app = await AppClient.register(t, latchkey, 'owned', '--trusted')
    const ada = await latchkey.owner()
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)
    for (const _ of [1, 2]) await app.signIn(browser)
    const [listed] = (await ada.get('/settings/Apps')).body.apps
    assert.equal(listed.trusted, true)
    const { activity } = (await ada.get('/settings/Activity')).body
    const entries = activity.filter(({ type }: { type: string }) => type === 'app.allowed')
    assert.deepEqual(
      entries.map(({ detail }: { detail: { trusted: boolean } }) => detail.trusted),
      [true],
    )
    const mails = (await latchkey.inbox(ada.email)).filter(({ subject }) => /owned/.test(subject))
    assert.equal(mails.length, 1)
  })

  test('an application that is removed while it signs in twenty times gets nothing that works', async (t) => {
    const app = await AppClient.register(t, latchkey, 'racing')
    const ada = await latchkey.owner()
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)
    await allow(app, browser)
    const started = await Promise.all(Array.from({ length: 20 }, () => app.start()))
    const arrivals = started.map(({ url }) => browser.clone().open(url))
    const removed = ada.delete('/settings/Apps/racing')
    const tokens = await Promise.all(
      started.map(async ({ finish }, i) => {
        const arrival = await (arrivals[i] ?? assert.fail())
        if (arrival.status !== undefined) return undefined
        return finish(arrival).catch(() => undefined)
      }),
    )
    assertStatus(await removed, 200)
    assertBody(await ada.get('/settings/Apps'), 200, { apps: [] })
    for (const one of tokens) if (one) assert.ok(await isInactive(app, one.access_token))
  })

  test('removing an application ends its tokens and codes at once, and it has to ask again', async (t) => {
    const app = await AppClient.register(t, latchkey, 'gone')
    const other = await AppClient.register(t, latchkey, 'staying', '--trusted')
    const ada = await latchkey.owner()
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)
    const tokens = await allow(app, browser)
    const kept = await other.signIn(browser)
    const pending = await app.start()
    const code = await browser.open(pending.url)

    assertProblem(await ada.delete('/settings/Apps/unknown'), 404, 'not_found')
    const left = assertStatus(await ada.delete('/settings/Apps/gone'), 200).body.apps
    assert.deepEqual(
      left.map(({ id }: { id: string }) => id),
      ['staying'],
    )
    assert.ok(await isInactive(app, tokens.access_token))
    const refresh = () => oidc.refreshTokenGrant(app.config, tokens.refresh_token ?? '')
    await assert.rejects(refresh, { error: 'invalid_grant' })
    await assert.rejects(() => pending.finish(code), { error: 'invalid_grant' })
    assert.equal(await isInactive(other, kept.access_token), false)
    assertProblem(await ada.delete('/settings/Apps/gone'), 404, 'not_found')

    const again = await browser.open((await app.start()).url)
    assert.equal(again.url.pathname, '/consent')
    const { activity } = (await ada.get('/settings/Activity')).body
    assert.deepEqual(activity.find(({ type }: { type: string }) => type === 'app.removed').detail, {
      app: 'gone',
      name: 'gone',
    })
  })

  test('an account can’t remove the application of another one', async (t) => {
    const app = await AppClient.register(t, latchkey, 'shared', '--trusted')
    const ada = await latchkey.owner()
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)
    const tokens = await app.signIn(browser)
    const eve = await latchkey.owner()
    assertProblem(await eve.delete('/settings/Apps/shared'), 404, 'not_found')
    assert.equal(await isInactive(app, tokens.access_token), false)
  })

  test('an undo removes the applications that were allowed since the change, and no other', async (t) => {
    const before = await AppClient.register(t, latchkey, 'before')
    const since = await AppClient.register(t, latchkey, 'since')
    const ada = await latchkey.owner()
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)
    await allow(before, browser)
    await ada.changePassword('a sentence of a thief')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    const thief = new AppBrowser(latchkey)
    await thief.signIn(ada)
    const tokens = await allow(since, thief)
    assertStatus(await latchkey.post('/auth/Undo', { token }), 200)
    assert.ok(await isInactive(since, tokens.access_token))
    const rows = await latchkey.sql(
      "select app_id from account_app where app_id in ('before', 'since')",
    )
    assert.deepEqual(
      rows.map(({ app_id }) => app_id),
      ['before'],
    )
    const consents = await latchkey.sql("select * from app_consent where app_id = 'since'")
    assert.deepEqual(consents, [])
  })
})
