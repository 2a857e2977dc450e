/** Devices: which sign-ins make them known, how they keep their token, and what their being known opens. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanUp } from '../../src/retention.ts'
import { openDatabase } from '../../src/store/open.ts'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { addPasskey, requestMfaToken, signInWithPasskey } from '../support/passkeys.ts'
import { assertMfaRequired, assertSignedIn, assertStatus } from '../support/responses.ts'
import { transactionOn } from '../support/transaction.ts'

const day = 86_400_000

onEachDatabase((latchkey) => {
  const signIn = ({ email, password }: Owner, deviceToken?: string) =>
    latchkey.post('/auth/SignIn', { email, password, ...(deviceToken && { deviceToken }) })

  /** The devices of an account, oldest first. */
  function devicesOf({ email }: Owner): Promise<{ id: string; first_seen_at: number }[]> {
    return latchkey.sql(
      `select id, first_seen_at from device
       where account_id = (select id from account where email = '${email}') order by id`,
    )
  }

  // Abuse case (Trusted devices): A forged or truncated device token, or another account’s, was
  // accepted (GHSA-h6mp-mc7g-mg49).
  test('a sign-in without deviceToken gets one, with its own it keeps it, and with another account’s it gets a new one', async () => {
    const ada = await latchkey.owner()
    const { deviceToken } = assertSignedIn(await signIn(ada))
    assert.match(deviceToken, /^[\w-]{43}$/)
    assert.equal(assertSignedIn(await signIn(ada, deviceToken)).deviceToken, deviceToken)
    assert.equal((await devicesOf(ada)).length, 2)

    const eve = await latchkey.owner()
    const foreign = [
      eve.deviceToken,
      deviceToken.slice(1),
      deviceToken.slice(0, -1),
      `${deviceToken}a`,
      'x'.repeat(43),
      'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.',
      'x'.repeat(2048),
      '.',
      '\u0000\u{1f600}',
    ]
    const tokens = new Set([deviceToken])
    for (const token of foreign) {
      const answer = await signIn(ada, token)
      // JSON may not contain this character.
      if (token.includes('\u0000')) assertStatus(answer, 400)
      else tokens.add(assertSignedIn(answer).deviceToken)
    }
    assert.equal(tokens.size, foreign.length)
    for (const token of foreign) assert.ok(!tokens.has(token))
    assert.equal((await devicesOf(eve)).length, 1)
  })

  test('every way of signing in returns the device’s token, and Refresh and Reauthenticate return none and make none', async () => {
    const ada = await latchkey.owner()
    const { deviceToken } = ada
    assert.match(deviceToken, /^[\w-]{43}$/, 'of the sign-up')
    await ada.turnOn('authenticator')

    const withCode = async () => {
      const { mfaToken } = assertMfaRequired(await signIn(ada, deviceToken))
      const code = ada.authenticator.nextCode()
      return latchkey.post('/auth/SignIn/Mfa', { mfaToken, code, deviceToken })
    }
    ada.storeTokens(await withCode())
    assert.equal(ada.deviceToken, deviceToken)
    ada.passkey = await addPasskey(latchkey, ada)
    const alone = await signInWithPasskey(latchkey, ada.passkey, { deviceToken })
    assert.equal(assertSignedIn(alone).deviceToken, deviceToken)
    const mfaToken = await requestMfaToken(ada)
    const second = await signInWithPasskey(latchkey, ada.passkey, { mfaToken, deviceToken })
    assert.equal(assertSignedIn(second).deviceToken, deviceToken)
    assert.equal((await devicesOf(ada)).length, 1)

    const { refreshToken } = ada
    const refreshed = ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
    const started = await ada.post('/auth/Reauthenticate', { password: ada.password })
    const confirmed = await latchkey.post('/auth/SignIn/Mfa', {
      mfaToken: assertMfaRequired(started).mfaToken,
      code: ada.authenticator.nextCode(),
    })
    for (const answer of [refreshed, confirmed]) {
      assert.equal(assertSignedIn(answer).deviceToken, undefined)
    }
    assert.equal((await devicesOf(ada)).length, 1)
  })

  test('a sign-in stays on the device that it began on, if its token is not sent again', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    travel(31_000)
    ada.passkey = await addPasskey(latchkey, ada)
    const { deviceToken } = ada
    const [device] = await devicesOf(ada)

    const { mfaToken } = assertMfaRequired(await signIn(ada, deviceToken))
    const code = ada.authenticator.nextCode()
    const byCode = assertSignedIn(await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code }))
    const again = assertMfaRequired(await signIn(ada, byCode.deviceToken))
    const byPasskey = await signInWithPasskey(latchkey, ada.passkey, { mfaToken: again.mfaToken })
    const { deviceToken: latest } = assertSignedIn(byPasskey)
    assert.deepEqual(await devicesOf(ada), [device])

    const last = assertMfaRequired(await signIn(ada, latest))
    const finish = {
      mfaToken: last.mfaToken,
      code: ada.authenticator.nextCode(),
      deviceToken: latest,
    }
    const finished = await latchkey.post('/auth/SignIn/Mfa', finish)
    assert.equal(assertSignedIn(finished).deviceToken, latest)
    assert.deepEqual(await devicesOf(ada), [device])
  })

  // Abuse case (Trusted devices): A device that had only signed in skipped the second factor.
  test('a known device that is not remembered never skips the second factor', async () => {
    const ada = await latchkey.owner()
    const { deviceToken } = ada
    await ada.turnOn('authenticator')
    const signInOn = async (token: string) => {
      const { mfaToken } = assertMfaRequired(await signIn(ada, token))
      const code = ada.authenticator.nextCode()
      return latchkey.post('/auth/SignIn/Mfa', { mfaToken, code, deviceToken: token })
    }
    for (let i = 0; i < 3; i++) ada.storeTokens(await signInOn(deviceToken))
    assertMfaRequired(await signIn(ada, deviceToken))
    assert.deepEqual((await ada.get('/settings/TrustedDevices')).body.trustedDevices, [])
    assert.equal((await ada.get('/settings')).body.trustedDevices, 0)
  })

  test('revoking the trust in a device, or letting it expire, leaves it known', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const remember = async (deviceToken: string) => {
      const { mfaToken } = assertMfaRequired(await signIn(ada, deviceToken))
      const code = ada.authenticator.nextCode()
      const body = { mfaToken, code, deviceToken, rememberDevice: true }
      const answer = ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', body))
      assert.equal(answer.body.deviceToken, deviceToken)
    }
    const { deviceToken } = ada
    const [device] = await devicesOf(ada)
    await remember(deviceToken)
    assertSignedIn(await signIn(ada, deviceToken))
    assertStatus(await ada.delete('/settings/TrustedDevices'), 200)
    assertMfaRequired(await signIn(ada, deviceToken))
    await remember(deviceToken)
    travel(30 * day)
    await remember(deviceToken)
    assertSignedIn(await signIn(ada, deviceToken))
    assert.deepEqual(await devicesOf(ada), [device])
  })

  test('signing out, a reset and a deletion of the trust keep the time at which a device was first seen', async () => {
    const ada = await latchkey.owner()
    const { deviceToken } = ada
    const [device] = await devicesOf(ada)
    travel(day)
    await ada.post('/auth/SignOut')
    await ada.resetPassword('a whole new sentence')
    assert.equal(assertSignedIn(await signIn(ada, deviceToken)).deviceToken, deviceToken)
    assert.deepEqual(await devicesOf(ada), [device])
  })

  // Abuse case (Trusted devices): A thief’s many sign-ins pushed out the devices of the owner.
  test('many sign-ins without a token push out no device that its owner has used again', async () => {
    const ada = await latchkey.owner()
    const { deviceToken } = ada
    const [device] = await devicesOf(ada)
    travel(day)
    assertSignedIn(await signIn(ada, deviceToken))
    for (let i = 0; i < 12; i++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => signIn(ada)))
      for (const answer of answers) assertSignedIn(answer)
      travel(1000)
    }
    const devices = await devicesOf(ada)
    assert.equal(devices.length, 100)
    assert.deepEqual(devices[0], device)
    const { deviceToken: latest } = assertSignedIn(await signIn(ada))
    assert.equal(assertSignedIn(await signIn(ada, latest)).deviceToken, latest)
    assert.equal(assertSignedIn(await signIn(ada, deviceToken)).deviceToken, deviceToken)
  })

  test('a device is deleted 400 days after its last sign-in', async (t) => {
    const ada = await latchkey.owner()
    travel(399 * day)
    const { deviceToken } = assertSignedIn(await signIn(ada))
    assert.equal((await devicesOf(ada)).length, 2)
    travel(2 * day)
    const db = openDatabase(latchkey.environment.LATCHKEY_DATABASE_URL ?? '')
    t.after(() => db.destroy())
    await cleanUp(db, transactionOn(db))
    assert.equal((await devicesOf(ada)).length, 1)
    assert.equal(assertSignedIn(await signIn(ada, deviceToken)).deviceToken, deviceToken)
  })

  test('in a browser the cookie of the device lasts 400 days from each sign-in, and people who share it keep their devices', async () => {
    const owners = await Promise.all(Array.from({ length: 6 }, () => latchkey.owner()))
    let cookie = ''
    const signInHere = async ({ email, password }: Owner): Promise<ApiResponse> => {
      const headers = {
        origin: latchkey.origin,
        'latchkey-session': 'cookie',
        ...(cookie && { cookie }),
      }
      const answer = await latchkey.post('/auth/SignIn', { email, password }, { headers })
      const line = answer.headers.getSetCookie().find((set) => set.startsWith('latchkey-device='))
      assert.match(line ?? '', /; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Strict$/)
      assert.equal('deviceToken' in assertSignedIn(answer), false)
      cookie = line?.split(';')[0] ?? ''
      return answer
    }
    for (let round = 0; round < 3; round++) {
      for (const owner of owners.slice(0, 5)) await signInHere(owner)
    }
    for (const owner of owners.slice(0, 5)) assert.equal((await devicesOf(owner)).length, 2)
    assert.equal(cookie.split('.').length, 5)

    const [, ...others] = owners
    for (const owner of others.toReversed()) await signInHere(owner)
    assert.equal(cookie.split('.').length, 5)
    for (const owner of owners) assert.equal((await devicesOf(owner)).length, 2)
  })
})
