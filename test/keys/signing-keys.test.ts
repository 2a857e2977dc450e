import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { sql } from 'kysely'
import { activateKeys } from '../../src/keys/encryption-keys.ts'
import type { Keyring } from '../../src/keys/keyring.ts'
import { rotateSigningKey } from '../../src/keys/rotate-signing-key.ts'
import { loadSigningKeys } from '../../src/keys/signing-keys.ts'
import { cleanUp } from '../../src/retention.ts'
import { type Db, openDatabase } from '../../src/store/open.ts'
import { travel } from '../support/clock.ts'
import { decodeToken, loadSigningKey, signToken } from '../support/forge-token.ts'
import { onDatabase, onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { waitUntil } from '../support/process.ts'
import { transactionOn } from '../support/transaction.ts'

const minute = 60_000

// The longest lifetime of a token, so that the old key has to last for the longest time.
const environment = { LATCHKEY_ACCESS_TOKEN_TTL: '3600' }

onEachDatabase((latchkey) => {
  test('a new key is published an hour before it signs, and the old one until its last token has expired', async (t) => {
    const ada = await latchkey.owner()
    const cachedJwks = await fetchJwks(latchkey)
    const oldKid = kidOf(ada.accessToken)
    const { db } = await openStore(t, latchkey)
    const newKey = await rotate(t, latchkey)
    assert.equal(newKey.status, 'rotated')
    await waitUntil(async () => (await fetchKids(latchkey)).length === 2)
    assert.match(latchkey.log, new RegExp(`"kid":"${newKey.id}".*a new signing key is published`))

    // The new key does not sign yet, because backends may have cached the earlier keys.
    travel(55 * minute)
    await ada.signInFully()
    assert.equal(kidOf(ada.accessToken), oldKid)
    await verifyAsBackend(cachedJwks, latchkey, ada.accessToken)

    travel(4 * minute)
    await ada.signInFully()
    const lastOldToken = ada.accessToken
    assert.equal(kidOf(lastOldToken), oldKid)
    const freshJwks = await fetchJwks(latchkey)
    travel(2 * minute)
    await ada.signInFully()
    assert.equal(kidOf(ada.accessToken), newKey.id)
    await verifyAsBackend(freshJwks, latchkey, ada.accessToken)

    // One second before it expires.
    travel(57 * minute + 55_000)
    await cleanUp(db, transactionOn(db))
    assert.equal((await latchkey.get('/settings', { token: lastOldToken })).status, 200)
    await verifyAsBackend(await fetchJwks(latchkey), latchkey, lastOldToken)
    assert.deepEqual(await fetchKids(latchkey), [oldKid, newKey.id].sort())

    travel(12 * minute)
    assert.deepEqual(await fetchKids(latchkey), [newKey.id])
    await cleanUp(db, transactionOn(db))
    assert.deepEqual(await latchkey.sql('select id from signing_key'), [{ id: newKey.id }])
    assert.equal((await ada.signInFully()).status, 200)
  })

  test('a restart keeps the signing key and the published keys', async (t) => {
    const kidsBefore = await fetchKids(latchkey)
    const newKey = await rotate(t, latchkey)
    await latchkey.restart()
    assert.deepEqual(await fetchKids(latchkey), [...kidsBefore, newKey.id].sort())
    const ada = await latchkey.owner()
    assert.deepEqual([kidOf(ada.accessToken)], kidsBefore)

    // While a new key is pending, another rotation changes nothing.
    const secondRotation = await rotate(t, latchkey)
    assert.deepEqual([secondRotation.status, secondRotation.id], ['pending', newKey.id])
    assert.equal((await latchkey.sql('select id from signing_key')).length, 2)
  })

  // Abuse case (Sessions and tokens): Tokens signed with a leaked key were accepted until the last
  // one expired, or stopping them signed everyone out.
  test('after an emergency rotation every node refuses tokens of the leaked key within seconds, and no session ends', async (t) => {
    const node = await latchkey.secondNode()
    try {
      const [ada, ben] = [await latchkey.owner(), await latchkey.owner()]
      const { db, keyring } = await openStore(t, latchkey)
      const leaked = await loadSigningKey(latchkey)
      const { header, claims } = decodeToken(ada.accessToken)
      const forge = () => signToken(leaked.privateKey, { ...header, kid: leaked.kid }, claims)
      const forged = forge()
      const nodes = [{}, { node }]
      // Verified once, so that the nodes cache the token.
      for (const where of nodes) {
        assert.equal((await latchkey.get('/settings', { token: forged, ...where })).status, 200)
      }

      const newKey = await rotateSigningKey(db, keyring, { immediately: true })
      // The new key signs within seconds; this makes it sign now.
      const past = Date.now() - 1000
      await waitUntil(async () => (await fetchKids(latchkey)).length > 1)
      await latchkey.sql(
        `update signing_key set signs_from = ${past - 1} where id = '${newKey.id}' returning id`,
      )
      await latchkey.sql(
        `update signing_key set retires_at = ${past} where retires_at is not null returning id`,
      )
      for (const where of nodes) {
        await waitUntil(async () => (await fetchKids(latchkey, where)).length === 1)
        assert.deepEqual(await fetchKids(latchkey, where), [newKey.id])
        for (const token of [forged, forge(), ada.accessToken, ben.accessToken]) {
          const answer = await latchkey.get('/settings', { token, ...where })
          assert.deepEqual([answer.status, answer.body.code], [401, 'invalid_token'])
        }
      }
      for (const owner of [ada, ben]) {
        const { refreshToken } = owner
        owner.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
        assert.equal(kidOf(owner.accessToken), newKey.id)
        for (const where of nodes) assert.equal((await owner.get('/settings', where)).status, 200)
      }
      assert.match(latchkey.log, /another key signs tokens now/)
    } finally {
      await node.stop()
    }
  })

  test('an emergency rotation retires all earlier keys seconds after the new one signs', async (t) => {
    const { db, keyring } = await openStore(t, latchkey)
    await rotate(t, latchkey)
    const newKey = await rotateSigningKey(db, keyring, { immediately: true })
    assert.equal(newKey.status, 'rotated')
    assert.ok(Date.parse(newKey.signsFrom) <= Date.now() + 10_000)
    const rows = await latchkey.sql(
      `select * from signing_key where retires_at > ${Date.now()} and id <> '${newKey.id}'`,
    )
    assert.equal(rows.length, 2)
    for (const row of rows) {
      assert.ok(Number(row.retires_at) <= Date.now() + 15_000, row.id)
      // Not before the new key signs; otherwise no key could sign.
      assert.ok(Number(row.retires_at) > Date.parse(newKey.signsFrom), row.id)
    }
    await latchkey.restart()
    travel(20_000)
    assert.deepEqual(await fetchKids(latchkey), [newKey.id])
    assert.equal(kidOf((await latchkey.owner()).accessToken), newKey.id)
  })

  test('a token signed with another node’s new key is accepted at once', async (t) => {
    const ada = await latchkey.owner()
    const { db, keyring } = await openStore(t, latchkey)
    const newKey = await rotateSigningKey(db, keyring, { immediately: true })
    const otherNodeKeys = await loadSigningKeys(db, keyring)
    const key = otherNodeKeys.find(newKey.id)
    assert.ok(key)
    const { header, claims } = decodeToken(ada.accessToken)
    travel(2_000)
    const token = signToken(key.privateKey, { ...header, kid: key.id }, claims)
    assert.equal((await latchkey.get('/settings', { token })).status, 200)
  })
}, environment)

onDatabase('PostgreSQL', (latchkey) => {
  test('a thousand tokens with unknown key ids cause one query', async (t) => {
    await latchkey.owner()
    const { db, keyring } = await openStore(t, latchkey)
    let queries = 0
    const counting = db.withPlugin({
      transformQuery({ node }) {
        queries += 1
        return node
      },
      transformResult: async ({ result }) => result,
    }) as Db
    const signingKeys = await loadSigningKeys(counting, keyring)
    travel(2_000)
    queries = 0
    await Promise.all(Array.from({ length: 1000 }, () => signingKeys.syncIfDue()))
    assert.equal(queries, 1)
    travel(2_000)
    await signingKeys.syncIfDue()
    assert.equal(queries, 2)
  })

  test('twenty concurrent rotations create one key', async (t) => {
    const { db, keyring } = await openStore(t, latchkey)
    const twenty = Array.from({ length: 20 })
    // Opens all connections first, so that the rotations really overlap.
    await Promise.all(twenty.map(() => sql`select pg_sleep(0.1)`.execute(db)))
    const all = await Promise.all(
      twenty.map(() => rotateSigningKey(db, keyring, { immediately: false })),
    )
    assert.equal(all.filter(({ status }) => status === 'rotated').length, 1)
    assert.equal((await latchkey.sql('select id from signing_key')).length, 2)
  })
})

/** Opens the database and its keys as a command does, but with the clock of this process. */
async function openStore(
  t: TestContext,
  latchkey: TestLatchkey,
): Promise<{ db: Db; keyring: Keyring }> {
  const { LATCHKEY_DATABASE_URL = '', LATCHKEY_ENCRYPTION_KEYS = '' } = latchkey.environment
  const db = openDatabase(LATCHKEY_DATABASE_URL)
  t.after(() => db.destroy())
  return { db, keyring: await activateKeys(db, LATCHKEY_ENCRYPTION_KEYS) }
}

async function rotate(t: TestContext, latchkey: TestLatchkey) {
  const { db, keyring } = await openStore(t, latchkey)
  return rotateSigningKey(db, keyring, { immediately: false })
}

async function fetchJwks(latchkey: TestLatchkey, where = {}): Promise<JSONWebKeySet> {
  return (await latchkey.get('/.well-known/jwks.json', where)).body
}

async function fetchKids(latchkey: TestLatchkey, where = {}): Promise<string[]> {
  return (await fetchJwks(latchkey, where)).keys.map(({ kid = '' }) => kid).sort()
}

function kidOf(token: string): unknown {
  return decodeToken(token).header.kid
}

/** Verifies a token as a backend does that has cached these keys. */
async function verifyAsBackend(
  jwks: JSONWebKeySet,
  { origin }: TestLatchkey,
  token: string,
): Promise<void> {
  await jwtVerify(token, createLocalJWKSet(jwks), {
    issuer: origin,
    audience: origin,
    typ: 'at+jwt',
    algorithms: ['ES256'],
  })
}
