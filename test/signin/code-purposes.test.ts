/** Several codes lie in one mailbox at once. Each opens the door that it was asked for at. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'

interface Door {
  ask(): Promise<ApiResponse>
  /** Where the code goes. */
  mailbox: string
  bring(code: string): Promise<ApiResponse>
}

onEachDatabase((latchkey) => {
  /** Everything that a code by email is for. */
  async function doorsOf(ada: Owner): Promise<Record<string, Door>> {
    const { email } = ada
    const [moved, fresh] = [`moved-${email}`, `fresh-${email}`]
    const { mfaToken } = (await ada.signIn()).body
    const mfaMethod = 'email'
    return {
      'signing in': {
        ask: () => latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod }),
        mailbox: email,
        bring: (code) => latchkey.post('/auth/SignIn/Mfa', { mfaToken, mfaMethod, code }),
      },
      'a new password': {
        ask: () => latchkey.post('/auth/ForgotPassword', { email }),
        mailbox: email,
        bring: (code) =>
          latchkey.post('/auth/ResetPassword', { email, code, newPassword: 'a new sentence' }),
      },
      'another method': {
        ask: () => ada.post('/settings/MfaSignIn', { mfaMethod, email: moved }),
        mailbox: moved,
        bring: (code) => ada.post('/settings/MfaSignIn', { mfaMethod, email: moved, code }),
      },
      'another address': {
        ask: () => ada.post('/settings/Email', { email: moved }),
        mailbox: moved,
        bring: (code) => ada.post('/settings/Email', { email: moved, code }),
      },
      'signing up': {
        ask: () => latchkey.post('/auth/SignUp', { email: fresh, password: 'another sentence' }),
        mailbox: fresh,
        bring: (code) => latchkey.post('/auth/SignUp/Verify', { email: fresh, code }),
      },
    }
  }

  for (const name of [
    'signing in',
    'a new password',
    'another method',
    'another address',
    'signing up',
  ]) {
    // Abuse case (Used twice, or for something else): A code for one purpose was accepted for
    // another (CVE-2026-18963).
    test(`only the code for ${name} is one for ${name}`, async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      await ada.turnOn('authenticator')
      travel(31_000)
      const { [name]: door, ...others } = await doorsOf(ada)
      assert.ok(door)
      const codes = []
      for (const { ask, mailbox } of [...Object.values(others), door]) {
        const asked = await ask()
        assert.equal(asked.status, 202, JSON.stringify(asked.body))
        codes.push(await latchkey.codeSentTo(mailbox))
      }
      const right = codes.pop() ?? ''
      for (const code of codes) {
        const refused = await door.bring(code)
        assert.equal(`${refused.status} ${refused.body.code}`, '401 invalid_code')
      }
      const taken = await door.bring(right)
      assert.ok([200, 201].includes(taken.status), JSON.stringify(taken.body))
    })
  }
})
