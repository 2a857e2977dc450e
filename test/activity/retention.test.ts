/** The hourly clean-up keeps the activity of an account for a year. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { runCleanUp } from '../support/clean-up.ts'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { accountIdOf } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'

const day = 86_400_000

onEachDatabase((latchkey) => {
  async function typesOf(ada: Owner): Promise<string[]> {
    ada.storeTokens(await ada.signIn())
    const { body } = await ada.get('/settings/Activity?limit=100')
    return body.activity.map(({ type }: { type: string }) => type)
  }

  /** Adds failed sign-ins to an account, a millisecond apart. */
  const insertActivity = (account: string, { count, from }: { count: number; from: number }) =>
    latchkey.sql(
      `insert into activity (id, account_id, type, at, detail)
       with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${count})
       select '${from}-' || n, '${account}', 'signin.failed', ${from} + n, '{}' from numbers`,
    )

  test('activity of a living account is kept for a year, and then deleted', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await ada.delete('/settings/MfaSignIn')
    const changes = ['mfa.off', 'recovery_codes.generated', 'mfa.on']
    travel(364 * day)
    await runCleanUp(latchkey)
    const kept = ['signin.succeeded', ...changes, 'signin.succeeded', 'account.created']
    assert.deepEqual(await typesOf(ada), kept)
    travel(2 * day)
    await runCleanUp(latchkey)
    assert.deepEqual(await typesOf(ada), ['signin.succeeded', 'signin.succeeded'])
  })

  test('the clean-up deletes any number of old entries, and the service answers meanwhile', async () => {
    const id = await accountIdOf(latchkey, await latchkey.owner())
    const count = 5000
    const old = Date.now() - 366 * day
    await insertActivity(id, { count, from: old })
    await insertActivity(id, { count, from: Date.now() })

    // A request that arrives is answered in the next turn of the event loop.
    let turns = 0
    let cleaning = true
    const counting = (async () => {
      for (; cleaning; turns += 1) await setImmediate()
    })()
    await runCleanUp(latchkey)
    cleaning = false
    await counting
    assert.ok(turns >= count / 100, `${turns} turns`)

    const [row] = await latchkey.sql(
      `select count(*) as entries, min(at) as oldest from activity where type = 'signin.failed'`,
    )
    assert.equal(Number(row.entries), count)
    assert.ok(Number(row.oldest) > old + count)
  })
})
