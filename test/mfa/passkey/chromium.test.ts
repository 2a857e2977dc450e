/** Chromium creates and uses these passkeys by its WebAuthn API, as it does for people. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { startChromium } from '../../support/chromium.ts'
import { travel } from '../../support/clock.ts'
import { type ApiResponse, type CallOptions, onDatabase } from '../../support/latchkey.ts'
import type { Owner } from '../../support/owner.ts'
import {
  openWebAuthnPage,
  turnOnInBrowser,
  type VirtualAuthenticatorOptions,
  type WebAuthnPage,
} from '../../support/virtual-authenticator.ts'

/** A security key without user verification and discoverable credentials. */
const securityKey: VirtualAuthenticatorOptions = {
  transport: 'usb',
  hasResidentKey: false,
  hasUserVerification: false,
  isUserVerified: false,
}

onDatabase('SQLite', (latchkey) => {
  /** A page with each of these authenticators, or none where there is no browser. */
  async function open(
    t: TestContext,
    ...kinds: VirtualAuthenticatorOptions[]
  ): Promise<WebAuthnPage[]> {
    const browser = await startChromium(t)
    if (!browser) return []
    return Promise.all(kinds.map((kind) => openWebAuthnPage(browser, `${latchkey.origin}/`, kind)))
  }

  async function add(ada: Owner, tab: WebAuthnPage): Promise<ApiResponse> {
    const { options } = (await ada.startPasskeyRegistration()).body
    return ada.post('/settings/Passkeys/Verify', { response: await tab.create(options) })
  }

  async function signIn(
    tab: WebAuthnPage,
    request: object = {},
    call: CallOptions = {},
  ): Promise<ApiResponse> {
    const begun = await latchkey.post('/auth/SignIn/Passkey', request, call)
    const { options, passkeyToken } = begun.body
    const response = await tab.get(options)
    return latchkey.post('/auth/SignIn/Passkey/Verify', { passkeyToken, response }, call)
  }

  const amrOf = async (ada: Owner) => (await ada.get('/settings/Sessions')).body.sessions[0].amr

  test('Chromium creates a passkey and uses it as the second factor of a sign-in', async (t) => {
    const [tab] = await open(t, {})
    if (!tab) return
    const ada = await latchkey.owner()
    const added = await add(ada, tab)
    assert.equal(added.status, 201, JSON.stringify(added.body))
    assert.deepEqual((await ada.get('/settings/Passkeys')).body.passkeys, [added.body])
    await turnOnInBrowser(ada, tab)

    const { mfaMethod, mfaToken } = (await ada.signIn()).body
    assert.equal(mfaMethod, 'passkey')
    ada.storeTokens(await signIn(tab, { mfaToken }))
    assert.deepEqual(await amrOf(ada), ['pwd', 'hwk', 'user', 'mfa'])
    const [used] = (await ada.get('/settings/Passkeys')).body.passkeys
    assert.notEqual(used.lastUsedAt, null)
  })

  test('Chromium signs in with a passkey alone, without an email address, until the passkey is removed', async (t) => {
    const [tab] = await open(t, {})
    if (!tab) return
    const ada = await latchkey.owner()
    const { id } = (await add(ada, tab)).body
    ada.storeTokens(await signIn(tab))
    assert.deepEqual(await amrOf(ada), ['hwk', 'user', 'mfa'])
    assert.equal((await ada.get('/settings')).body.email, ada.email)

    assert.deepEqual((await ada.delete(`/settings/Passkeys/${id}`)).body.passkeys, [])
    const late = await signIn(tab)
    assert.deepEqual([late.status, late.body.code], [401, 'invalid_passkey'])
  })

  test('Chromium reauthenticates a session with its passkey', async (t) => {
    const [tab] = await open(t, {})
    if (!tab) return
    const ada = await latchkey.owner()
    await add(ada, tab)
    await turnOnInBrowser(ada, tab)
    travel(901_000)
    const { refreshToken } = ada
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
    const stale = await ada.delete('/settings/MfaSignIn')
    assert.equal(stale.body.code, 'insufficient_user_authentication')

    ada.storeTokens(await signIn(tab, {}, { token: ada.accessToken }))
    assert.equal((await ada.get('/settings/Sessions')).body.sessions.length, 1)
    assert.equal((await ada.delete('/settings/MfaSignIn')).body.enabled, false)
  })

  test('a security key without user verification and discoverable credentials is a second factor, beside a passkey with both', async (t) => {
    const [laptop, key] = await open(t, {}, securityKey)
    if (!laptop || !key) return
    const ada = await latchkey.owner()
    assert.equal((await add(ada, key)).status, 201)
    await turnOnInBrowser(ada, key)
    assert.equal((await add(ada, laptop)).status, 201)
    for (const tab of [laptop, key]) {
      const { mfaToken } = (await ada.signIn()).body
      ada.storeTokens(await signIn(tab, { mfaToken }))
    }
    const { options } = (await latchkey.post('/auth/SignIn/Passkey', {})).body
    assert.equal(await key.get({ ...options, timeout: 500 }), 'NotAllowedError')
  })

  // Abuse case (Passkeys): A found passkey signed a stranger in without fingerprint or PIN.
  test('without user verification, a stolen passkey signs nobody in and confirms no session, even on a modified page', async (t) => {
    const [tab, key] = await open(t, {}, securityKey)
    if (!tab || !key) return
    const ada = await latchkey.owner()
    for (const one of [tab, key]) assert.equal((await add(ada, one)).status, 201)
    await tab.setUserVerified(false)

    /** Signs in by a page that discourages user verification. */
    const withoutVerification = async (one: WebAuthnPage, call: CallOptions = {}) => {
      const { options, passkeyToken } = (await latchkey.post('/auth/SignIn/Passkey', {}, call)).body
      assert.equal(await one.get({ ...options, timeout: 500 }), 'NotAllowedError')
      const response = await one.get({ ...options, userVerification: 'discouraged' })
      assert.equal(typeof response.id, 'string', response)
      return latchkey.post('/auth/SignIn/Passkey/Verify', { passkeyToken, response }, call)
    }
    const call = { token: ada.accessToken }
    for (const refused of [
      await withoutVerification(tab),
      await withoutVerification(tab, call),
      await withoutVerification(key, call),
    ]) {
      assert.deepEqual([refused.status, refused.body.code], [401, 'invalid_passkey'])
    }
    await tab.setUserVerified(true)
    ada.storeTokens(await signIn(tab))
  })

  test('Chromium creates no second passkey for an account on the same authenticator', async (t) => {
    const [tab] = await open(t, {})
    if (!tab) return
    const ada = await latchkey.owner()
    await add(ada, tab)
    const { options } = (await ada.startPasskeyRegistration()).body
    assert.equal(await tab.create(options), 'InvalidStateError')
    // Another account may have one there.
    const eve = await latchkey.owner()
    assert.equal((await add(eve, tab)).status, 201)
  })

  // Abuse case (Passkeys): Another site on the same host obtained an assertion and replayed it to
  // the service.
  test('an assertion or a registration from another origin in Chromium is rejected', async (t) => {
    const [tab] = await open(t, {})
    if (!tab) return
    const ada = await latchkey.owner()
    await add(ada, tab)
    const port = await startAnotherSite(t)

    // Chromium rejects another host; the service has to reject another port of its own.
    await tab.page.goto(`http://127.0.0.1:${port}/`)
    const { options } = (await latchkey.post('/auth/SignIn/Passkey', {})).body
    assert.equal(await tab.get(options), 'SecurityError')
    await tab.page.goto(`http://localhost:${port}/`)
    const refused = await signIn(tab)
    assert.deepEqual([refused.status, refused.body.code], [401, 'invalid_passkey'])
    await tab.page.goto(`${latchkey.origin}/`)
    ada.storeTokens(await signIn(tab))

    await tab.page.goto(`http://localhost:${port}/`)
    const added = await add(await latchkey.owner(), tab)
    assert.deepEqual([added.status, added.body.code], [401, 'invalid_passkey'])
  })
})

/** Starts another site, for any host name. @returns its port */
async function startAnotherSite(t: TestContext): Promise<number> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Elsewhere</title>')
  })
  t.after(() => server.close())
  await once(server.listen(0), 'listening')
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
