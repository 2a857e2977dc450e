import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { activateKeys } from '../../src/keys/encryption-keys.ts'
import type { Keyring } from '../../src/keys/keyring.ts'
import { reseal } from '../../src/keys/reseal.ts'
import { countSealedValues } from '../../src/keys/sealed-columns.ts'
import { createLog } from '../../src/lib/log.ts'
import { openMessageSecret } from '../../src/notifications/message-secret.ts'
import { enqueueNotification } from '../../src/notifications/outbox.ts'
import { migrate } from '../../src/store/migrate.ts'
import { type Db, openDatabase } from '../../src/store/open.ts'
import { createDatabase, databaseKinds } from '../support/database.ts'
import { transactionOn } from '../support/transaction.ts'

const log = createLog('silent')
const { signal } = new AbortController()
const messageCount = 250

for (const kind of databaseKinds) {
  test(`of two nodes that reseal concurrently on ${kind}, one reseals each value`, async (t) => {
    const { db, other, keys: keyring } = await underTwoKeys(t, kind)
    const [one, another] = await Promise.all([
      reseal({ db, keyring, log }, signal),
      reseal({ db: other, keyring, log }, signal),
    ])
    // Plus the hash keys of both encryption keys.
    assert.equal(one.resealed + another.resealed, messageCount + 2)
    assert.deepEqual([...(await countSealedValues(db)).keys()], ['k2'])
    await readAll(db, keyring)
  })

  test(`resealing on ${kind} does not overwrite a concurrent change`, async (t) => {
    const { db, other, keys: keyring } = await underTwoKeys(t, kind)
    const changed = keyring.seal('{"kind":"code"}', 'elsewhere')
    const slow = db.withPlugin({
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        const [row] = result.rows as { id: string; place?: string; sealed?: string }[]
        if (row?.sealed?.startsWith('k1.')) {
          const change = other.updateTable('outbox').set({ secret_sealed: changed })
          await change.where('id', '=', row.id).execute()
        }
        return result
      },
    }) as Db
    await reseal({ db: slow, keyring, log }, signal)
    const unchanged = await db
      .selectFrom('outbox')
      .select('id')
      .where('secret_sealed', '=', changed)
      .execute()
    assert.equal(unchanged.length, Math.ceil(messageCount / 200))
  })

  test(`a node with the old primary key reverts nothing on ${kind}`, async (t) => {
    const { db, other, keys: keyring, old: oldKeyring } = await underTwoKeys(t, kind)
    await reseal({ db, keyring, log }, signal)
    assert.deepEqual(await reseal({ db: other, keyring: oldKeyring, log }, signal), {
      resealed: 0,
      unopened: 0,
    })
    assert.deepEqual([...(await countSealedValues(db)).keys()], ['k2'])
  })

  test(`the next pass on ${kind} completes an interrupted one and reports values that cannot be opened`, async (t) => {
    const { db, keys: keyring } = await underTwoKeys(t, kind)
    const corrupt = db.updateTable('outbox').set({ secret_sealed: 'k1.corrupt.corrupt' })
    const [first] = await db.selectFrom('outbox').select('id').limit(1).execute()
    await corrupt.where('id', '=', first?.id ?? '').execute()
    const controller = new AbortController()
    const ending = db.withPlugin({
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        if (result.numAffectedRows && result.numAffectedRows > 0n) controller.abort()
        return result
      },
    }) as Db
    const cut = await reseal({ db: ending, keyring, log }, controller.signal)
    assert.ok(cut.resealed < messageCount)
    const rest = await reseal({ db, keyring, log }, signal)
    assert.deepEqual([cut.resealed + rest.resealed, rest.unopened], [messageCount + 2 - 1, 1])
    assert.deepEqual(
      await db
        .selectFrom('outbox')
        .select('id')
        .where('secret_sealed', '=', 'k1.corrupt.corrupt')
        .execute(),
      [first],
    )
  })
}

/** A database with values that k1 has sealed, and k2 as the primary key. */
async function underTwoKeys(t: TestContext, kind: (typeof databaseKinds)[number]) {
  const url = await createDatabase(t, kind)
  const [db, other] = [openDatabase(url), openDatabase(url)]
  t.after(() => Promise.all([db.destroy(), other.destroy()]))
  await migrate(db)
  const [k1, k2] = [generateEncryptionKey('k1'), generateEncryptionKey('k2')]
  const old = await activateKeys(db, `${k1},${k2}`)
  await transactionOn(db, { keyring: old })(async (tx) => {
    for (let i = 0; i < messageCount; i += 1) {
      await enqueueNotification(tx, {
        accountId: null,
        to: { channel: 'email', destination: 'ada@example.com' },
        template: 'sign-up-code',
        params: {},
        secret: { kind: 'code', value: String(i), expiresAt: Date.now() },
      })
    }
  })
  const keyring = await activateKeys(db, `${k2},${k1}`)
  return { db, other, keys: keyring, old }
}

async function readAll(db: Db, keyring: Keyring): Promise<void> {
  const rows = await db.selectFrom('outbox').select(['id', 'secret_sealed']).execute()
  const values = rows.map((row) => Number(openMessageSecret(keyring, row)?.value))
  assert.deepEqual(
    values.sort((a, b) => a - b),
    Array.from({ length: messageCount }, (_, i) => i),
  )
}
