/** Guessing codes requires the password, so the owner is notified of wrong codes. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import type { CodeMethod, Owner } from '../support/owner.ts'

const hour = 60 * 60_000

onEachDatabase((latchkey) => {
  beforeEach(() => travel(25 * hour))

  /** Submits wrong codes, a fixed number per sign-in. */
  async function guess(ada: Owner, method: CodeMethod, count: number, perSignIn: number) {
    let mfaToken = ''
    for (let i = 0; i < count; i++) {
      if (i % perSignIn === 0) mfaToken = (await ada.signIn()).body.mfaToken
      const code = await ada.wrongCodeFor(method)
      const answer = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
      assert.equal(answer.body.code, 'invalid_code')
    }
  }

  const notices = async ({ email }: Owner) =>
    (await latchkey.inbox(email)).filter(({ subject }) => /guessing your codes/.test(subject))

  for (const method of ['authenticator', 'email'] as const) {
    // Abuse case (Guessing): An attacker who stopped before a sign-in’s last attempt could keep
    // guessing without the owner being notified.
    test(`the fifth wrong code in a day notifies the owner, however few per sign-in, by ${method}`, async () => {
      for (const perSignIn of [5, 4, 1]) {
        const ada = await latchkey.owner({ mfaMethod: method })
        travel(hour)
        await guess(ada, method, 4, perSignIn)
        assert.equal((await notices(ada)).length, 0)
        travel(2 * hour)
        await guess(ada, method, 1, 1)
        const [notice] = await notices(ada)
        assert.match(notice?.text ?? '', /five wrong codes within a day/)
        assert.match(notice?.text ?? '', /change your password/)
      }
    })
  }

  test('the owner is notified once a day, and again the next day', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await guess(ada, 'authenticator', 20, 4)
    travel(2 * hour)
    await guess(ada, 'authenticator', 20, 4)
    assert.equal((await notices(ada)).length, 1)
    travel(25 * hour)
    await guess(ada, 'authenticator', 5, 4)
    assert.equal((await notices(ada)).length, 2)
  })

  test('four wrong codes a day and wrong passwords do not notify the owner', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { email } = ada
    for (let days = 0; days < 3; days++) {
      for (let i = 0; i < 4; i++) {
        await guess(ada, 'authenticator', 1, 1)
        await latchkey.post('/auth/SignIn', { email, password: 'a slip of the finger' })
        await ada.signInFully()
      }
      travel(25 * hour)
    }
    assert.equal((await notices(ada)).length, 0)
  })
})
