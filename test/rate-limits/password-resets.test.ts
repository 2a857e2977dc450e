/** Owners can reset a forgotten password whatever strangers do meanwhile, and strangers cannot. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'

const hour = 60 * 60_000
const newPassword = 'a whole new sentence'
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })

onEachDatabase(
  (latchkey) => {
    beforeEach(() => travel(25 * hour))

    const forgot = (email: string, address = '127.0.0.1') =>
      latchkey.post('/auth/ForgotPassword', { email }, from(address))
    const reset = (email: string, code: string, address = '127.0.0.1') =>
      latchkey.post('/auth/ResetPassword', { email, code, newPassword }, from(address))

    // Abuse case (Guessing): Strangers’ wrong guesses voided the code that had been emailed to the
    // owner.
    test('strangers’ wrong codes neither void the emailed code nor block the owner on a known network', async () => {
      const { email } = await latchkey.owner()
      assert.equal((await forgot(email)).status, 202)
      const code = await latchkey.codeSentTo(email)
      const wrong = code === '000000' ? '000001' : '000000'
      let checked = 0
      for (let i = 0; i < 60; i++) {
        const { status } = await reset(email, wrong, `198.51.100.${i}`)
        if (status === 401) checked += 1
        else assert.equal(status, 429)
      }
      assert.equal(checked, 50)
      assert.equal((await reset(email, code, '203.0.113.9')).status, 429)
      assert.equal((await reset(email, code)).status, 200)
    })

    // Abuse case (Guessing): A password reset code could be guessed.
    test('ten wrong codes an hour are checked from one network, even the owner’s', async () => {
      const { email } = await latchkey.owner()
      assert.equal((await forgot(email)).status, 202)
      const code = await latchkey.codeSentTo(email)
      const wrong = code === '000000' ? '000001' : '000000'
      for (let i = 0; i < 10; i++) assert.equal((await reset(email, wrong)).status, 401)
      assert.equal((await reset(email, code)).status, 429)
    })

    // Abuse case (Guessing): Each requested code made guessing one of them more likely.
    test('the newest three codes are valid, and earlier ones are not', async () => {
      const { email } = await latchkey.owner()
      const codes: string[] = []
      for (let i = 0; i < 4; i++) {
        await forgot(email)
        codes.push(await latchkey.codeSentTo(email))
      }
      const [first = '', second = ''] = codes
      assert.equal((await reset(email, first)).status, 401)
      assert.equal((await reset(email, second)).status, 200)
    })

    // Abuse case (Guessing): A stranger requested emails until the owner could get none.
    test('after strangers use up an address’s reset emails, its owner still gets one on a known network', async () => {
      const { email } = await latchkey.owner()
      for (let network = 1; network <= 4; network++) {
        for (let i = 0; i < 5; i++) {
          assert.equal((await forgot(email, `198.51.100.${network}`)).status, 202)
        }
        assert.equal((await forgot(email, `198.51.100.${network}`)).status, 429)
      }
      assert.equal((await forgot(email, '198.51.100.5')).body.code, 'too_many_messages')
      assert.equal((await forgot(email)).status, 202)
      assert.equal((await reset(email, await latchkey.codeSentTo(email))).status, 200)
      travel(24 * hour)
      assert.equal((await forgot(email, '198.51.100.5')).status, 202)
    })

    // Abuse case (Guessing): Repeated password resets kept the service busy with hashing.
    test('resets from one network are counted before their passwords are hashed', async () => {
      const values = Array.from(
        { length: 600 },
        (_, i) => `('filled-${i}', 'resetsPerNetwork 203.0.113.1', ${Date.now()})`,
      )
      await latchkey.sql(`insert into rate_limit_hit (id, key, at) values ${values.join()}`)
      const body = { resetToken: 'made up', newPassword }
      const attempt = (address: string) => latchkey.post('/auth/ResetPassword', body, from(address))
      assert.equal((await attempt('203.0.113.1')).status, 429)
      assert.equal((await attempt('203.0.113.2')).status, 401)

      const stopped = await forgot('somebody@example.com', '203.0.113.1')
      assert.equal(stopped.body.code, 'too_many_attempts')
      assert.equal((await forgot('somebody@example.com', '203.0.113.2')).status, 202)
    })
  },
  { LATCHKEY_TRUST_PROXY: '127.0.0.1' },
)
