/**
 * PostgreSQL for the tests: one server a run, one database for each test that asks.
 *
 * The server is started for the run (test/setup.ts), unless LATCHKEY_TEST_POSTGRES names another.
 */
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

/** An empty database of its own. `drop` also ends connections that are still open. */
export type TestDatabase = { url: string; drop(): Promise<void> }

/**
 * Makes an empty database with a name nobody else has.
 *
 * Under `npm test` it stands on the server of the run. A test file started alone starts a server
 * of its own, which ends with the process.
 */
export async function createPostgresDatabase(): Promise<TestDatabase> {
  const server = await serverUrl()
  const name = `latchkey_test_${randomBytes(8).toString('hex')}`
  // Copying files takes half the time of the usual way, which writes every page to the log.
  await query(server, `create database ${name} strategy file_copy`)
  return {
    url: urlOf(server, name),
    drop: () => query(server, `drop database if exists ${name} with (force)`),
  }
}

/**
 * The server that LATCHKEY_TEST_POSTGRES names if it is set, else one started now.
 *
 * Throws a sentence that says what to do if there is none: tests on PostgreSQL are never skipped.
 */
export async function startTestPostgres(): Promise<PostgresServer> {
  const configured = process.env.LATCHKEY_TEST_POSTGRES
  if (!configured) return startPostgres()
  try {
    await query(configured, 'select 1')
  } catch (cause) {
    const reason = cause instanceof AggregateError ? cause.errors.join(', ') : String(cause)
    throw new Error(`LATCHKEY_TEST_POSTGRES names a server that can't be used: ${reason}`, {
      cause,
    })
  }
  return { url: configured, stop: async () => {} }
}

let ownServer: Promise<PostgresServer> | undefined
async function serverUrl(): Promise<string> {
  // The server of the run was asked whether it answers when the run began; not again by each file.
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
