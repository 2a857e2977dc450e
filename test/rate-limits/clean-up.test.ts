/** The hourly clean-up deletes what has expired, and forgives no guess. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { type RateLimitName, rateLimits } from '../../src/rate-limits/limits.ts'
import { runCleanUp } from '../support/clean-up.ts'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import {
  assertMfaRequired,
  assertProblem,
  assertSignedIn,
  assertStatus,
} from '../support/responses.ts'

const hour = 60 * 60_000
const day = 24 * hour
const home = '127.0.0.1'
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })

onEachDatabase(
  (latchkey) => {
    beforeEach(() => travel(25 * hour))

    test('wrong passwords stay counted for an hour, and wrong codes for a day', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const { email, password } = ada
      const guess = (text: string) =>
        latchkey.post('/auth/SignIn', { email, password: text }, from('192.0.2.1'))
      for (let i = 0; i < 10; i++) assertProblem(await guess('wrong'), 401, 'invalid_credentials')
      travel(hour - 10_000)
      await runCleanUp(latchkey)
      assertProblem(await guess(password), 429, 'too_many_attempts')
      travel(20_000)
      const { mfaToken } = assertMfaRequired(await guess(password))
      const code = await ada.wrongCodeFor('authenticator')
      assertStatus(await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code }), 401)

      const { max } = rateLimits.wrongCodesPerDay
      await store('wrongCodesPerDay', await idOf(ada), max - 1)
      travel(day - 60_000)
      await runCleanUp(latchkey)
      const later = assertMfaRequired(await guess(password))
      const right = { mfaToken: later.mfaToken, code: ada.authenticator.nextCode() }
      assertProblem(await latchkey.post('/auth/SignIn/Mfa', right), 429, 'too_many_attempts')
    })

    test('a network stays known after its session ended, until 90 days after it could last be refreshed', async () => {
      const ada = await latchkey.owner()
      const { email, password } = ada
      const signIn = (address: string) =>
        latchkey.post('/auth/SignIn', { email, password }, from(address))
      assertSignedIn(await signIn('198.51.100.7'))
      assertStatus(await ada.delete('/settings/Sessions'), 200)
      travel(14 * day + 90 * day - hour)
      await runCleanUp(latchkey)
      const useUpUnknownNetworks = () =>
        store('wrongPasswordsFromUnknownNetworks', email, 50).then(() => signIn('192.0.2.1'))
      assertProblem(await useUpUnknownNetworks(), 429, 'too_many_attempts')
      assertSignedIn(await signIn('198.51.100.7'))

      travel(14 * day + 90 * day + hour)
      await runCleanUp(latchkey)
      assertProblem(await useUpUnknownNetworks(), 429, 'too_many_attempts')
      assertProblem(await signIn('198.51.100.7'), 429, 'too_many_attempts')
    })

    /** Stores hits in place of requests. */
    async function store(limit: RateLimitName, key: string, count: number): Promise<void> {
      const rows = Array.from(
        { length: count },
        () => `('stored-${storedCount++}', '${limit} ${key}', ${Date.now()})`,
      )
      await latchkey.sql(`insert into rate_limit_hit (id, key, at) values ${rows.join()}`)
    }
    let storedCount = 0

    async function idOf({ email }: Owner): Promise<string> {
      const [{ id }] = await latchkey.sql(`select id from account where email = '${email}'`)
      assert.ok(id)
      return id
    }
  },
  { LATCHKEY_TRUST_PROXY: home },
)
