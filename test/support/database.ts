import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createPostgresDatabase } from './postgres.ts'
import { createTempFolder } from './process.ts'

export const databaseKinds = ['SQLite', 'PostgreSQL'] as const

/** An empty database of this test alone, as LATCHKEY_DATABASE_URL names it. */
export async function createDatabase(
  t: TestContext,
  kind: (typeof databaseKinds)[number],
): Promise<string> {
  if (kind === 'SQLite') return `sqlite:${join(createTempFolder(t), 'latchkey.sqlite')}`
  const database = await createPostgresDatabase()
  t.after(database.drop)
  return database.url
}
