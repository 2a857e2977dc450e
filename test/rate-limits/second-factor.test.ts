import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { assertRateLimited } from '../support/responses.ts'

/** Wrong codes per account and hour: the odds of guessing six digits are 1 in 50,000 an hour. */
const maxPerHour = 20
/** Wrong codes per account and day. */
const maxPerDay = 50

onEachDatabase((latchkey) => {
  // The hour of the previous test is over.
  beforeEach(() => travel(61 * 60_000))

  const answer = (mfaToken: string, code: string, more: object = {}) =>
    latchkey.post('/auth/SignIn/Mfa', { mfaToken, code, ...more })

  for (const mfaMethod of ['authenticator', 'sms', 'email', 'recoveryCode'] as const) {
    // Abuse case (Guessing): Each new sign-in gave new attempts (CVE-2021-3138).
    // Abuse case (Guessing): The database returned the count as text, 10 and 1 made 101, and the
    // owner was locked out ten times too early.
    test(`twenty wrong codes are checked in an hour, across any number of sign-ins, by ${mfaMethod}`, async () => {
      const isOnPaper = mfaMethod === 'recoveryCode'
      const ada = await latchkey.owner({ mfaMethod: isOnPaper ? 'authenticator' : mfaMethod })
      const wrong = () => (isOnPaper ? 'AAAA-AAAA-AAAA' : ada.wrongCodeFor(mfaMethod))
      for (let i = 0; i < maxPerHour; i += 5) {
        const { mfaToken } = (await ada.signIn()).body
        for (let left = 4; left >= 0; left--) {
          const response = await answer(mfaToken, await wrong(), { mfaMethod })
          assert.equal(response.body.code, 'invalid_code')
          assert.equal(response.body.attemptsLeft, left)
        }
      }

      const { mfaToken } = (await ada.signIn()).body
      const right = isOnPaper ? (ada.recoveryCodes[0] ?? '') : await ada.codeFor(mfaMethod)
      for (const code of [await wrong(), right]) {
        ensureTooMany(await answer(mfaToken, code, { mfaMethod }))
      }
      await ensureRightAgainLater(ada, latchkey)
    })
  }

  // Abuse case (Guessing): Only passwords were counted, not codes; or codes were counted per
  // method, so that each method gave additional attempts (CVE-2024-32868, CVE-2025-64102,
  // CVE-2018-14657).
  // Abuse case (Guessing): Another spelling of the address or code gave additional attempts
  // (CVE-2025-24806, CVE-2025-6004, CVE-2025-6015).
  test('all methods, spellings and recovery codes count together', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    await ada.turnOn('email')
    await ada.turnOn('authenticator')
    const guesses = [
      { mfaMethod: 'authenticator', code: await ada.wrongCodeFor('authenticator') },
      { mfaMethod: 'email', code: '123 456' },
      { mfaMethod: 'sms', code: '１２３４５６' },
      { mfaMethod: 'recoveryCode', code: 'aaaa aaaa aaaa' },
      { code: ' 1 2 3 ' },
    ]
    for (let i = 0; i < maxPerHour; i += guesses.length) {
      const { mfaToken } = (await ada.signIn()).body
      for (const { code, ...more } of guesses) {
        assert.equal((await answer(mfaToken, code, more)).body.code, 'invalid_code')
      }
    }
    const { mfaToken } = (await ada.signIn()).body
    for (const { code, ...more } of guesses) ensureTooMany(await answer(mfaToken, code, more))
    const [code = ''] = ada.recoveryCodes
    ensureTooMany(await answer(mfaToken, code, { mfaMethod: 'recoveryCode' }))
  })

  // Abuse case (Guessing): Concurrent guesses bypassed the limit (CVE-2023-47111).
  test('of a hundred concurrent wrong codes across twenty sign-ins, twenty are checked', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const code = await ada.wrongCodeFor('authenticator')
    const tokens: string[] = []
    for (let i = 0; i < 20; i++) tokens.push((await ada.signIn()).body.mfaToken)
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => answer(tokens[i % tokens.length] ?? '', code)),
    )
    const codes = answers.map(({ body }) => body.code)
    assert.equal(codes.filter((one) => one === 'invalid_code').length, maxPerHour)
    assert.equal(codes.filter((one) => one === 'too_many_attempts').length, 80)
    await ensureRightAgainLater(ada, latchkey)
  })

  // Abuse case (Guessing): The limit was checked when a sign-in began, but not when it completed
  // (CVE-2026-9798, CVE-2026-16103).
  test('the limit also stops a sign-in that began before it was reached', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const earlyToken = (await ada.signIn()).body.mfaToken
    await useUp(ada)
    ensureTooMany(await answer(earlyToken, ada.authenticator.code()))
  })

  // Abuse case (Guessing): A restart reset the attempts.
  test('a restart does not reset the count', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await useUp(ada, maxPerHour - 1)
    await latchkey.restart()
    const { mfaToken } = (await ada.signIn()).body
    const code = await ada.wrongCodeFor('authenticator')
    assert.equal((await answer(mfaToken, code)).body.code, 'invalid_code')
    ensureTooMany(await answer(mfaToken, code))
    await latchkey.restart()
    ensureTooMany(
      await answer((await ada.signIn()).body.mfaToken, await ada.codeFor('authenticator')),
    )
  })

  test('wrong codes in MFA setup count too', async () => {
    const ada = await latchkey.owner()
    await ada.enrollAuthenticator()
    const code = await ada.wrongCodeFor('authenticator')
    const prove = (proof: string) =>
      ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code: proof })
    for (let i = 0; i < maxPerHour; i++) assert.equal((await prove(code)).body.code, 'invalid_code')
    ensureTooMany(await prove(code))
    ensureTooMany(await prove(await ada.codeFor('authenticator')))
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)
  })

  test('five wrong codes end a sign-in, after which its right code is refused', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { mfaToken } = (await ada.signIn()).body
    const wrong = await ada.wrongCodeFor('authenticator')
    for (let i = 0; i < 5; i++) assert.equal((await answer(mfaToken, wrong)).status, 401)
    const late = await answer(mfaToken, await ada.codeFor('authenticator'))
    assert.equal(late.body.code, 'mfa_token_expired')
    ada.storeTokens(
      await answer((await ada.signIn()).body.mfaToken, await ada.codeFor('authenticator')),
    )
  })

  test('attemptsLeft never exceeds the attempts that the account has left', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await useUp(ada, maxPerHour - 3)
    const { mfaToken } = (await ada.signIn()).body
    const wrong = await ada.wrongCodeFor('authenticator')
    for (const left of [2, 1, 0]) {
      assert.equal((await answer(mfaToken, wrong)).body.attemptsLeft, left)
    }
    ensureTooMany(await answer(mfaToken, wrong))

    travel(61 * 60_000)
    await useUp(ada)
    travel(61 * 60_000)
    await useUp(ada, maxPerDay - 2 * maxPerHour - 2)
    const { mfaToken: last } = (await ada.signIn()).body
    for (const left of [1, 0]) {
      const response = await answer(last, await ada.wrongCodeFor('authenticator'))
      assert.equal(response.body.attemptsLeft, left)
    }
    assert.equal((await answer(last, '000000')).status, 429)
  })

  test('of thirty concurrent wrong codes for one sign-in, five are checked', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { mfaToken } = (await ada.signIn()).body
    const wrong = await ada.wrongCodeFor('authenticator')
    const answers = await Promise.all(Array.from({ length: 30 }, () => answer(mfaToken, wrong)))
    const counts = answers.map(({ body }) => body.attemptsLeft).filter((one) => one !== undefined)
    assert.deepEqual(counts.toSorted(), [0, 1, 2, 3, 4])
    const others = answers.filter(({ body }) => body.code === 'mfa_token_expired')
    assert.equal(others.length, 25)
  })

  test('resending the code, also by another method, restores no attempts', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    await ada.turnOn('email')
    travel(31_000)
    const { mfaToken } = (await ada.signIn()).body
    const attempts: number[] = []
    for (const mfaMethod of ['email', 'sms', 'email', 'sms'] as const) {
      const wrong = await answer(mfaToken, await ada.wrongCodeFor('email'))
      attempts.push(wrong.body.attemptsLeft)
      travel(31_000)
      const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod })
      assert.equal(sent.status, 202)
    }
    assert.deepEqual(attempts, [4, 3, 2, 1])
    assert.equal((await answer(mfaToken, 'nonsense')).body.attemptsLeft, 0)
    assert.equal((await answer(mfaToken, await ada.codeFor('sms'))).status, 401)
    travel(31_000)
    assert.equal((await latchkey.post('/auth/SignIn/MfaCode', { mfaToken })).status, 401)
  })

  test('passwords and codes are counted separately', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { email } = ada
    const earlyToken = (await ada.signIn()).body.mfaToken
    for (let i = 0; i < 11; i++) {
      await latchkey.post('/auth/SignIn', { email, password: `guess ${i}` })
    }
    assert.equal((await ada.signIn()).status, 429)
    ada.storeTokens(await answer(earlyToken, await ada.codeFor('authenticator')))

    travel(61 * 60_000)
    await useUp(ada)
    for (let i = 0; i < 5; i++) assert.equal((await ada.signIn()).body.status, 'mfaRequired')
  })

  test('right codes do not count: thirty sign-ins in an hour succeed', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    for (let i = 0; i < 30; i++) await ada.signInFully()
  })

  async function useUp(ada: Owner, count = maxPerHour) {
    let mfaToken = ''
    for (let i = 0; i < count; i++) {
      if (i % 5 === 0) mfaToken = (await ada.signIn()).body.mfaToken
      const code = await ada.wrongCodeFor('authenticator')
      assert.equal((await answer(mfaToken, code)).body.code, 'invalid_code')
    }
  }
})

function ensureTooMany(response: ApiResponse): void {
  const retryAfter = assertRateLimited(response, 'too_many_attempts')
  assert.ok(retryAfter > 3000 && retryAfter <= 3600, String(retryAfter))
}

/** Asserts that a right code is refused shortly before the Retry-After, and accepted at it. */
async function ensureRightAgainLater(ada: Owner, latchkey: TestLatchkey): Promise<void> {
  const signIn = async () => {
    const { mfaToken, mfaMethod } = (await ada.signIn()).body
    return latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: await ada.codeFor(mfaMethod) })
  }
  const { retryAfter } = (await signIn()).body
  travel((retryAfter - 60) * 1000)
  assert.equal((await signIn()).status, 429)
  travel(60_000)
  ada.storeTokens(await signIn())
}
