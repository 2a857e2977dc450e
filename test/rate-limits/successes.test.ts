/** Successful calls are limited, too, and a limit that a thief uses up takes nothing from the owner. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { type RateLimitName, rateLimits } from '../../src/rate-limits/limits.ts'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import { operations } from '../support/openapi.ts'
import { Owner } from '../support/owner.ts'
import { addPasskey, startPasskeySignIn, verifyPasskeySignIn } from '../support/passkeys.ts'
import { assertMfaRequired, assertSignedIn, assertStatus } from '../support/responses.ts'

const hour = 60 * 60_000

onEachDatabase((latchkey) => {
  beforeEach(() => travel(25 * hour))

  /** Stores hits in place of as many calls. */
  async function fill(
    limit: RateLimitName,
    { email }: Owner,
    hits = rateLimits[limit].max,
    countedAs = '',
  ) {
    const [{ id }] = await latchkey.sql(`select id from account where email = '${email}'`)
    const key = `${limit} ${id}${countedAs}`
    const rows = Array.from(
      { length: hits },
      () => `('hit-${hitCount++}', '${key}', ${Date.now()})`,
    )
    await latchkey.sql(`insert into rate_limit_hit (id, key, at) values ${rows.join()}`)
    return () => latchkey.sql(`delete from rate_limit_hit where key = '${key}'`)
  }
  let hitCount = 0

  function assertLimited({ status, headers, body }: ApiResponse, detail: RegExp): void {
    assert.equal(`${status} ${body.code}`, '429 too_many_attempts')
    assert.match(body.detail, detail)
    assert.equal(headers.get('retry-after'), String(body.retryAfter))
  }

  test('an account signs in three hundred times an hour, even concurrently, and another is not limited', async () => {
    const ada = await latchkey.owner()
    await fill('signInsPerAccount', ada, 290)
    const attempts = await Promise.all(Array.from({ length: 20 }, () => ada.signIn()))
    // The sign-up was the first.
    assert.equal(attempts.filter(({ status }) => status === 200).length, 9)
    assertLimited(await ada.signIn(), /Too many sign-ins/)
    assertSignedIn(await (await latchkey.owner()).signIn())
    travel(hour)
    assertSignedIn(await ada.signIn())
  })

  // Abuse case (Guessing): A limit on sign-ins used up what the owner signs in with.
  test('a sign-in beyond the limit uses up no attempt, no code and no passkeyToken', async () => {
    const ada = await latchkey.owner()
    const free = await fill('signInsPerAccount', ada)
    for (let i = 0; i < 15; i += 1) assertLimited(await ada.signIn(), /Too many sign-ins/)
    await free()
    assertSignedIn(await ada.signIn())

    await ada.turnOn('authenticator')
    const passkey = await addPasskey(latchkey, ada)
    const { mfaToken } = assertMfaRequired(await ada.signIn())
    const withCode = { mfaToken, mfaMethod: 'recoveryCode', code: ada.recoveryCodes[0] }
    const alone = await startPasskeySignIn(latchkey)
    const assertion = passkey.get(alone.body.options)
    const freeAgain = await fill('signInsPerAccount', ada)
    for (let i = 0; i < 6; i += 1) {
      assertLimited(await latchkey.post('/auth/SignIn/Mfa', withCode), /Too many sign-ins/)
      assertLimited(await verifyPasskeySignIn(latchkey, alone, assertion), /Too many sign-ins/)
    }
    await freeAgain()
    assertSignedIn(await latchkey.post('/auth/SignIn/Mfa', withCode))
    assertSignedIn(await verifyPasskeySignIn(latchkey, alone, assertion))
  })

  // Abuse case (Guessing): Limits that a thief used up kept the owner from acting.
  test('a thief who uses up sign-ins and changes keeps the owner neither from a new password, from turning MFA off, nor from a reset', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await fill('signInsPerAccount', ada)
    await fill('changesPerAccount', ada)
    assertStatus(await ada.changePassword('the next sentence'), 200)
    await fill('changesPerAccount', ada, 120, ' password')
    travel(31_000)
    const { password } = ada
    const { mfaToken } = (await ada.post('/auth/Reauthenticate', { password })).body
    const code = ada.authenticator.nextCode()
    ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code }))
    assertStatus(await ada.delete('/settings/MfaSignIn'), 200)

    assertLimited(await ada.signIn(), /Too many sign-ins/)
    assertStatus(await ada.resetPassword('a whole new sentence'), 200)
    assertSignedIn(await ada.signInFully())
    assertStatus(await ada.put('/settings/Language', { language: 'de' }), 200)
    assertStatus(await ada.changePassword('yet another sentence'), 200)
  })

  test('a session refreshes six hundred times an hour, and a refused refresh uses up no token', async () => {
    const ada = await latchkey.owner()
    const { email, password } = ada
    const other = new Owner(latchkey, { email, password })
    await other.signInFully()
    const { refreshToken: usedToken } = ada
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: usedToken }))
    // Stands for 597 more refreshes.
    const session = `(select session_id from refresh_token where generation = 2)`
    await latchkey.sql(`update session set generation = 599 where id in ${session}`)
    await latchkey.sql('update refresh_token set generation = 599 where generation = 2')

    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
    const { refreshToken } = ada
    assertLimited(await latchkey.post('/auth/Refresh', { refreshToken }), /Too many refreshes/)
    assertStatus(await ada.get('/settings'), 200)
    other.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: other.refreshToken }))

    travel(hour)
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
    // Reuse is detected, limit or not.
    travel(20_000)
    const reused = await latchkey.post('/auth/Refresh', { refreshToken: usedToken })
    assert.equal(reused.body.code, 'invalid_refresh_token')
    assertStatus(await ada.get('/settings'), 401)
  })

  /** Each call that adds or changes something, as far as its limit. */
  const changes: Record<string, (ada: Owner) => Promise<ApiResponse>> = {
    'POST /settings/Email': (ada) => ada.startEmailChange(`moved-${ada.email}`),
    'PUT /settings/Language': (ada) => ada.put('/settings/Language', { language: 'de' }),
    'PATCH /settings/Profile': ({ accessToken: token }) =>
      latchkey.request('PATCH', '/settings/Profile', { token, body: { name: 'Ada Lovelace' } }),
    'PUT /settings/Password': (ada) => {
      const body = { currentPassword: ada.password, newPassword: 'a whole new sentence' }
      return ada.put('/settings/Password', body)
    },
    'POST /settings/MfaSignIn': (ada) => ada.post('/settings/MfaSignIn', { mfaMethod: 'email' }),
    'POST /settings/MfaSecret': (ada) => ada.post('/settings/MfaSecret'),
    'POST /settings/Passkeys': (ada) => ada.startPasskeyRegistration(),
    'POST /settings/Passkeys/Verify': async (ada) => {
      const response = registrations.get(ada)
      return ada.post('/settings/Passkeys/Verify', { response })
    },
    'PATCH /settings/Passkeys/{id}': async (ada) => {
      const [{ id }] = (await ada.get('/settings/Passkeys')).body.passkeys
      const call = { token: ada.accessToken, body: { name: 'Renamed' } }
      return latchkey.request('PATCH', `/settings/Passkeys/${id}`, call)
    },
    'POST /settings/RecoveryCodes': (ada) => ada.post('/settings/RecoveryCodes'),
    'POST /settings/PhoneNumber': ({ phoneNumber, ...ada }) =>
      latchkey.post('/settings/PhoneNumber', { phoneNumber }, { token: ada.accessToken }),
  }
  const registrations = new WeakMap<Owner, object>()

  test('an account has a hundred and twenty changes an hour, of whatever kind, and removing, ending and deleting are free', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const passkey = await addPasskey(latchkey, ada)
    const { options } = (await ada.startPasskeyRegistration()).body
    registrations.set(ada, passkey.create(options))

    const calls = (await operations(latchkey)).filter(({ path }) => path.startsWith('/settings/'))
    const changing = calls.filter(({ method }) => !['GET', 'DELETE'].includes(method))
    assert.deepEqual(
      changing.map(({ method, path }) => `${method} ${path}`).sort(),
      Object.keys(changes).sort(),
    )
    const free = await fill('changesPerAccount', ada)
    await fill('changesPerAccount', ada, 120, ' password')
    for (const [name, change] of Object.entries(changes)) {
      const { status, body } = await change(ada)
      assert.equal(`${name} ${status} ${body.code}`, `${name} 429 too_many_attempts`)
    }
    for (const { path } of calls.filter(({ method }) => method === 'DELETE')) {
      if (path === '/settings/Account' || path === '/settings/Sessions') continue
      const answer = await ada.delete(path.replace('{id}', '01937c10-0000-7000-8000-000000000000'))
      assert.ok([200, 204, 404, 409].includes(answer.status), `${path}: ${answer.status}`)
    }
    await free()
    assertStatus((await changes['PUT /settings/Language']?.(ada)) ?? assert.fail(), 200)
    await fill('changesPerAccount', ada)
    assertStatus(await ada.delete('/settings/Sessions'), 200)
    const { password } = ada
    const call = { token: ada.accessToken, body: { password } }
    assertStatus(await latchkey.request('DELETE', '/settings/Account', call), 204)
  })

  test('the last of a hundred and twenty changes is made, and the next is refused', async () => {
    const ada = await latchkey.owner()
    await fill('changesPerAccount', ada, 118)
    for (const language of ['de', 'en']) {
      assertStatus(await ada.put('/settings/Language', { language }), 200)
    }
    assertLimited(await ada.put('/settings/Language', { language: 'de' }), /Too many changes/)
    assert.equal((await ada.get('/settings')).body.language, 'en')
    travel(hour)
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
    assertStatus(await ada.put('/settings/Language', { language: 'de' }), 200)
  })
})
