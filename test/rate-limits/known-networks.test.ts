/** Known networks in password resets, and that they reveal nothing to strangers. */
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

    /** Sends requests from strangers until the limit for unknown networks is reached. */
    async function useUpMailsTo(email: string): Promise<void> {
      for (let i = 0; i < 20; i++) {
        assert.equal((await forgot(email, `198.51.100.${i % 4}`)).status, 202)
      }
      assert.equal((await forgot(email, '198.51.100.9')).body.code, 'too_many_messages')
    }

    async function wrongCodeFor(email: string): Promise<string> {
      assert.equal((await forgot(email)).status, 202)
      return (await latchkey.codeSentTo(email)) === '000000' ? '000001' : '000000'
    }

    test('another IPv6 address in the owner’s network is known, and one in a neighbouring network is not', async () => {
      const ada = await latchkey.owner()
      ada.storeTokens(await ada.signIn(from('2001:db8:1:2::1')))
      await useUpMailsTo(ada.email)
      assert.equal((await forgot(ada.email, '2001:db8:1:3::1')).status, 429)
      assert.equal((await forgot(ada.email, '2001:db8:1:2:ffff::9')).status, 202)
    })

    // Abuse case (Guessing): A stranger got more attempts from a network where they had signed in
    // to their own account.
    test('a sign-in makes its network known for that account only', async () => {
      const { email } = await latchkey.owner()
      const stranger = await latchkey.owner()
      stranger.storeTokens(await stranger.signIn(from('203.0.113.7')))
      await useUpMailsTo(email)
      assert.equal((await forgot(email, '203.0.113.7')).status, 429)
      assert.equal((await forgot(email)).status, 202)
    })

    // Abuse case (Guessing): An attacker with only the password was treated as the owner.
    test('a password without its second factor does not make a network known', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const begun = await ada.signIn(from('203.0.113.8'))
      assert.equal(begun.body.status, 'mfaRequired')
      await useUpMailsTo(ada.email)
      assert.equal((await forgot(ada.email, '203.0.113.8')).status, 429)
    })

    test('from a known network, five reset emails an hour and twenty a day are sent', async () => {
      const { email } = await latchkey.owner()
      for (let sent = 0; sent < 20; sent++) {
        if (sent > 0 && sent % 5 === 0) {
          assert.equal((await forgot(email)).status, 429)
          travel(hour)
        }
        assert.equal((await forgot(email)).status, 202, `mail ${sent + 1}`)
      }
      travel(hour)
      assert.equal((await forgot(email)).body.code, 'too_many_messages')
    })

    // Abuse case (Sign-up): The response or its timing revealed which addresses have accounts
    // (CVE-2024-41952).
    test('an address without an account is counted and answered like any other', async () => {
      const { email } = await latchkey.owner()
      const nobody = email.replace('owner', 'nobody')
      const tries = async (address: string) => {
        const answers = []
        for (let i = 0; i < 22; i++) answers.push(await forgot(address, `198.51.100.${i % 5}`))
        for (let i = 0; i < 12; i++) answers.push(await reset(address, 'x', '198.51.100.7'))
        for (let i = 0; i < 44; i++) answers.push(await reset(address, 'x', `192.0.2.${i}`))
        return answers.map(({ status, body }) => `${status} ${body.code ?? JSON.stringify(body)}`)
      }
      const known = await tries(email)
      assert.deepEqual(await tries(nobody), known)
      const count = (status: number) => known.filter((answer) => answer.startsWith(`${status}`))
      assert.deepEqual([count(202).length, count(401).length, count(429).length], [20, 50, 8])
    })

    // Abuse case (Guessing): Concurrent guesses bypassed the limit.
    test('of thirty concurrent wrong codes, ten are checked', async () => {
      const { email } = await latchkey.owner()
      const wrong = await wrongCodeFor(email)
      const answers = await Promise.all(Array.from({ length: 30 }, () => reset(email, wrong)))
      const checked = answers.filter(({ status }) => status === 401)
      assert.equal(checked.length, 10)
      assert.ok(answers.every(({ status }) => status === 401 || status === 429))
    })

    test('a right code does not count as a wrong one', async () => {
      const { email } = await latchkey.owner()
      const wrong = await wrongCodeFor(email)
      for (let i = 0; i < 9; i++) assert.equal((await reset(email, wrong)).status, 401)
      assert.equal((await reset(email, await latchkey.codeSentTo(email))).status, 200)
      assert.equal((await reset(email, wrong)).status, 401)
      assert.equal((await reset(email, wrong)).status, 429)
    })
  },
  { LATCHKEY_TRUST_PROXY: '127.0.0.1' },
)
