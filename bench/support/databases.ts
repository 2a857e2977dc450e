import { tmpdir } from 'node:os'
import { createPostgresDatabase } from '../../test/support/postgres.ts'
import { startPostgres } from '../../test/support/postgres-server.ts'
import { newDatabasePath } from './process.ts'

export const databaseKinds = ['SQLite', 'PostgreSQL'] as const
export type DatabaseKind = (typeof databaseKinds)[number]

/**
 * Creates an empty database, on a disk. The PostgreSQL is that of the tests, which does not wait for the
 * disk, unless LATCHKEY_TEST_POSTGRES names another one.
 *
 * @returns its LATCHKEY_DATABASE_URL
 */
export async function createDatabase(kind: DatabaseKind): Promise<string> {
  if (kind === 'SQLite') return `sqlite:${newDatabasePath()}`
  process.env.LATCHKEY_TEST_POSTGRES ??= (await startPostgres(tmpdir())).url
  return (await createPostgresDatabase()).url
}
