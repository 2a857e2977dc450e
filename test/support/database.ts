import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { freshDatabase } from './postgres.ts'
import { emptyFolder } from './process.ts'

export const everyDatabase = ['SQLite', 'PostgreSQL'] as const

/** An empty database of this test alone, as LATCHKEY_DATABASE_URL names it. */
export async function emptyDatabase(
  t: TestContext,
  kind: (typeof everyDatabase)[number],
): Promise<string> {
  if (kind === 'SQLite') return `sqlite:${join(emptyFolder(t), 'latchkey.sqlite')}`
  const database = await freshDatabase()
  t.after(database.drop)
  return database.url
}
