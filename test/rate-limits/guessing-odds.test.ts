/** The computed odds of guessing match what the running service allows. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { computeDailyOdds, describeOdds } from '../../src/cli/guessing-odds.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { travel, travelToNextStep } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { runLatchkey } from '../support/process.ts'

const hour = 60 * 60_000
const day = 24 * hour
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })

onEachDatabase(
  (latchkey) => {
    beforeEach(() => travel(25 * hour))

    const odds = () => computeDailyOdds(readSettings(latchkey.environment))

    test('the service checks exactly as many wrong codes in a day as the odds assume', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const checked = await countChecked(day, async () => {
        const { mfaToken } = (await ada.signIn()).body
        const code = await ada.wrongCodeFor('authenticator')
        return latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
      })
      assert.equal(checked, odds().secondFactor.authenticator?.guesses)
    })

    test('as many authenticator codes are valid at a time as the odds assume', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      travel(2 * hour)
      travelToNextStep()
      let right = 0
      // In ascending order, because using a step voids those before it.
      for (let step = -3; step <= 3; step++) {
        const { mfaToken } = (await ada.signIn()).body
        const code = ada.authenticator.code(Date.now() + step * 30_000)
        const answer = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
        if (answer.status === 200) right += 1
      }
      assert.equal(right, odds().secondFactor.authenticator?.valid)
      assert.equal(ada.recoveryCodes.length, odds().secondFactor.recoveryCode?.valid)
      assert.match(ada.recoveryCodes[0] ?? '', /^(....-){2}....$/)
    })

    test('the service checks as many passwords as the odds assume, from one network, from known ones and from all others', async () => {
      const guess = ({ email }: Owner, address: string) =>
        latchkey.post('/auth/SignIn', { email, password: 'not the right one' }, from(address))
      const ada = await latchkey.owner()
      const here = await countChecked(hour, () => guess(ada, '203.0.113.1'))
      assert.equal(here * 24, odds().passwords.fromOneNetwork)

      travel(day)
      const known = ['127.0.0.1', '203.0.113.2', '203.0.113.3']
      for (const address of known.slice(1)) {
        assert.equal((await ada.signIn(from(address))).status, 200)
      }
      let network = 0
      const together = await countChecked(hour, () => {
        network += 1
        return guess(ada, known[network % known.length] ?? '')
      })
      assert.equal(together * 24, odds().passwords.fromKnownNetworks)

      const everywhere = await countChecked(hour, () => {
        network += 1
        return guess(ada, `198.51.100.${network}`)
      })
      assert.equal(everywhere * 24, odds().passwords.fromElsewhere)
    })

    test('the service starts as many sign-ups in a day, and checks as many codes for them, as the odds assume', async () => {
      const email = `newcomer-${latchkey.databaseKind}@example.com`
      const password = 'seven red bicycles'
      let network = 0
      const elsewhere = () => {
        network += 1
        return from(`203.0.113.${network}`)
      }
      let guesses = 0
      const signUpAndGuess = async () => {
        const begun = await latchkey.post('/auth/SignUp', { email, password }, elsewhere())
        if (begun.status === 429) return begun
        const guess = { signUpToken: begun.body.signUpToken, code: 'no' }
        for (;;) {
          const { body } = await latchkey.post('/auth/SignUp/Verify', guess, elsewhere())
          if (body.code !== 'invalid_code') return begun
          guesses += 1
        }
      }
      assert.equal(await countChecked(day, signUpAndGuess), odds().signUpCode.valid)
      assert.equal(guesses, odds().signUpCode.guesses)
    })

    test('the service checks as many reset codes in a day as the odds assume', async () => {
      const { email } = await latchkey.owner()
      let network = 0
      const reset = () => {
        network += 1
        const body = { email, code: 'no', newPassword: 'seven red bicycles' }
        return latchkey.post('/auth/ResetPassword', body, from(`203.0.113.${network}`))
      }
      assert.equal(await countChecked(day, reset), odds().resetCode.guesses)
    })
  },
  { LATCHKEY_TRUST_PROXY: '127.0.0.1' },
)

/** How many requests are not limited within a time, for a client that follows each Retry-After. */
async function countChecked(ms: number, send: () => Promise<ApiResponse>): Promise<number> {
  const end = Date.now() + ms
  for (let checked = 0; ; ) {
    const { status, body } = await send()
    if (status !== 429) checked += 1
    else if (Date.now() + body.retryAfter * 1000 >= end) return checked
    else travel(body.retryAfter * 1000)
  }
}

const defaults = readSettings({})

test('the odds are those of independent guesses, even when they are very small', () => {
  const { secondFactor, resetCode } = computeDailyOdds(defaults)
  assert.ok(Math.abs((secondFactor.authenticator?.chance ?? 0) - 50 * 3e-6) < 2e-8)
  assert.ok(Math.abs((secondFactor.sms?.chance ?? 0) - 50 * 1e-6) < 2e-9)
  const { chance = 0 } = secondFactor.recoveryCode ?? {}
  assert.ok(Math.abs(chance / ((50 * 10) / 32 ** 12) - 1) < 1e-6, String(chance))
  assert.ok(Math.abs(resetCode.chance - 50 * 3e-6) < 2e-8)
})

test('the odds cover the offered methods, and a passkey has none', () => {
  const mfaMethods = ['passkey', 'email'] as const
  const { secondFactor } = computeDailyOdds({ rateLimits: 'on', mfaMethods })
  assert.deepEqual(Object.keys(secondFactor), ['email', 'recoveryCode'])
})

test('with rate limits off every code is guessed eventually, and the odds show it', () => {
  const off = { ...defaults, rateLimits: 'off' } as const
  const { secondFactor, passwords, signUpCode } = computeDailyOdds(off)
  assert.equal(secondFactor.authenticator?.guesses, Number.POSITIVE_INFINITY)
  assert.equal(secondFactor.authenticator?.chance, 1)
  assert.equal(signUpCode.chance, 1)
  assert.equal(passwords.fromElsewhere, Number.POSITIVE_INFINITY)
  assert.match(describeOdds(off), /LATCHKEY_RATE_LIMITS is off/)
  assert.doesNotMatch(describeOdds(off), /1 in/)
})

test('latchkey settings ends with the odds of guessing under these settings', async (t) => {
  const environment = { LATCHKEY_MFA_METHODS: 'authenticator,email' }
  const { code, stdout } = await runLatchkey(t, { args: ['settings'], environment })
  assert.equal(code, 0)
  const [, odds = ''] = stdout.split('Odds of guessing')
  assert.match(odds, /50 guesses\n {4}authenticator +1 in 6,700\n {4}email +1 in 20,000\n/)
  assert.doesNotMatch(odds, /sms/)
  assert.ok(stdout.trimEnd().endsWith(describeOdds(readSettings(environment))))
})
