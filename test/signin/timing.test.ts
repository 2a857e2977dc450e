/**
 * Response times must not reveal whether an address has an account. Calls with known and unknown
 * addresses alternate and are compared by rank: the share of pairs in which the known address is
 * faster. It is one half if there is no difference; Argon2 alone would move it close to 0 or 1.
 *
 * Ranks do not depend on the machine's speed, and alternating makes load affect both kinds equally.
 * Chance remains, so there are three tries: a real difference fails all of them.
 */
import assert from 'node:assert/strict'
import { syncBuiltinESMExports } from 'node:module'
import { type TestContext, test } from 'node:test'
import timers from 'node:timers/promises'
import { owaspHashCost } from '../../src/lib/password-hasher.ts'
import { onDatabase, onEachDatabase } from '../support/latchkey.ts'

const pairs = 100
const tries = 3
const warmUps = 3

/** With a hundred pairs, chance alone exceeds this once in 70 tries. */
const tolerance = 0.1

onEachDatabase(
  (latchkey) => {
    latchkey.hashCost = owaspHashCost
    const password = 'seven red bicycles'
    let strangers = 0
    const unknown = () => `known-${latchkey.databaseKind}-${100 + (strangers++ % 900)}@example.com`

    // Abuse case (Sign-up): The response or its timing revealed which addresses have accounts
    // (CVE-2024-41952).
    test('the response time of sign-in does not reveal whether an address has an account', async () => {
      const { email } = await latchkey.owner({
        email: `known-${latchkey.databaseKind}-001@example.com`,
      })
      const signIn = (address: string) =>
        latchkey.post('/auth/SignIn', { email: address, password })
      await assertSameTiming(
        () => signIn(email),
        () => signIn(unknown()),
      )
    })

    // Abuse case (Sign-up): The response or its timing revealed which addresses have accounts
    // (CVE-2024-41952).
    test('the response time of sign-up does not reveal whether an address has an account', async () => {
      const { email } = await latchkey.owner({
        email: `known-${latchkey.databaseKind}-002@example.com`,
      })
      const signUp = (address: string) =>
        latchkey.post('/auth/SignUp', { email: address, password })
      await assertSameTiming(
        () => signUp(email),
        () => signUp(unknown()),
      )
    })

    // Abuse case (Sign-up): The response or its timing revealed which addresses have accounts
    // (CVE-2024-41952).
    test('the response time of Verify does not reveal whether an address has an account', async () => {
      const { email } = await latchkey.owner({
        email: `known-${latchkey.databaseKind}-003@example.com`,
      })
      const startSignUps = async (address: string) => {
        const tokens: string[] = []
        for (let i = 0; i < (tries * (warmUps + pairs)) / 5; i++) {
          const { body } = await latchkey.post('/auth/SignUp', { email: address, password })
          tokens.push(...Array(5).fill(body.signUpToken))
        }
        return () => latchkey.post('/auth/SignUp/Verify', { signUpToken: tokens.pop(), code: 'x' })
      }
      await assertSameTiming(await startSignUps(email), await startSignUps(unknown()))
    })

    // Abuse case (Sign-up): The response or its timing revealed which addresses have accounts
    // (CVE-2024-41952).
    test('the response time of ForgotPassword does not reveal whether an address has an account', async () => {
      const { email } = await latchkey.owner({
        email: `known-${latchkey.databaseKind}-004@example.com`,
      })
      const forgot = (address: string) => latchkey.post('/auth/ForgotPassword', { email: address })
      await assertSameTiming(
        () => forgot(email),
        () => forgot(unknown()),
      )
    })

    // Abuse case (Sign-up): The response or its timing revealed which addresses have accounts
    // (CVE-2024-41952).
    test('the response time of ResetPassword does not reveal whether an address has an account', async () => {
      const { email } = await latchkey.owner({
        email: `known-${latchkey.databaseKind}-005@example.com`,
      })
      const newPassword = 'eight red bicycles'
      const reset = (address: string) =>
        latchkey.post('/auth/ResetPassword', { email: address, code: '000000', newPassword })
      await latchkey.post('/auth/ForgotPassword', { email })
      await assertSameTiming(
        () => reset(email),
        () => reset(unknown()),
      )
    })
  },
  { LATCHKEY_RATE_LIMITS: 'off' },
)

onDatabase('SQLite', (latchkey) => {
  test('the responses of SignUp and ForgotPassword wait for the end of a time step', async (t) => {
    const { email, password } = await latchkey.owner()
    const calls: Record<string, (address: string) => Promise<unknown>> = {
      SignUp: (address) => latchkey.post('/auth/SignUp', { email: address, password }),
      ForgotPassword: (address) => latchkey.post('/auth/ForgotPassword', { email: address }),
    }
    for (const [name, call] of Object.entries(calls)) {
      for (const address of [email, `unknown-${name}@example.com`]) {
        const { waiting, release } = holdShortWaits(t)
        const response = call(address)
        const answered = response.then(() => 'answered')
        assert.equal(await Promise.race([answered, waiting.then(() => 'waits')]), 'waits', name)
        release()
        await response
      }
    }
  })
})

/** Holds waits of at most a time step, in all of this process. @returns `waiting` when the first began */
function holdShortWaits(t: TestContext) {
  const { promise: waiting, resolve: begin } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const wait = timers.setTimeout
  const mocked = t.mock.method(timers, 'setTimeout', async (ms: number, ...rest: unknown[]) => {
    if (ms > 26) return wait(ms, ...(rest as []))
    begin()
    await released
    return wait(ms)
  })
  // The named imports of other modules.
  syncBuiltinESMExports()
  const end = () => {
    mocked.mock.restore()
    syncBuiltinESMExports()
    release()
  }
  // A test that failed must not hold the service.
  t.after(end)
  return { waiting, release: end }
}

type Call = () => Promise<{ status: number }>

async function assertSameTiming(known: Call, unknown: Call): Promise<void> {
  const shares = []
  while (shares.length < tries) {
    const share = shareOfFaster(await timeAlternately(known, unknown))
    shares.push(share)
    if (Math.abs(share - 0.5) < tolerance) return
  }
  const shown = shares.map((share) => share.toFixed(2)).join(', ')
  assert.fail(`Known addresses were faster than unknown ones in these shares of cases: ${shown}`)
}

async function timeAlternately(
  known: Call,
  unknown: Call,
): Promise<[known: number[], unknown: number[]]> {
  const times: [number[], number[]] = [[], []]
  // Warms up.
  for (let i = 0; i < warmUps; i++) for (const call of [known, unknown]) await call()
  const statuses = new Set<number>()
  for (let i = 0; i < pairs; i++) {
    // The order alternates too, because work left by one call may slow the next.
    for (const which of i % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const call = which === 0 ? known : unknown
      const before = performance.now()
      const { status } = await call()
      times[which].push(performance.now() - before)
      statuses.add(status)
    }
  }
  assert.equal(statuses.size, 1, 'the statuses differ')
  return times
}

/** Mann–Whitney statistic: the probability that a time of the first is below one of the second. */
function shareOfFaster([first, second]: [number[], number[]]): number {
  const wins = first.flatMap((mine) =>
    second.map((yours): number => (mine < yours ? 1 : mine === yours ? 0.5 : 0)),
  )
  return wins.reduce((sum, win) => sum + win, 0) / wins.length
}
