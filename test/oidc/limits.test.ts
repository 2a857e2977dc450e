/** Requests that applications begin are stored, and so limited. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { rateLimits } from '../../src/rate-limits/limits.ts'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { travel } from '../support/clock.ts'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'

const hour = 3_600_000

onEachDatabase((latchkey) => {
  beforeEach(() => travel(hour))

  // Abuse case (Overload): Requests of strangers, each of which is stored, filled the database.
  test('one network begins three thousand sign-ins to applications an hour, and nothing beyond is stored', async (t) => {
    const app = await AppClient.register(t, latchkey, 'wiki', '--trusted')
    await fillLimit(latchkey, rateLimits.authorizationsPerNetwork.max - 1)
    const { url } = await app.start()
    assert.equal((await fetch(url, { redirect: 'manual' })).status, 303)
    const before = await countRecords(latchkey)
    const refused = await fetch(url, { redirect: 'manual' })
    assert.equal(refused.status, 429)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    const pushed = await fetch(`${latchkey.origin}/oidc/par`, { method: 'POST' })
    assert.equal(pushed.status, 429)
    assert.equal(await countRecords(latchkey), before)
    travel(hour)
    assert.equal((await fetch(url, { redirect: 'manual' })).status, 303)
  })

  test('a person who has begun completes the sign-in while the limit is used up', async (t) => {
    const app = await AppClient.register(t, latchkey, 'git', '--trusted')
    const ada = await latchkey.owner()
    const browser = new AppBrowser(latchkey)
    const { url, finish } = await app.start()
    const page = await browser.open(url)
    await fillLimit(latchkey, rateLimits.authorizationsPerNetwork.max)
    await browser.signIn(ada)
    const tokens = await finish(await browser.authorize(page))
    assert.ok(tokens.access_token)
  })
})

async function fillLimit(latchkey: TestLatchkey, hits: number): Promise<void> {
  const key = 'authorizationsPerNetwork 127.0.0.1'
  const rows = Array.from(
    { length: hits },
    () => `('begun-${hitCount++}', '${key}', ${Date.now()})`,
  )
  await latchkey.sql(`insert into rate_limit_hit (id, key, at) values ${rows.join()}`)
}
let hitCount = 0

async function countRecords(latchkey: TestLatchkey): Promise<number> {
  const [row] = await latchkey.sql('select count(*) as count from oidc_record')
  return Number(row?.count)
}
