import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'

onEachDatabase((latchkey) => {
  // The rate limits that the previous test used up are free again.
  beforeEach(() => travel(61 * 60_000))

  test('the right password signs in, and nothing else does', async () => {
    const ada = await latchkey.owner()
    const { email, password } = ada
    const right = await ada.signIn()
    assert.equal(right.status, 200)
    assert.equal(right.body.tokenType, 'Bearer')
    assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
    for (const wrong of [
      `${password} `,
      ` ${password}`,
      password.toUpperCase(),
      password.slice(1),
    ]) {
      const refused = await latchkey.post('/auth/SignIn', { email, password: wrong })
      assert.equal(refused.status, 401)
      assert.equal(refused.body.code, 'invalid_credentials')
      assert.equal(refused.headers.get('www-authenticate'), 'Bearer')
    }
  })

  test('the password of one account does not sign in to another', async () => {
    const [ada, bob] = [await latchkey.owner(), await latchkey.owner()]
    const { email } = ada
    const crossed = await latchkey.post('/auth/SignIn', { email, password: bob.password })
    assert.equal(crossed.status, 401)
  })

  // Abuse case (Sign-up): The response or its timing revealed which addresses have accounts
  // (CVE-2024-41952).
  test('a wrong password, an unknown address and an invalid one get the same response', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const password = 'not the right one'
    const shown = []
    for (const email of [ada.email, 'nobody@example.com', 'no address at all']) {
      shown.push(comparable(await latchkey.post('/auth/SignIn', { email, password })))
    }
    assert.equal(shown[0]?.status, 401)
    assert.deepEqual(shown[1], shown[0])
    assert.deepEqual(shown[2], shown[0])
  })

  test('failed sign-ins are recorded for unknown addresses too, because recording takes time', async () => {
    const ada = await latchkey.owner()
    const failed = () => latchkey.sql("select id from activity where type = 'signin.failed'")
    const before = (await failed()).length
    for (const email of [ada.email, 'nobody-at-all@example.com']) {
      await latchkey.post('/auth/SignIn', { email, password: 'not the right one' })
    }
    assert.equal((await failed()).length, before + 2)
  })

  // Abuse case (Guessing): The limits responded differently for addresses without an account.
  test('rate limits respond identically for known and unknown addresses', async () => {
    const ada = await latchkey.owner()
    const password = 'not the right one'
    const [known, unknown] = [[], []] as { status: number }[][]
    for (let i = 0; i < 12; i++) {
      known?.push(comparable(await latchkey.post('/auth/SignIn', { email: ada.email, password })))
      const email = 'nobody-either@example.com'
      unknown?.push(comparable(await latchkey.post('/auth/SignIn', { email, password })))
    }
    assert.deepEqual(unknown, known)
    assert.equal(known?.at(-1)?.status, 429)
  })

  // Abuse case (Input and output): Huge or deep input kept the service busy.
  test('a password of more than 1,024 bytes is rejected without being checked', async () => {
    const ada = await latchkey.owner()
    const huge = ['x'.repeat(1025), 'é'.repeat(513), '🐘'.repeat(257)]
    for (const email of [ada.email, 'nobody@example.com']) {
      for (const password of huge) {
        const { status, body } = await latchkey.post('/auth/SignIn', { email, password })
        assert.equal(status, 400)
        assert.equal(body.errors[0].path, '/password')
      }
    }
    const longest = await latchkey.post('/auth/SignIn', {
      email: ada.email,
      password: '🐘'.repeat(256),
    })
    assert.equal(longest.status, 401)
  })

  // Abuse case (Second factor skipped): An unknown field (`skip`, `mfaVerified`) took effect
  // (CVE-2021-30120).
  // Abuse case (Sessions and tokens): A user id in the body was trusted before anyone had signed in
  // (CVE-2025-61928).
  test('an unknown field is rejected, and skips nothing', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { email, password } = ada
    for (const more of [
      { mfaRequired: false },
      { mfaVerified: true },
      { skip: true },
      { userId: '1' },
      { accountId: '1' },
      { sub: '1' },
      { admin: true },
      { amr: ['pwd', 'mfa'] },
      { phoneNumber: '+14155550199' },
      { to: 'mallory@example.com' },
    ]) {
      const refused = await latchkey.post('/auth/SignIn', { email, password, ...more })
      assert.equal(refused.status, 400, JSON.stringify(more))
      assert.equal(refused.body.code, 'invalid_request')
    }
  })

  test('address and password must be strings', async () => {
    const ada = await latchkey.owner()
    const { email, password } = ada
    for (const odd of [null, true, 0, [], {}, [password], { $ne: '' }, { password }, '']) {
      const byPassword = await latchkey.post('/auth/SignIn', { email, password: odd })
      assert.equal(byPassword.status, 400, JSON.stringify(odd))
      const byAddress = await latchkey.post('/auth/SignIn', { email: odd, password })
      assert.equal(byAddress.status, 400, JSON.stringify(odd))
    }
    for (const body of [{}, { email }, { password }, [], null, 'text', 1]) {
      assert.equal((await latchkey.post('/auth/SignIn', JSON.stringify(body))).status, 400)
    }
  })

  test('an address with SQL in it matches no account', async () => {
    await latchkey.owner()
    for (const email of ["' or 1=1 --", "x' or '1'='1@example.com", '%@example.com', '_@%.com']) {
      const { status } = await latchkey.post('/auth/SignIn', { email, password: 'anything' })
      assert.equal(status, 401, email)
    }
  })

  // Abuse case (Second factor skipped): A request header turned off the second factor
  // (CVE-2026-96445).
  test('no request header decides whether the second factor is required', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const claims: Record<string, string>[] = [
      { 'x-forwarded-for': '127.0.0.1' },
      { 'x-forwarded-for': '::1, 10.0.0.1' },
      { 'x-forwarded-host': 'localhost' },
      { 'x-forwarded-proto': 'https' },
      { 'x-real-ip': '127.0.0.1' },
      { forwarded: 'for=127.0.0.1;host=localhost;proto=https' },
      { 'user-agent': 'Latchkey' },
      { 'user-agent': '' },
      { 'x-skip-mfa': 'true' },
      { 'x-mfa-verified': 'true' },
      { authorization: `Bearer ${ada.accessToken}` },
      { cookie: 'mfa=done; session=1' },
    ]
    for (const headers of claims) {
      const begun = await ada.signIn({ headers })
      assert.equal(begun.status, 200)
      assert.equal(begun.body.status, 'mfaRequired', JSON.stringify(headers))
    }
  })

  // Abuse case (Second factor skipped): The response that required the second factor already
  // contained a credential for the account (GHSA-xg6x-h9c9-2m83).
  test('before the second factor, a response contains nothing that gives access', async () => {
    for (const mfaMethod of ['authenticator', 'sms', 'email'] as const) {
      const ada = await latchkey.owner({ mfaMethod })
      const { body, headers } = await ada.signIn()
      assert.equal(body.status, 'mfaRequired')
      assert.equal(body.mfaMethod, mfaMethod)
      assert.equal(headers.get('set-cookie'), null)
      assert.equal(headers.get('authorization'), null)
      const fields = ['status', 'mfaToken', 'mfaMethod', 'availableMethods', 'sentTo', 'expiresIn']
      for (const name of Object.keys(body)) assert.ok(fields.includes(name), name)
      for (const [name, value] of [...headers, ...Object.entries(body)]) {
        if (typeof value !== 'string' || !/^[\w.~+/-]+=*$/.test(value)) continue
        if (name === 'x-request-id') continue
        const opened = await latchkey.get('/settings/MfaSignIn', { token: value })
        assert.equal(opened.status, 401, name)
      }
    }
  })
})

/** A response without the parts that differ between any two. */
function comparable({ status, headers, body }: ApiResponse) {
  const names = [...headers.keys()]
  const { requestId: _, retryAfter: __, detail, ...rest } = body
  return { status, names, body: { ...rest, detail: status === 429 ? '' : detail } }
}
