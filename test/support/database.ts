import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Pool } from 'pg'
import { createPostgresDatabase } from './postgres.ts'
import { createTempFolder } from './process.ts'

export const databaseKinds = ['SQLite', 'PostgreSQL'] as const

/** Creates an empty database for one test. @returns its LATCHKEY_DATABASE_URL */
export async function createDatabase(
  t: TestContext,
  kind: (typeof databaseKinds)[number],
): Promise<string> {
  if (kind === 'SQLite') return `sqlite:${join(createTempFolder(t), 'latchkey.sqlite')}`
  const database = await createPostgresDatabase()
  t.after(database.drop)
  return database.url
}

/** Runs one statement on a database. @param url as in LATCHKEY_DATABASE_URL @returns its rows */
// biome-ignore lint/suspicious/noExplicitAny: rows of every shape
export async function runSql(url: string, statement: string): Promise<any[]> {
  if (url.startsWith('sqlite:')) return runSqliteSql(url.slice('sqlite:'.length), statement)
  return (await poolOf(url).query(statement)).rows
}

/** By URL. PostgreSQL starts a process for each connection, which takes longer than most statements. */
const pools = new Map<string, Pool>()

function poolOf(url: string): Pool {
  const known = pools.get(url)
  if (known) return known
  const pool = new Pool({ connectionString: url, allowExitOnIdle: true })
  // A connection that idles when its database is dropped.
  pool.on('error', () => {})
  pools.set(url, pool)
  return pool
}

async function runSqliteSql(file: string, statement: string): Promise<object[]> {
  const db = new DatabaseSync(file)
  try {
    return await retryWhileLocked(() =>
      db
        .prepare(statement)
        .all()
        .map((row) => ({ ...row })),
    )
  } finally {
    db.close()
  }
}

/**
 * Runs work on a connection that does not wait for the lock of a SQLite file, and lets the event loop
 * turn while the file is locked: a service in this process may hold the lock for a group of
 * transactions, which it commits in a later turn.
 */
export async function retryWhileLocked<Result>(work: () => Result): Promise<Result> {
  for (const deadline = performance.now() + 5000; ; await setImmediate()) {
    try {
      return work()
    } catch (error) {
      const isLocked = (error as { errcode?: number }).errcode === sqliteBusy
      if (!isLocked || performance.now() > deadline) throw error
    }
  }
}

const sqliteBusy = 5
