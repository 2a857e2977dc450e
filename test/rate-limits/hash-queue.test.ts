/** The queue for password hashing: clients take turns in it. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { owaspHashCost } from '../../src/lib/password-hasher.ts'
import { type ApiResponse, TestLatchkey } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { assertSignedIn } from '../support/responses.ts'

const from = (network: string) => ({ headers: { 'x-forwarded-for': network } })
const crowded = from('198.51.100.1')

for (const kind of ['SQLite', 'PostgreSQL'] as const) {
  describe(`on ${kind}`, () => {
    // Without limits, because they would end the flood.
    const latchkey = new TestLatchkey(kind, {
      LATCHKEY_TRUST_PROXY: '127.0.0.1,::1',
      LATCHKEY_RATE_LIMITS: 'off',
    })
    latchkey.maxHashWaitMs = 100
    latchkey.hashCost = owaspHashCost
    let ada: Owner
    before(() => latchkey.start())
    beforeEach(async () => {
      ada = await latchkey.owner()
    })
    after(() => latchkey.stop())

    const guess = (i: number, fields = {}): Promise<ApiResponse> => {
      const body = { email: `guest-${i}@example.com`, password: 'not this one', ...fields }
      return latchkey.post('/auth/SignIn', body, crowded)
    }

    /**
     * Keeps the queue full while `work` runs.
     *
     * @param call of each of 60 callers; a sign-in by default, each to another address
     */
    async function duringFlood(
      work: () => Promise<void>,
      call: (i: number) => Promise<ApiResponse> = guess,
    ): Promise<void> {
      const responses: ApiResponse[] = []
      let over = false
      const flood = Array.from({ length: 60 }, async (_, i) => {
        while (!over) responses.push(await call(i))
      })
      const isFull = () => responses.some(({ status }) => status === 503)
      while (!isFull()) await latchkey.get('/health/live')
      responses.length = 0
      await work().finally(() => {
        over = true
      })
      await Promise.all(flood)
      assert.ok(isFull(), 'the queue was not full')
    }

    const signInElsewhere = async () => {
      for (let i = 0; i < 4; i++) assertSignedIn(await ada.signIn(from('203.0.113.7')))
    }

    // Abuse case (Overload): One client with many accounts filled the hash queue, and everybody else was
    // turned away.
    test('a flood of sign-ins from one network turns nobody away in another', async () => {
      await duringFlood(signInElsewhere)
    })

    test('a flood of sign-ins that makes up device tokens turns nobody away in another network', async () => {
      const token = (i: number) => Buffer.alloc(32, i).toString('base64url')
      await duringFlood(signInElsewhere, (i) => guess(i, { deviceToken: token(i) }))
    })

    test('a flood of password confirmations in the settings of one account turns away nobody else’s', async () => {
      const eve = await latchkey.owner()
      const { password: currentPassword } = ada
      const confirm = { currentPassword: eve.password }
      await duringFlood(
        async () => {
          for (let i = 0; i < 4; i++) {
            const confirmed = await ada.post('/settings/Passkeys', { currentPassword }, crowded)
            assert.equal(confirmed.status, 200)
          }
        },
        () => eve.post('/settings/Passkeys', confirm, crowded),
      )
    })

    test('a flood of sign-ins from one network turns away no known device in it', async () => {
      const { email, password, deviceToken } = ada
      await duringFlood(async () => {
        for (let i = 0; i < 5; i++) {
          assertSignedIn(
            await latchkey.post('/auth/SignIn', { email, password, deviceToken }, crowded),
          )
        }
      })
    })

    test('a flood of sign-ins turns away no other call with a password, on a known device or from elsewhere', async () => {
      const { password, deviceToken } = ada
      const elsewhere = from('203.0.113.7')
      await duringFlood(async () => {
        const signUp = { email: `new-${ada.email}`, password: 'a whole new sentence' }
        assert.equal((await latchkey.post('/auth/SignUp', signUp, elsewhere)).status, 202)
        const confirmed = await ada.post('/auth/Reauthenticate', { password }, crowded)
        assert.equal(confirmed.status, 200)
        const { email } = ada
        const forgotten = { email, deviceToken }
        assert.equal((await latchkey.post('/auth/ForgotPassword', forgotten, crowded)).status, 202)
        const code = await latchkey.codeSentTo(email)
        const reset = { email, code, newPassword: 'a whole new sentence', deviceToken }
        assert.equal((await latchkey.post('/auth/ResetPassword', reset, crowded)).status, 200)
      })
    })
  })
}
