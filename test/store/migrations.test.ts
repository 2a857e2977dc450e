import assert from 'node:assert/strict'
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { advisoryLock } from '../../src/store/locks.ts'
import { migrate } from '../../src/store/migrate.ts'
import { migrations } from '../../src/store/migrations.ts'
import { type Db, openDatabase } from '../../src/store/open.ts'
import { retryOnConflict } from '../../src/store/transaction.ts'
import { copySources } from '../support/copy-sources.ts'
import { createDatabase, databaseKinds } from '../support/database.ts'
import { runLatchkey } from '../support/process.ts'

const folder = join(import.meta.dirname, '../../src/store/migrations')
const files = readdirSync(folder).sort()
const names = files.map((file) => file.replace('.ts', ''))

test('migrations are named by date, go forward only and import Kysely alone', () => {
  assert.ok(files.length > 0)
  for (const file of files) {
    assert.match(file, /^20[0-9]{2}-[01][0-9]-[0-3][0-9]-[0-2][0-9][0-5][0-9]-[a-z-]+\.ts$/)
    const source = readFileSync(join(folder, file), 'utf8')
    assert.doesNotMatch(source, /\bdown\b\s*[(=:]/, `${file} goes back`)
    const imports = [...source.matchAll(/from '([^']+)'/g)].map(([, from]) => from)
    assert.deepEqual([...new Set(imports)], ['kysely'], file)
  }
})

test('every migration of the folder is in the list', () => {
  assert.deepEqual(Object.keys(migrations), names)
})

/** A migration that fails halfway. */
const broken = `
import type { Kysely } from 'kysely'
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createTable('half_done').addColumn('id', 'text').execute()
  await db.schema.alterTable('account').addColumn('half_done', 'text').execute()
  await db.schema.createIndex('no_such').on('no_such_table').column('id').execute()
}
`

for (const kind of databaseKinds) {
  test(`migrating ${kind} twice does nothing the second time`, async (t) => {
    const db = open(t, await createDatabase(t, kind))
    assert.deepEqual(await migrate(db), names)
    const tables = await db.introspection.getTables()
    assert.deepEqual(await migrate(db), [])
    assert.deepEqual(await db.introspection.getTables(), tables)
  })

  test(`a failed migration leaves no change on ${kind}`, async (t) => {
    const copy = copySources(t)
    writeFileSync(join(copy, 'src/store/migrations/2999-01-01-0900-broken.ts'), broken)
    appendFileSync(
      join(copy, 'src/store/migrations.ts'),
      "migrations['2999-01-01-0900-broken'] = await import('./migrations/2999-01-01-0900-broken.ts')\n",
    )
    const environment = { LATCHKEY_DATABASE_URL: await createDatabase(t, kind) }
    const db = open(t, environment.LATCHKEY_DATABASE_URL)

    async function fail() {
      const main = join(copy, 'src/cli/main.ts')
      const { code, stderr } = await runLatchkey(t, { main, args: ['migrate'], environment })
      assert.equal(code, 1)
      assert.match(stderr, /could not be brought up to date \(2999-01-01-0900-broken\)/)
    }

    // On an empty database the migrations before it are rolled back, too.
    await fail()
    assert.deepEqual(await db.introspection.getTables(), [])
    assert.deepEqual(await migrate(db), names)

    const tables = await db.introspection.getTables()
    await fail()
    assert.deepEqual(await db.introspection.getTables(), tables)
    assert.deepEqual(await migrate(db), [])
  })
}

test('a migration waits for another node’s, however long that takes', async (t) => {
  const url = await createDatabase(t, 'PostgreSQL')
  const [one, other] = [open(t, url), open(t, url)]
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const holding = retryOnConflict(one, async (tx) => {
    await advisoryLock(tx, 'migrations')
    await held
  })
  const migrated = migrate(other)
  // Longer than the time-out of other statements.
  await sleep(8000)
  release()
  await holding
  assert.deepEqual(await migrated, names)
})

function open(t: TestContext, url: string): Db {
  const db = openDatabase(url)
  t.after(() => db.destroy())
  return db
}
