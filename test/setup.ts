/**
 * Builds the pages and the bundle of the service, starts PostgreSQL before the first test and stops
 * it after the last (`node --test --test-global-setup=test/setup.ts`). Test processes inherit the
 * address of PostgreSQL.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestPostgres } from './support/postgres.ts'
import type { PostgresServer } from './support/postgres-server.ts'
import '../scripts/build.ts'

let server: PostgresServer | undefined
let plansFolder = ''

export async function globalSetup(): Promise<void> {
  // Compiling the sources takes most of the time of a short test file, and there are many.
  process.env.NODE_COMPILE_CACHE = join(import.meta.dirname, '../node_modules/.cache/latchkey-test')
  // Each statement is explained once in a run (support/query-plans.ts).
  plansFolder = mkdtempSync(join(tmpdir(), 'latchkey-test-plans-'))
  process.env.LATCHKEY_TEST_PLANS = plansFolder
  server = await startTestPostgres()
  process.env.LATCHKEY_TEST_POSTGRES = server.url
}

export async function globalTeardown(): Promise<void> {
  await server?.stop()
  rmSync(plansFolder, { recursive: true, force: true })
}
