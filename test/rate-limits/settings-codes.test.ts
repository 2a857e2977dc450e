/** Wrong codes under /settings: five end a code that was sent, and they count with those at sign-in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rateLimits } from '../../src/rate-limits/limits.ts'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { assertMfaRequired, assertProblem, assertStatus } from '../support/responses.ts'

interface Verification {
  name: string
  path: string
  /** The request that sends a code. */
  start(ada: Owner): object
  /** The request that a code belongs to. */
  request(ada: Owner): object
  sentTo(ada: Owner): string
}

const phone = {
  start: ({ phoneNumber }: Owner) => ({ phoneNumber }),
  request: ({ phoneNumber }: Owner) => ({ phoneNumber }),
  sentTo: ({ phoneNumber }: Owner) => phoneNumber,
}
const newEmail = (ada: Owner) => `new-${ada.email}`

/** Every call under /settings that takes a code which was sent. */
const verifications: Verification[] = [
  { name: 'a phone number', path: '/settings/PhoneNumber', ...phone },
  {
    name: 'an address',
    path: '/settings/Email',
    start: (ada) => ({ email: newEmail(ada), currentPassword: ada.password }),
    request: (ada) => ({ email: newEmail(ada) }),
    sentTo: newEmail,
  },
  {
    name: 'codes by text',
    path: '/settings/MfaSignIn',
    start: (ada) => ({ mfaMethod: 'sms', ...phone.start(ada) }),
    request: (ada) => ({ mfaMethod: 'sms', ...phone.request(ada) }),
    sentTo: phone.sentTo,
  },
  {
    name: 'codes by email',
    path: '/settings/MfaSignIn',
    start: () => ({ mfaMethod: 'email' }),
    request: () => ({ mfaMethod: 'email' }),
    sentTo: ({ email }) => email,
  },
]

onEachDatabase((latchkey) => {
  /** Requests a code. @returns verifies the right code, or a wrong one */
  async function start(ada: Owner, verification: Verification) {
    const { path } = verification
    assertStatus(await ada.post(path, verification.start(ada)), 202)
    const code = await latchkey.codeSentTo(verification.sentTo(ada))
    const submit = (submitted: string): Promise<ApiResponse> =>
      ada.post(path, { ...verification.request(ada), code: submitted })
    return {
      submitRight: () => submit(code),
      submitWrong: () => submit(code === '000000' ? '000001' : '000000'),
    }
  }

  for (const verification of verifications) {
    test(`five wrong codes end a code that sets up ${verification.name}, and the next one is accepted`, async () => {
      const ada = await latchkey.owner()
      const first = await start(ada, verification)
      for (let i = 0; i < 5; i++) assertProblem(await first.submitWrong(), 401, 'invalid_code')
      assertProblem(await first.submitRight(), 401, 'invalid_code')
      travel(31_000)
      const second = await start(ada, verification)
      for (let i = 0; i < 4; i++) assertProblem(await second.submitWrong(), 401, 'invalid_code')
      assertStatus(await second.submitRight(), 200)
    })
  }

  test('twenty wrong codes an hour are checked over all calls under /settings and sign-in together', async () => {
    const ada = await latchkey.owner()
    const { max } = rateLimits.wrongCodesPerHour
    for (const verification of verifications) {
      const { submitWrong } = await start(ada, verification)
      for (let i = 0; i < 4; i++) assertProblem(await submitWrong(), 401, 'invalid_code')
      travel(31_000)
    }
    await ada.turnOn('email')
    const { mfaToken } = assertMfaRequired(await ada.signIn())
    const signInCode = await ada.wrongCodeFor('email')
    const atSignIn = () => latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: signInCode })
    for (let i = verifications.length * 4; i < max; i++) {
      assertProblem(await atSignIn(), 401, 'invalid_code')
    }

    for (const verification of verifications.filter(({ name }) => name !== 'codes by email')) {
      const { submitRight } = await start(ada, verification)
      assertProblem(await submitRight(), 429, 'too_many_attempts')
    }
    assert.equal((await ada.get('/settings')).body.phoneNumber, null)
  })
})
