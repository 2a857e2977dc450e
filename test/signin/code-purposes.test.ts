/** Of several codes in one mailbox, each is accepted only for the purpose it was requested for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'

interface Purpose {
  request(): Promise<ApiResponse>
  /** The recipient of the code. */
  mailbox: string
  submit(code: string): Promise<ApiResponse>
}

onEachDatabase((latchkey) => {
  /** Every purpose of a code by email. */
  async function purposesOf(ada: Owner): Promise<Record<string, Purpose>> {
    const { email } = ada
    const [moved, fresh] = [`moved-${email}`, `fresh-${email}`]
    const { mfaToken } = (await ada.signIn()).body
    const mfaMethod = 'email'
    let signUpToken = ''
    return {
      'signing in': {
        request: () => latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod }),
        mailbox: email,
        submit: (code) => latchkey.post('/auth/SignIn/Mfa', { mfaToken, mfaMethod, code }),
      },
      'a new password': {
        request: () => latchkey.post('/auth/ForgotPassword', { email }),
        mailbox: email,
        submit: (code) =>
          latchkey.post('/auth/ResetPassword', { email, code, newPassword: 'a new sentence' }),
      },
      'another method': {
        request: () => ada.post('/settings/MfaSignIn', { mfaMethod, email: moved }),
        mailbox: moved,
        submit: (code) => ada.post('/settings/MfaSignIn', { mfaMethod, email: moved, code }),
      },
      'another address': {
        request: () => ada.startEmailChange(moved),
        mailbox: moved,
        submit: (code) => ada.post('/settings/Email', { email: moved, code }),
      },
      'signing up': {
        request: async () => {
          const newcomer = { email: fresh, password: 'another sentence' }
          const begun = await latchkey.post('/auth/SignUp', newcomer)
          signUpToken = begun.body.signUpToken
          return begun
        },
        mailbox: fresh,
        submit: (code) => latchkey.post('/auth/SignUp/Verify', { signUpToken, code }),
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
    // Abuse case (Reuse of codes and tokens): A code for one purpose was accepted for
    // another (CVE-2026-18963).
    test(`only a code for ${name} is accepted for ${name}`, async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      await ada.turnOn('email', { setDefault: false })
      travel(31_000)
      const { [name]: purpose, ...others } = await purposesOf(ada)
      assert.ok(purpose)
      const codes = []
      for (const { request, mailbox } of [...Object.values(others), purpose]) {
        const requested = await request()
        assert.equal(requested.status, 202, JSON.stringify(requested.body))
        codes.push(await latchkey.codeSentTo(mailbox))
      }
      const rightCode = codes.pop() ?? ''
      for (const code of codes) {
        const refused = await purpose.submit(code)
        assert.equal(`${refused.status} ${refused.body.code}`, '401 invalid_code')
      }
      const accepted = await purpose.submit(rightCode)
      assert.ok([200, 201].includes(accepted.status), JSON.stringify(accepted.body))
    })
  }
})
