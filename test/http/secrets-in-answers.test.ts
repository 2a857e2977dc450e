/** An answer holds a secret only where its owner asked for that very secret, and never again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'

onEachDatabase((latchkey) => {
  test('no answer of a whole life of an account holds a code, a secret or a hash', async () => {
    const answers: { call: string; shown: string }[] = []
    const ask = latchkey.request.bind(latchkey)
    latchkey.request = async (method, path, call) => {
      const answer = await ask(method, path, call)
      // The dev inbox stands for a mailbox, which is where codes belong.
      if (!path.startsWith('/dev/')) {
        const headers = JSON.stringify([...answer.headers])
        answers.push({ call: `${method} ${path}`, shown: JSON.stringify(answer.body) + headers })
      }
      return answer
    }

    const ada = await latchkey.owner()
    const codes = [await latchkey.codeSentTo(ada.email)]
    await ada.turnOn('sms')
    codes.push(await latchkey.codeSentTo(ada.phoneNumber))
    await ada.turnOn('email')
    codes.push(await latchkey.codeSentTo(ada.email))
    await ada.turnOn('authenticator')
    codes.push(ada.authenticator.code())

    await ada.signInFully()
    const waiting = await ada.signIn()
    const { mfaToken } = waiting.body
    await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: '000000' })
    travel(31_000)
    await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'sms' })
    codes.push(await latchkey.codeSentTo(ada.phoneNumber))
    const [recoveryCode = ''] = ada.recoveryCodes
    const recover = { mfaToken, mfaMethod: 'recoveryCode', code: recoveryCode }
    ada.keep(await latchkey.post('/auth/SignIn/Mfa', recover))

    await latchkey.post('/auth/SignIn', { email: ada.email, password: 'a wrong sentence' })
    await latchkey.post('/auth/SignUp', { email: ada.email, password: 'another sentence' })
    await latchkey.post('/auth/SignIn', { email: ada.email, password: { not: ada.password } })
    await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code: '12345 ', secret: 1 })
    await ada.get('/settings/MfaSignIn')
    await ada.get('/settings/MfaSecret')
    await ada.get('/settings/Activity?limit=100')
    await ada.delete('/settings/MfaSignIn')
    await ada.delete('/settings/MfaSecret')

    assert.ok(answers.length > 20)
    const { secret } = ada.authenticator
    const seenOnce = (what: string) => answers.filter(({ shown }) => shown.includes(what))
    assert.deepEqual(
      seenOnce(secret).map(({ call }) => call),
      ['POST /settings/MfaSecret'],
    )
    for (const code of ada.recoveryCodes) {
      assert.deepEqual(
        seenOnce(code).map(({ call }) => call),
        ['POST /settings/MfaSignIn'],
      )
    }

    const stored = await hashesAndSeals()
    assert.ok(stored.length > 10)
    for (const never of [...codes, ada.password, ...stored]) {
      const standing = new RegExp(`(?<![A-Za-z0-9])${RegExp.escape(never)}(?![A-Za-z0-9])`)
      for (const { call, shown } of answers) assert.doesNotMatch(shown, standing, call)
    }
  })

  /** What stands in columns that are no one's to see. */
  async function hashesAndSeals(): Promise<string[]> {
    const rows = await latchkey.sql(`
      select password_hash as value from account
      union all select secret_sealed from authenticator
      union all select code_hash from recovery_code
      union all select token_hash from refresh_token
      union all select token_hash from challenge where token_hash is not null
      union all select secret_sealed from outbox where secret_sealed is not null
      union all select private_jwk_sealed from signing_key`)
    return rows.map(({ value }) => value)
  }
})
