/**
 * While a new version starts, the previous one keeps serving the database. So a migration only
 * adds, and a later one, with `-contract-` in its name, removes what no version reads.
 */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { TableMetadata } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { openDatabase } from '../../src/store/open.ts'
import { createDatabase, databaseKinds } from '../support/database.ts'

const folder = join(import.meta.dirname, '../../src/store/migrations')

/** Creates every table; later migrations are compared with their predecessor. */
const firstMigration = '2026-11-30-0000-first-release'

for (const kind of databaseKinds) {
  test(`every migration keeps on ${kind} what the previous version reads and writes`, async (t) => {
    const migrations = await loadMigrations()
    const found = await findLosses(t, kind, migrations)
    assert.deepEqual(found, [])
  })

  test(`a migration that removes something is detected on ${kind}`, async (t) => {
    const added = '2999-01-01-0900-x'
    for (const [up, loss] of [
      [
        (db) => db.schema.alterTable('account').dropColumn('language').execute(),
        'account.language is gone',
      ],
      [
        (db) => db.schema.alterTable('session').renameColumn('user_agent', 'browser').execute(),
        'session.user_agent is gone',
      ],
      [(db) => db.schema.dropTable('rate_limit_hit').execute(), 'rate_limit_hit is gone'],
      [(db) => db.schema.alterTable('session').renameTo('sessions').execute(), 'session is gone'],
    ] as [Migration['up'], string][]) {
      const found = await findLosses(t, kind, { ...(await loadMigrations()), [added]: { up } })
      assert.ok(found.includes(`${added}: ${loss}`), `${loss}: ${found}`)
    }
    // SQLite refuses to add this one.
    if (kind === 'SQLite') return
    const up: Migration['up'] = (db) =>
      db.schema
        .alterTable('account')
        .addColumn('nickname', 'text', (c) => c.notNull())
        .execute()
    assert.deepEqual(await findLosses(t, kind, { ...(await loadMigrations()), [added]: { up } }), [
      `${added}: account.nickname is required, but unknown to the previous version`,
    ])
  })
}

/** The incompatible changes of each migration after the first. */
async function findLosses(
  t: TestContext,
  kind: (typeof databaseKinds)[number],
  migrations: Record<string, Migration>,
): Promise<string[]> {
  const db = openDatabase(await createDatabase(t, kind))
  t.after(() => db.destroy())
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateTo(firstMigration)
  assert.equal(error, undefined)
  const found: string[] = []
  let before = await db.introspection.getTables()
  for (const name of Object.keys(migrations).sort()) {
    if (name <= firstMigration) continue
    const outcome = await migrator.migrateTo(name)
    assert.equal(outcome.error, undefined, name)
    const after = await db.introspection.getTables()
    if (!name.includes('-contract-')) {
      found.push(...lossesBetween(before, after).map((what) => `${name}: ${what}`))
    }
    before = after
  }
  return found
}

function lossesBetween(before: TableMetadata[], after: TableMetadata[]): string[] {
  return before.flatMap((table) => {
    const now = after.find(({ name }) => name === table.name)
    if (!now) return [`${table.name} is gone`]
    const changed = table.columns.flatMap((column) => {
      const same = now.columns.find(({ name }) => name === column.name)
      const called = `${table.name}.${column.name}`
      if (!same) return [`${called} is gone`]
      if (same.dataType !== column.dataType) return [`${called} is ${same.dataType} now`]
      return column.isNullable && !same.isNullable ? [`${called} is not nullable now`] : []
    })
    const needed = now.columns
      .filter(({ name }) => !table.columns.some((column) => column.name === name))
      .filter((column) => !column.isNullable && !column.hasDefaultValue)
      .map(({ name }) => `${table.name}.${name} is required, but unknown to the previous version`)
    return [...changed, ...needed]
  })
}

async function loadMigrations(): Promise<Record<string, Migration>> {
  const files = readdirSync(folder)
  const loaded = files.map(async (file) => {
    return [file.replace('.ts', ''), await import(join(folder, file))] as const
  })
  return Object.fromEntries(await Promise.all(loaded))
}
