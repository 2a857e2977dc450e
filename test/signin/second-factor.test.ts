import assert from 'node:assert/strict'
import { before, beforeEach, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'

onEachDatabase((latchkey) => {
  let settingsRoutes: [method: string, path: string][] = []

  before(async () => {
    const document = await fetch(`${latchkey.origin}/openapi.json`)
    const { paths } = (await document.json()) as { paths: Record<string, object> }
    const id = '01993f5e-7c00-7000-8000-000000000000'
    settingsRoutes = Object.entries(paths)
      .filter(([path]) => path.startsWith('/settings'))
      .flatMap(([path, operations]) =>
        Object.keys(operations).map((method): [string, string] => [
          method.toUpperCase(),
          path.replaceAll(/\{[^}]*\}/g, id),
        ]),
      )
    assert.ok(settingsRoutes.length >= 7, 'the routes were not found')
  })
  beforeEach(() => travel(61 * 60_000))

  const answer = (mfaToken: string, code: unknown, more: object = {}) =>
    latchkey.post('/auth/SignIn/Mfa', { mfaToken, code, ...more })

  // Abuse case (Second factor skipped): An empty body, or `true` instead of a code, was
  // accepted (CVE-2026-49443).
  test('a request without a code, or with another value in its place, never signs in', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { mfaToken } = (await ada.signIn()).body
    const right = await ada.codeFor('email')
    const bodies: unknown[] = [
      {},
      { mfaToken },
      { code: right },
      ...['', ' ', null, [], [right], 0, Number(right), true, {}, { code: {} }, { $ne: '' }].map(
        (code) => ({ mfaToken, code }),
      ),
      [],
      [{ mfaToken, code: right }],
      null,
      true,
      'code',
      { mfaToken: [mfaToken], code: right },
      { mfaToken: { mfaToken }, code: right },
      { mfaToken: '', code: right },
      { mfaToken: null, code: right },
      { mfaToken, code: right, mfaMethod: '' },
      { mfaToken, code: right, mfaMethod: null },
      { mfaToken, code: right, mfaMethod: 'none' },
      { mfaToken, code: right, mfaMethod: 'password' },
      { mfaToken, code: right, mfaMethod: '__proto__' },
      { mfaToken, code: right, mfaMethod: ['email'] },
    ]
    for (const body of bodies) {
      const refused = await latchkey.post('/auth/SignIn/Mfa', JSON.stringify(body))
      const shown = JSON.stringify(body)
      if (shown.includes('" "')) assert.equal(refused.body.attemptsLeft, 4, shown)
      else assert.equal(refused.status, 400, shown)
    }
    const guessed = await answer(mfaToken, await ada.wrongCodeFor('email'))
    assert.equal(guessed.body.attemptsLeft, 3, 'only a blank code counts as an attempt')
    assert.equal((await answer(mfaToken, right)).status, 200)
  })

  // Abuse case (Second factor skipped): Codes were sent to a recipient that the request
  // named (GHSA-qgqp-xh8r-v73r).
  test('codes go to the account’s own recipient: no request can name another', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { mfaToken } = (await ada.signIn()).body
    const mallory = 'mallory@example.com'
    const code = await ada.codeFor('email')
    for (const more of [
      { email: mallory },
      { phoneNumber: '+14155550199' },
      { to: mallory },
      { userId: '1' },
      { skip: true },
      { mfaVerified: true },
    ]) {
      const shown = JSON.stringify(more)
      const again = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, ...more })
      assert.equal(again.status, 400, shown)
      assert.equal((await answer(mfaToken, code, more)).status, 400, shown)
    }
    assert.deepEqual(await latchkey.inbox(mallory), [])
    assert.deepEqual(await latchkey.inbox('+14155550199'), [])
    travel(31_000)
    const again = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken })
    assert.equal(again.status, 202)
    assert.equal(again.body.sentTo, 'o•••@example.com')
  })

  // Abuse case (Second factor skipped): The second step could be attempted, or its code
  // sent, without the right password (CVE-2026-56737, CVE-2026-115829).
  test('no code can be requested or tried without the right password', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { email } = ada
    const before = (await latchkey.inbox(email)).length
    await latchkey.post('/auth/SignIn', { email, password: 'not the right one' })
    for (const body of [{ email }, { email, mfaToken: 'x' }, {}]) {
      assert.equal((await latchkey.post('/auth/SignIn/MfaCode', body)).status, 400)
      const tried = await latchkey.post('/auth/SignIn/Mfa', { ...body, code: '123456' })
      assert.equal(tried.status, 400)
    }
    assert.equal((await latchkey.inbox(email)).length, before)
  })

  // Abuse case (Second factor skipped): A pending sign-in was accepted as a session and set
  // up another factor (CVE-2026-111949, CVE-2026-62232, CVE-2022-28601).
  test('an mfaToken is not an access token and gives no access to settings', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { mfaToken } = (await ada.signIn()).body
    for (const [method, path] of settingsRoutes) {
      const refused = await latchkey.request(method, path, { token: mfaToken })
      assert.equal(refused.status, 401, `${method} ${path}`)
      assert.equal(refused.body.code, 'invalid_token')
    }
    for (const path of ['/auth/Reauthenticate', '/auth/SignOut']) {
      const body = path === '/auth/SignOut' ? undefined : { password: ada.password }
      assert.equal((await latchkey.post(path, body, { token: mfaToken })).status, 401, path)
    }
    const asRefresh = await latchkey.post('/auth/Refresh', { refreshToken: mfaToken })
    assert.equal(asRefresh.status, 401)
    assert.equal((await answer(mfaToken, await ada.codeFor('authenticator'))).status, 200)
  })

  // Abuse case (Second factor skipped): A step was skipped by calling the next one
  // (CVE-2026-54730).
  test('calls of settings between the two steps, without a token, are rejected and do not help', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { mfaToken } = (await ada.signIn()).body
    for (const [method, path] of settingsRoutes) {
      assert.equal((await latchkey.request(method, path)).status, 401, `${method} ${path}`)
    }
    assert.equal((await answer(mfaToken, await ada.wrongCodeFor('authenticator'))).status, 401)
  })

  // Abuse case (Sessions and tokens): A token without its end was still accepted (CVE-2026-27840).
  // Abuse case (Second factor skipped): MFA that users had turned on was enforced only where
  // the operator required it, or not for every method (CVE-2025-64103, CVE-2024-45042).
  test('a forged, truncated or extended mfaToken completes no sign-in', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { mfaToken } = (await ada.signIn()).body
    const code = await ada.codeFor('authenticator')
    const forged = [
      'A'.repeat(43),
      Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
      ada.accessToken,
      ada.refreshToken,
      `${mfaToken}A`,
      `${mfaToken} `,
      ` ${mfaToken}`,
      `${mfaToken}=`,
      mfaToken.toUpperCase(),
      ...Array.from({ length: 42 }, (_, i) => mfaToken.slice(0, i + 1)),
      ...Array.from({ length: 42 }, (_, i) => mfaToken.slice(i + 1)),
    ]
    for (const token of forged) {
      const refused = await answer(token, code)
      assert.equal(refused.status, 401, token)
      assert.equal(refused.body.code, 'mfa_token_expired')
      assert.equal((await latchkey.post('/auth/SignIn/MfaCode', { mfaToken: token })).status, 401)
    }
    assert.equal((await answer(mfaToken, code)).status, 200)
  })

  for (const mfaMethod of ['authenticator', 'sms', 'email'] as const) {
    // Abuse case (Reuse of codes and tokens): A code of another account or another session
    // was accepted.
    test(`a code of one account completes no sign-in of another: ${mfaMethod}`, async () => {
      const [ada, bob] = [await latchkey.owner({ mfaMethod }), await latchkey.owner({ mfaMethod })]
      const [adas, bobs] = [(await ada.signIn()).body, (await bob.signIn()).body]
      const code = await ada.codeFor(mfaMethod)
      const crossed = await answer(bobs.mfaToken, code)
      assert.equal(crossed.status, 401)
      assert.equal(crossed.body.code, 'invalid_code')
      assert.equal((await answer(adas.mfaToken, code)).status, 200)
    })

    // Abuse case (Reuse of codes and tokens): The token of a completed sign-in was accepted
    // for another.
    test(`a completed sign-in cannot be continued: ${mfaMethod}`, async () => {
      const ada = await latchkey.owner({ mfaMethod })
      const { mfaToken } = (await ada.signIn()).body
      assert.equal((await answer(mfaToken, await ada.codeFor(mfaMethod))).status, 200)
      travel(31_000)
      const again = await answer(mfaToken, await ada.codeFor(mfaMethod))
      assert.equal(again.body.code, 'mfa_token_expired')
      const byRecoveryCode = { mfaMethod: 'recoveryCode' }
      const another = await answer(mfaToken, ada.recoveryCodes[0], byRecoveryCode)
      assert.equal(another.body.code, 'mfa_token_expired')
      for (const more of [{}, { mfaMethod: 'email' }]) {
        const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, ...more })
        assert.equal(sent.status, 401)
        assert.equal(sent.body.code, 'mfa_token_expired')
      }
    })
  }

  test('a sign-in waits ten minutes for its second factor, and no longer', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { mfaToken, expiresIn } = (await ada.signIn()).body
    assert.equal(expiresIn, 600)
    travel(601_000)
    const late = await answer(mfaToken, await ada.codeFor('authenticator'))
    assert.equal(late.status, 401)
    assert.equal(late.body.code, 'mfa_token_expired')
  })
})
