/** Known devices and networks: what strangers cannot use up, and what a thief loses. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { type RateLimitName, rateLimits } from '../../src/rate-limits/limits.ts'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { addPasskey, signInWithPasskey } from '../support/passkeys.ts'
import { assertSignedIn, assertStatus } from '../support/responses.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

const hour = 60 * 60_000
const home = '127.0.0.1'
const newPassword = 'a whole new sentence'
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })

onEachDatabase(
  (latchkey) => {
    beforeEach(() => travel(25 * hour))

    const guess = ({ email }: Owner, address: string, deviceToken?: string) => {
      const body = { email, password: 'not the right one', ...(deviceToken && { deviceToken }) }
      return latchkey.post('/auth/SignIn', body, from(address))
    }
    const signIn = (owner: Owner, address: string, deviceToken?: string) => {
      const { email, password } = owner
      const body = { email, password, ...(deviceToken && { deviceToken }) }
      return latchkey.post('/auth/SignIn', body, from(address))
    }

    /** Stores hits in place of requests that would each hash a password. */
    async function useUp(limit: RateLimitName, key: string): Promise<void> {
      const rows = Array.from(
        { length: rateLimits[limit].max },
        () => `('filled-${fillCount++}', '${limit} ${key}', ${Date.now()})`,
      )
      await latchkey.sql(`insert into rate_limit_hit (id, key, at) values ${rows.join()}`)
    }
    let fillCount = 0

    /** From now on, the account takes no password from an unknown network. */
    async function useUpUnknownNetworks(owner: Owner): Promise<void> {
      await useUp('wrongPasswordsFromUnknownNetworks', owner.email)
      assertStatus(await guess(owner, '192.0.2.99'), 429)
    }

    // Abuse case (Guessing): A stranger in the owner’s network locked the owner out.
    test('a stranger in the owner’s network uses up its limits, and the owner’s known device still signs in', async () => {
      const ada = await latchkey.owner()
      const { deviceToken } = ada
      await useUpUnknownNetworks(ada)
      for (let i = 0; i < 10; i++) assertStatus(await guess(ada, home), 401)
      await useUp('wrongPasswordsPerNetwork', home)
      assertStatus(
        await latchkey.post('/auth/SignIn', { email: 'x@example.com', password: 'x' }),
        429,
      )
      assertStatus(await signIn(ada, home), 429)

      assertSignedIn(await signIn(ada, home, deviceToken))
      assertSignedIn(await signIn(ada, '198.51.100.1', deviceToken))
    })

    // Abuse case (Guessing): A stranger in the owner’s network locked the owner out.
    test('wrong passwords for made-up addresses bar the owner’s new device in that network, and neither the known one nor a passkey', async () => {
      const ada = await latchkey.owner()
      const passkey = await addPasskey(latchkey, ada)
      const { deviceToken } = ada
      await useUp('wrongPasswordsPerNetwork', home)
      assertStatus(await signIn(ada, home), 429)

      assertSignedIn(await signInWithPasskey(latchkey, passkey))
      assertSignedIn(await signIn(ada, home, deviceToken))
      assertSignedIn(await signIn(ada, '198.51.100.1'))
      travel(hour)
      assertSignedIn(await signIn(ada, home))
    })

    test('a known device has ten wrong passwords an hour of its own, which count against no other limit', async () => {
      const ada = await latchkey.owner()
      const { deviceToken } = ada
      const answers = await Promise.all(
        Array.from({ length: 30 }, () => guess(ada, home, deviceToken)),
      )
      assert.equal(answers.filter(({ status }) => status === 401).length, 10)
      assertStatus(await signIn(ada, home, deviceToken), 429)
      assertStatus(await signIn(ada, '198.51.100.1', deviceToken), 429)

      assertSignedIn(await signIn(ada, home))
      for (let i = 0; i < 10; i++) assertStatus(await guess(ada, home), 401)
      assertStatus(await guess(ada, home), 429)
      travel(hour)
      assertSignedIn(await signIn(ada, home, deviceToken))
    })

    test('the right password on a known device counts against no limit', async () => {
      const ada = await latchkey.owner()
      const { deviceToken } = ada
      const attempts = Array.from({ length: 20 }, () => signIn(ada, home, deviceToken))
      for (const answer of await Promise.all(attempts)) assertSignedIn(answer)
      for (let i = 0; i < 10; i++) assertStatus(await guess(ada, home, deviceToken), 401)
      assertStatus(await guess(ada, home, deviceToken), 429)
    })

    // Abuse case (Guessing): A forged device token, or another account’s, gave more attempts.
    test('a forged device token, or another account’s, gives no more attempts', async () => {
      const ada = await latchkey.owner()
      const eve = await latchkey.owner()
      const { deviceToken } = ada
      const forged = [
        eve.deviceToken,
        deviceToken.slice(1),
        `${deviceToken}a`,
        'x'.repeat(43),
        '',
        '...',
      ]
      for (let i = 0; i < 10; i++) {
        assertStatus(await guess(ada, home, forged[i % forged.length]), 401)
      }
      for (const token of forged) assertStatus(await guess(ada, home, token), 429)
      assertStatus(await guess(ada, home, deviceToken), 401)
    })

    // Abuse case (Guessing): A thief guessed from every network that the owner had used.
    test('fifteen known networks have 20 wrong passwords together', async () => {
      const ada = await latchkey.owner()
      const networks = Array.from({ length: 15 }, (_, i) => `198.51.100.${i + 1}`)
      for (const network of networks) assertSignedIn(await signIn(ada, network))
      const statuses = []
      for (let i = 0; i < 30; i++) {
        statuses.push((await guess(ada, networks[i % 15] ?? '')).status)
      }
      assert.deepEqual(statuses, [...Array(20).fill(401), ...Array(10).fill(429)])
      assertStatus(await guess(ada, '203.0.113.1'), 401)
      travel(hour)
      assertSignedIn(await signIn(ada, home))
    })

    const takeBacks: [string, (ada: Owner) => Promise<ApiResponse>][] = [
      [
        'a reset by mail',
        async ({ email, deviceToken }) => {
          const forgot = { email, deviceToken }
          assertStatus(await latchkey.post('/auth/ForgotPassword', forgot, from(home)), 202)
          const code = await latchkey.codeSentTo(email)
          const reset = { email, code, newPassword, deviceToken }
          return latchkey.post('/auth/ResetPassword', reset, from(home))
        },
      ],
      [
        'an undo',
        async (ada) => {
          const { email, deviceToken } = ada
          const token = await undoTokenSentTo(latchkey, email, /password/)
          const undone = assertStatus(await latchkey.post('/auth/Undo', { token }, from(home)), 200)
          const { resetToken } = undone.body
          await useUpUnknownNetworks(ada)
          assertStatus(await guess(ada, '203.0.113.66'), 429)
          const reset = { resetToken, newPassword, deviceToken }
          return latchkey.post('/auth/ResetPassword', reset, from(home))
        },
      ],
    ]
    for (const [what, takeBack] of takeBacks) {
      // Abuse case (Guessing): A thief’s device and network stayed known after the owner took the
      // account back.
      test(`after ${what} the thief’s device and network are unknown again, and the one that reset stays known`, async () => {
        const ada = await latchkey.owner()
        const bystander = await latchkey.owner()
        assertSignedIn(await signIn(bystander, '203.0.113.66'))
        const thief = await signIn(ada, '203.0.113.66')
        const { deviceToken: thiefsToken, accessToken } = assertSignedIn(thief)
        const change = { currentPassword: ada.password, newPassword: 'the sentence of a thief' }
        const call = { body: change, token: accessToken, ...from('203.0.113.66') }
        assertStatus(await latchkey.request('PUT', '/settings/Password', call), 200)
        assertStatus(await takeBack(ada), 200)
        ada.password = newPassword

        await useUpUnknownNetworks(ada)
        assertStatus(await guess(ada, '203.0.113.66', thiefsToken), 429)
        assertSignedIn(await signIn(ada, home))
        for (let i = 0; i < 10; i++) assertStatus(await guess(ada, home), 401)
        assertStatus(await signIn(ada, home), 429)
        assertSignedIn(await signIn(ada, home, ada.deviceToken))

        await useUpUnknownNetworks(bystander)
        assertStatus(await guess(bystander, '203.0.113.66'), 401)
        assertStatus(await guess(bystander, '192.0.2.7', bystander.deviceToken), 401)
      })
    }

    test('a reset without its deviceToken leaves no device known, and one that signs in becomes known again', async () => {
      const ada = await latchkey.owner()
      const { deviceToken } = ada
      await ada.resetPassword(newPassword)
      for (let i = 0; i < 10; i++) assertStatus(await guess(ada, home), 401)
      assertStatus(await signIn(ada, home, deviceToken), 429)
      travel(hour)
      assert.equal(assertSignedIn(await signIn(ada, home, deviceToken)).deviceToken, deviceToken)
      for (let i = 0; i < 10; i++) assertStatus(await guess(ada, home), 401)
      assertSignedIn(await signIn(ada, home, deviceToken))
    })

    // Abuse case (Guessing): A thief who had signed in on many devices guessed the next password.
    test('a change of the password leaves only the device of its session known, and every network', async () => {
      const ada = await latchkey.owner()
      const thief = assertSignedIn(await signIn(ada, '203.0.113.66'))
      const { deviceToken } = ada
      await ada.changePassword(newPassword)
      for (let i = 0; i < 10; i++) {
        assertStatus(await guess(ada, '203.0.113.66', thief.deviceToken), 401)
      }
      assertStatus(await guess(ada, '203.0.113.66', thief.deviceToken), 429)
      assertStatus(await guess(ada, '203.0.113.66'), 429)
      for (let i = 0; i < 10; i++) assertStatus(await guess(ada, home), 401)
      assertStatus(await guess(ada, '203.0.113.67', thief.deviceToken), 401)
      assertSignedIn(await signIn(ada, home, deviceToken))
    })

    // Abuse case (Guessing): A stranger in the owner’s network locked the owner out.
    test('a stranger in the owner’s network uses up its resets, and the owner’s known device still resets the password', async () => {
      const ada = await latchkey.owner()
      const { email, deviceToken } = ada
      const forgot = (body: object) =>
        latchkey.post('/auth/ForgotPassword', { email, ...body }, from(home))
      const reset = (code: string, body: object) =>
        latchkey.post('/auth/ResetPassword', { email, code, newPassword, ...body }, from(home))
      for (let i = 0; i < 5; i++) assertStatus(await forgot({}), 202)
      assertStatus(await forgot({}), 429)
      assertStatus(await forgot({ deviceToken }), 202)

      for (let i = 0; i < 10; i++) assertStatus(await reset('no', {}), 401)
      assertStatus(await reset('no', {}), 429)
      await useUp('resetsPerNetwork', home)
      assertStatus(await reset('no', {}), 429)
      assertStatus(await reset('no', { deviceToken }), 401)
      const code = await latchkey.codeSentTo(email)
      assertStatus(await reset(code, { deviceToken }), 200)
    })

    test('a known device gets ten wrong reset codes and five reset emails an hour', async () => {
      const { email, deviceToken } = await latchkey.owner()
      const body = { email, deviceToken }
      for (let i = 0; i < 5; i++) {
        assertStatus(await latchkey.post('/auth/ForgotPassword', body), 202)
      }
      assertStatus(await latchkey.post('/auth/ForgotPassword', body), 429)
      const wrong = { ...body, code: 'no', newPassword }
      for (let i = 0; i < 10; i++) {
        assertStatus(await latchkey.post('/auth/ResetPassword', wrong), 401)
      }
      assertStatus(await latchkey.post('/auth/ResetPassword', wrong), 429)
    })

    test('all known networks together get twenty reset emails and fifty wrong reset codes a day', async () => {
      const ada = await latchkey.owner()
      const { email } = ada
      const networks = Array.from({ length: 6 }, (_, i) => `198.51.100.${i + 1}`)
      for (const network of networks) assertSignedIn(await signIn(ada, network))
      const post = (path: string, body: object, i: number) =>
        latchkey.post(path, { email, ...body }, from(networks[i % 6] ?? ''))
      const mails = []
      for (let i = 0; i < 22; i++) mails.push((await post('/auth/ForgotPassword', {}, i)).status)
      assert.deepEqual(mails, [...Array(20).fill(202), 429, 429])
      const codes = []
      for (let i = 0; i < 52; i++) {
        codes.push((await post('/auth/ResetPassword', { code: 'no', newPassword }, i)).status)
      }
      assert.deepEqual(codes, [...Array(50).fill(401), 429, 429])
      assertStatus(await latchkey.post('/auth/ForgotPassword', { email }, from('203.0.113.1')), 202)
    })
  },
  { LATCHKEY_TRUST_PROXY: '127.0.0.1' },
)
