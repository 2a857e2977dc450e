/**
 * PostgreSQL for the tests: one server per run, one database per test that needs it.
 *
 * test/setup.ts starts the server, unless LATCHKEY_TEST_POSTGRES names another one.
 */
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

/** An empty database. `drop` also closes its open connections. */
export type TestDatabase = { url: string; drop(): Promise<void> }

/**
 * Creates an empty database with a random name.
 *
 * With `npm test`, it is on the server of the run. A test file without test/setup.ts starts its own
 * server, which ends with the process.
 */
export async function createPostgresDatabase(): Promise<TestDatabase> {
  const server = await serverUrl()
  const name = `latchkey_test_${randomBytes(8).toString('hex')}`
  // Twice as fast as the default strategy, which writes every page to the WAL.
  await query(server, `create database ${name} strategy file_copy`)
  return {
    url: urlOf(server, name),
    drop: () => query(server, `drop database if exists ${name} with (force)`),
  }
}

/**
 * Checks the server that LATCHKEY_TEST_POSTGRES names, or starts one.
 *
 * @throws Error with advice if there is none: tests on PostgreSQL are never skipped
 */
export async function startTestPostgres(): Promise<PostgresServer> {
  const configured = process.env.LATCHKEY_TEST_POSTGRES
  if (!configured) return startPostgres()
  try {
    await query(configured, 'select 1')
  } catch (cause) {
    const reason = cause instanceof AggregateError ? cause.errors.join(', ') : String(cause)
    throw new Error(`The server in LATCHKEY_TEST_POSTGRES can’t be used: ${reason}`, {
      cause,
    })
  }
  return { url: configured, stop: async () => {} }
}

let ownServer: Promise<PostgresServer> | undefined
async function serverUrl(): Promise<string> {
  // test/setup.ts has already checked the server of the run.
  const configured = process.env.LATCHKEY_TEST_POSTGRES
  if (configured) return configured
  ownServer ??= startPostgres()
  return (await ownServer).url
}

async function query(server: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: urlOf(server, 'postgres') })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

function urlOf(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}
