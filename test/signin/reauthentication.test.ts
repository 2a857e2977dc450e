import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { decodeToken } from '../support/forge-token.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'

/** The claims of an access token, not verified. */
function claimsOf(accessToken: string) {
  return decodeToken(accessToken).claims
}

const confirm = (ada: Owner, password = ada.password) =>
  ada.post('/auth/Reauthenticate', { password })

onEachDatabase((latchkey) => {
  beforeEach(() => travel(61 * 60_000))

  test('reauthenticating with the password renews the same session and creates no second one', async () => {
    const ada = await latchkey.owner()
    const first = claimsOf(ada.accessToken)
    travel(60_000)
    const { accessToken, refreshToken } = (await confirm(ada)).body
    const renewed = claimsOf(accessToken)
    assert.equal(renewed.sid, first.sid)
    assert.equal(renewed.sub, first.sub)
    assert.ok(renewed.auth_time >= first.auth_time + 60)
    assert.deepEqual(renewed.amr, ['pwd'])
    assert.equal((await sessionsOf(first.sub)).length, 1)

    const dead = await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken })
    assert.equal(dead.status, 401)
    const live = await latchkey.post('/auth/Refresh', { refreshToken })
    assert.equal(live.status, 200)
    assert.equal(claimsOf(live.body.accessToken).auth_time, renewed.auth_time)
  })

  test('while MFA is on, reauthentication renews the session only after the second factor', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const first = claimsOf(ada.accessToken)
    travel(60_000)
    const { body } = await confirm(ada)
    assert.equal(body.status, 'mfaRequired')
    assert.equal((await sessionsOf(first.sub))[0]?.authenticated_at < Date.now() - 59_000, true)

    const { mfaToken } = body
    const code = await ada.codeFor('authenticator')
    const finished = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
    const renewed = claimsOf(finished.body.accessToken)
    assert.equal(renewed.sid, first.sid)
    assert.ok(renewed.auth_time >= first.auth_time + 60)
    assert.deepEqual(renewed.amr, ['pwd', 'otp', 'mfa'])
    assert.equal((await sessionsOf(first.sub)).length, 1)
    const { refreshToken } = ada
    assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
  })

  test('reauthentication ends the previous access token, which does not become fresh', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    travel(60_000)
    const copiedToken = ada.accessToken
    const { mfaToken } = (await confirm(ada)).body
    assert.equal((await ada.get('/settings')).status, 200, 'valid until the second factor')
    const code = await ada.codeFor('authenticator')
    ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code }))
    for (const call of ['GET /settings', 'DELETE /settings/MfaSignIn']) {
      const [method = '', path = ''] = call.split(' ')
      const { status, body } = await latchkey.request(method, path, { token: copiedToken })
      assert.equal(`${status} ${body.code}`, '401 invalid_token', call)
    }
    assert.equal((await ada.delete('/settings/MfaSignIn')).status, 200)
  })

  test('reauthentication renews its own session, and no other of the same owner', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const first = claimsOf(ada.accessToken)
    await ada.signInFully()
    const second = claimsOf(ada.accessToken)
    assert.notEqual(second.sid, first.sid)
    travel(60_000)

    const { mfaToken } = (await confirm(ada)).body
    const code = await ada.codeFor('authenticator')
    const finished = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
    assert.equal(claimsOf(finished.body.accessToken).sid, second.sid)
    const sessions = await sessionsOf(first.sub)
    const untouched = sessions.find(({ id }) => id === first.sid)
    assert.ok(untouched?.authenticated_at < Date.now() - 59_000)
  })

  // Abuse case (Sessions and tokens): A token outlived its session (CVE-2026-9097).
  test('reauthentication does not revive a session that has ended meanwhile', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { mfaToken } = (await confirm(ada)).body
    assert.equal((await ada.post('/auth/SignOut')).status, 204)
    const code = await ada.codeFor('authenticator')
    const late = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
    assert.equal(late.status, 401)
    assert.equal((await ada.get('/settings/MfaSignIn')).status, 401)
    const { sub } = claimsOf(ada.accessToken)
    assert.ok((await sessionsOf(sub)).every(({ ended_at }) => ended_at !== null))
    assert.equal((await confirm(ada)).status, 401)
  })

  test('an old sign-in may read but not change settings, until its owner reauthenticates', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    travel(16 * 60_000)
    const { refreshToken } = ada
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, true)

    const tooOld = await ada.delete('/settings/MfaSignIn')
    assert.equal(tooOld.status, 401)
    assert.equal(tooOld.body.code, 'insufficient_user_authentication')
    assert.equal(
      tooOld.headers.get('www-authenticate'),
      'Bearer error="insufficient_user_authentication", max_age="900", acr_values="aal2"',
    )
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, true)

    const { mfaToken } = (await confirm(ada)).body
    assert.equal(
      (await ada.delete('/settings/MfaSignIn')).status,
      401,
      'the password is not enough',
    )
    const code = await ada.codeFor('authenticator')
    ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code }))
    const changed = await ada.delete('/settings/MfaSignIn')
    assert.equal(changed.status, 200)
    assert.equal(changed.body.enabled, false)
  })

  test('with MFA off, the password alone reauthenticates', async () => {
    const ada = await latchkey.owner()
    travel(16 * 60_000)
    const { refreshToken } = ada
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
    assert.equal(
      (await ada.post('/settings/MfaSecret')).body.code,
      'insufficient_user_authentication',
    )
    ada.storeTokens(await confirm(ada))
    assert.equal((await ada.post('/settings/MfaSecret')).status, 200)
  })

  test('an account that needs a new password gets password_reset_required, in a session that lives on, too', async () => {
    const ada = await latchkey.owner()
    const { email, password } = ada
    // As it is for a moment when an undo or an operator is faster than the check of the password.
    await latchkey.sql(
      `update account set password_reset_required_since = 1 where email = '${email}'`,
    )
    const refused = await ada.post('/auth/Reauthenticate', { password })
    assert.equal(refused.body.code, 'password_reset_required')
  })

  test('wrong passwords are counted per session, where no stranger can use the attempts up', async () => {
    const ada = await latchkey.owner()
    const oldToken = ada.accessToken
    for (let i = 0; i < 10; i++) {
      assert.equal((await confirm(ada, `guess ${i}`)).body.code, 'invalid_credentials')
    }
    const eleventh = await confirm(ada, 'guess 10')
    assert.equal(eleventh.status, 429)
    assert.ok(Number(eleventh.headers.get('retry-after')) > 3500)
    assert.equal((await confirm(ada)).status, 429, 'the right password too')

    ada.storeTokens(await ada.signIn())
    assert.equal((await confirm(ada)).status, 200, 'another session of the owner')
    assert.equal((await latchkey.get('/settings/MfaSignIn', { token: oldToken })).status, 200)
  })

  test('wrong passwords at sign-in do not prevent a session from reauthenticating', async () => {
    const ada = await latchkey.owner()
    const { email } = ada
    for (let i = 0; i < 11; i++) {
      await latchkey.post('/auth/SignIn', { email, password: `guess ${i}` })
    }
    assert.equal((await ada.signIn()).status, 429)
    assert.equal((await confirm(ada)).status, 200)
  })

  // Abuse case (Guessing): Concurrent guesses bypassed the limit (CVE-2023-47111).
  test('of a hundred concurrent wrong passwords, ten are checked', async () => {
    const ada = await latchkey.owner()
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => confirm(ada, `guess ${i}`)),
    )
    const checked = answers.filter(({ status }) => status === 401)
    assert.equal(checked.length, 10)
    assert.equal(answers.filter(({ status }) => status === 429).length, 90)
  })

  test('another account’s password, an oversized one and unknown fields do not reauthenticate', async () => {
    const [ada, bob] = [await latchkey.owner(), await latchkey.owner()]
    assert.equal((await confirm(ada, bob.password)).status, 401)
    assert.equal((await confirm(ada, 'x'.repeat(1025))).status, 400)
    assert.equal((await confirm(ada, 'é'.repeat(513))).status, 400)
    const { email, password } = bob
    for (const body of [
      {},
      { password, email },
      { password, userId: '1' },
      { password: [password] },
    ]) {
      assert.equal((await ada.post('/auth/Reauthenticate', body)).status, 400)
    }
    const { status, body } = await latchkey.post('/auth/Reauthenticate', { password })
    assert.equal(status, 401)
    assert.equal(body.code, 'missing_token')
  })

  function sessionsOf(account: string) {
    return latchkey.sql(
      `select id, authenticated_at, ended_at from session where account_id = '${account}'`,
    )
  }
})
