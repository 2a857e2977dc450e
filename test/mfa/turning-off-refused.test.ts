import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import { mfaNoticesTo, openSecondSession, submitMfaCode } from '../support/mfa.ts'
import type { Owner } from '../support/owner.ts'
import { openPasswordOnlySession } from '../support/password-only-session.ts'

function assertStepUp(answer: ApiResponse, acr: string): void {
  assert.equal(answer.status, 401)
  assert.equal(answer.body.code, 'insufficient_user_authentication')
  assert.equal(
    answer.headers.get('www-authenticate'),
    `Bearer error="insufficient_user_authentication", max_age="900", acr_values="${acr}"`,
  )
}

function assertInvalidToken(answer: ApiResponse): void {
  assert.equal(answer.status, 401)
  assert.equal(answer.body.code, 'invalid_token')
  assert.equal(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
}

async function assertStillOn(owner: Owner): Promise<void> {
  assert.equal((await owner.signIn()).body.status, 'mfaRequired')
}

onEachDatabase((latchkey) => {
  // Abuse case (Input and output): Another site made a signed-in browser turn MFA off: its cookie
  // was enough.
  test('nobody turns MFA off without a token', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const refused = await latchkey.delete('/settings/MfaSignIn')
    assert.equal(refused.status, 401)
    assert.equal(refused.body.code, 'missing_token')
    assert.equal(refused.headers.get('www-authenticate'), 'Bearer')

    const elsewhere = [
      latchkey.delete(`/settings/MfaSignIn?access_token=${ada.accessToken}`),
      latchkey.delete('/settings/MfaSignIn', { headers: { cookie: `token=${ada.accessToken}` } }),
      latchkey.delete('/settings/MfaSignIn', { headers: { 'x-access-token': ada.accessToken } }),
      latchkey.delete('/settings/MfaSignIn', { body: { access_token: ada.accessToken } }),
    ]
    for (const answer of await Promise.all(elsewhere)) {
      assert.equal(
        answer.body.code,
        'missing_token',
        'a token counts only in the Authorization header',
      )
    }
    await assertStillOn(ada)
  })

  test('anything but a valid token in the Authorization header gets a 401 invalid_token', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const waiting = await ada.signIn()
    const token = ada.accessToken
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const otherFirst = signature.startsWith('A') ? 'B' : 'A'
    const headers = [
      '',
      'Bearer',
      'Bearer ',
      'bearer null',
      'Bearer undefined',
      'Bearer {}',
      'Bearer .',
      'Bearer ..',
      'Bearer a.b.c',
      'Basic YWRhOnBhc3N3b3Jk',
      `Digest ${token}`,
      `Token ${token}`,
      token,
      `Bearer${token}`,
      `Bearer\t${token}`,
      `Bearer "${token}"`,
      `Bearer ${token}, Bearer ${token}`,
      `Bearer ${token} ${token}`,
      `Bearer ${token}.`,
      `Bearer ${token}=`,
      `Bearer .${token}`,
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${header}.${payload}`,
      `Bearer ${header}.${payload}.`,
      `Bearer ${header}.${payload}.${otherFirst}${signature.slice(1)}`,
      `Bearer ${payload}.${header}.${signature}`,
      `Bearer ${token.toLowerCase()}`,
      `Bearer ${'a'.repeat(12_000)}`,
      `Bearer ${'.'.repeat(5000)}`,
      `Bearer ${waiting.body.mfaToken}`,
      `Bearer ${ada.refreshToken}`,
      `Bearer tok\u00e9n`,
    ]
    for (const authorization of headers) {
      const answer = await latchkey.delete('/settings/MfaSignIn', { headers: { authorization } })
      assertInvalidToken(answer)
    }
    await assertStillOn(ada)
  })

  test('malformed header bytes get a 4xx, never a 5xx', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const port = Number(new URL(latchkey.origin).port)
    const lines: [string, RegExp][] = [
      ['Authorization: Bearer \xff\xfe\x80', /^HTTP\/1\.1 401 /],
      ['Authorization:\tBearer', /^HTTP\/1\.1 401 /],
      ['Authorization: Bearer x\r\nAuthorization: Bearer y', /^HTTP\/1\.1 40[01] /],
      ['Authorization: Bearer a\x00b', /^HTTP\/1\.1 400 /],
      ['Authorization: Bearer a\rb', /^HTTP\/1\.1 400 /],
      ['Authorization : Bearer a', /^HTTP\/1\.1 400 /],
      ['Authorization: Bearer a\r\n b', /^HTTP\/1\.1 40[01] /],
      [`Authorization: Bearer ${'a'.repeat(40_000)}`, /^HTTP\/1\.1 431 /],
    ]
    for (const [line, expected] of lines) {
      const answer = await send(
        port,
        `DELETE /settings/MfaSignIn HTTP/1.1\r\nHost: localhost\r\n${line}\r\nConnection: close\r\n\r\n`,
      )
      assert.match(answer, expected, JSON.stringify(line))
      assert.match(answer, /application\/problem\+json/)
      if (answer.startsWith('HTTP/1.1 401')) assert.match(answer, /\r\nwww-authenticate: Bearer/i)
    }
    await assertStillOn(ada)
  })

  test('a body sent with DELETE is validated like any other, and has no effect', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const json = { 'content-type': 'application/json' }
    const refused = [
      { body: '{', headers: json, status: 400 },
      { body: '{"a":"\\u0000"}', headers: json, status: 400 },
      { body: 'a=b', headers: { 'content-type': 'text/plain' }, status: 415 },
      { body: `"${'a'.repeat(17_000)}"`, headers: json, status: 413 },
    ]
    for (const { status, ...call } of refused) {
      assert.equal((await ada.delete('/settings/MfaSignIn', call)).status, status)
    }
    await assertStillOn(ada)
    assert.equal((await ada.delete('/settings/MfaSignIn', { body: {} })).body.enabled, false)
  })

  test('an expired token does not turn MFA off', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    travel(601_000)
    assertInvalidToken(await ada.delete('/settings/MfaSignIn'))
    await assertStillOn(ada)
  })

  test('a token for another audience does not turn MFA off', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await latchkey.restart({ LATCHKEY_AUDIENCE: 'another-service' })
    assertInvalidToken(await ada.delete('/settings/MfaSignIn'))
    await latchkey.restart({ LATCHKEY_AUDIENCE: '' })
    assert.equal((await ada.delete('/settings/MfaSignIn')).status, 200)
  })

  test('a token does not turn MFA off after its session has signed out', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    assert.equal((await ada.post('/auth/SignOut')).status, 204)
    assertInvalidToken(await ada.delete('/settings/MfaSignIn'))
    await assertStillOn(ada)
  })

  test('a session that ended when another turned MFA on does not turn it off', async () => {
    const ada = await latchkey.owner()
    const thief = await openSecondSession(latchkey, ada)
    await ada.turnOn('authenticator')
    assertInvalidToken(await thief.delete('/settings/MfaSignIn'))
    await assertStillOn(ada)
  })

  // Abuse case (MFA changed by an attacker): A password-only session turned
  // MFA off (CVE-2026-3429).
  test('a password-only session is too weak to turn MFA off, and is told which sign-in is strong enough', async () => {
    for (const [mfaMethod, acr] of [
      ['authenticator', 'aal2'],
      ['email', 'aal1'],
    ] as const) {
      const ada = await latchkey.owner({ mfaMethod })
      const weak = await openPasswordOnlySession(latchkey, ada)

      assert.equal((await weak.get('/settings/MfaSignIn')).body.enabled, true)
      assertStepUp(await weak.delete('/settings/MfaSignIn'), acr)
      assert.deepEqual(
        (await mfaNoticesTo(latchkey, ada.email)).map(({ subject }) => subject),
        ['Your second step for Latchkey is on'],
      )
      await weak.signInFully()
      assert.equal((await weak.delete('/settings/MfaSignIn')).status, 200)
    }
  })

  // Abuse case (MFA changed by an attacker): Every sign-in counted as
  // recent, because a refresh renewed it (GHSA-hp74-gm6m-2qm5).
  test('a sign-in that is too old does not turn MFA off, however fresh its token, until it is confirmed', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.signInFully()
    const { refreshToken } = ada
    travel(901_000)
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
    assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
    assertStepUp(await ada.delete('/settings/MfaSignIn'), 'aal2')

    const begun = await ada.post('/auth/Reauthenticate', { password: ada.password })
    assert.equal(begun.body.status, 'mfaRequired', 'the password alone does not renew the sign-in')
    assertStepUp(await ada.delete('/settings/MfaSignIn'), 'aal2')
    ada.storeTokens(await submitMfaCode(latchkey, begun, { code: ada.authenticator.nextCode() }))
    assert.equal((await ada.delete('/settings/MfaSignIn')).status, 200)
  })

  test('a sign-in of less than fifteen minutes ago is recent enough', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.signInFully()
    travel(895_000)
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
    assert.equal((await ada.delete('/settings/MfaSignIn')).status, 200)
  })
})

onEachDatabase(
  (latchkey) => {
    // Abuse case (MFA changed by an attacker): The policy required MFA, but
    // one call did not enforce it.
    test('where MFA is required, nobody turns it off', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const refused = await ada.delete('/settings/MfaSignIn')
      assert.equal(refused.status, 403)
      assert.equal(refused.body.code, 'mfa_required_by_policy')
      assert.match(refused.body.detail, /can’t be turned off/)
      assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, true)
      await assertStillOn(ada)
      assert.equal((await mfaNoticesTo(latchkey, ada.email)).length, 1)

      const removed = await ada.delete('/settings/MfaSecret')
      assert.equal(removed.body.code, 'last_method')
      const stranger = await latchkey.delete('/settings/MfaSignIn')
      assert.equal(stranger.body.code, 'missing_token', 'the policy is not revealed')
    })
  },
  { LATCHKEY_MFA_POLICY: 'required' },
)

onEachDatabase(
  (latchkey) => {
    test('with a maximum age of 0, a sign-in of any age turns MFA off, and no weak sign-in or invalid token does', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const weak = await openPasswordOnlySession(latchkey, ada)
      travel(3600_000)
      for (const session of [weak, ada]) {
        const { refreshToken } = session
        assertInvalidToken(await session.delete('/settings/MfaSignIn'))
        session.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
      }
      const refused = await weak.delete('/settings/MfaSignIn')
      assert.equal(refused.body.code, 'insufficient_user_authentication')
      assert.equal(
        refused.headers.get('www-authenticate'),
        'Bearer error="insufficient_user_authentication", acr_values="aal2"',
      )
      assert.equal((await ada.delete('/settings/MfaSignIn')).body.enabled, false)
    })
  },
  { LATCHKEY_STEP_UP_MAX_AGE: '0' },
)

/** Sends bytes without an HTTP library. @returns the whole response */
function send(port: number, bytes: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let answer = ''
  const socket = connect(port, 'localhost', () => socket.write(bytes, 'latin1'))
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.on('error', reject)
  socket.on('close', () => resolve(answer))
  return promise
}
