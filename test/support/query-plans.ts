/**
 * Holds the plan of every statement that the tests run: none may read all rows of a table that grows
 * with the accounts, and SQLite plans each once. Each process records what its queries execute, and
 * explains each statement once.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, DatabaseSync } from 'node:sqlite'
import { DefaultQueryExecutor, PostgresAdapter } from 'kysely'
import { Client } from 'pg'
import { sqliteResultCode } from '../../src/store/errors.ts'

type DatabaseKind = 'SQLite' | 'PostgreSQL'

/** Tables whose size does not depend on the number of accounts. */
const smallTables = new Set([
  'app',
  'encryption_key',
  'signing_key',
  'kysely_migration',
  'kysely_migration_lock',
  'sqlite_master',
])

/** Partial indexes that may be read as a whole: of messages that wait for their delivery. */
const smallIndexes = new Set([
  'outbox_due',
  'webhook_event_due',
  'app_logout_due',
  'app_logout_due_of_app',
])

/** Statements that may read a whole table, and why. */
const exceptions: { pattern: RegExp; reason: string }[] = [
  {
    pattern: /^select [^()]+ from "\w+" order by "\w+"( desc)? limit \S+$/,
    reason: 'reads the first rows of an index, and no more than its limit',
  },
  {
    pattern: /count\(\*\) as ("values"|counted\b)|^select "\w+" as sealed,/,
    reason: 'finds sealed values by key: after a key was removed, and for operators',
  },
  {
    pattern: /^select \* from "outbox" .* order by "id" desc limit/,
    reason: 'lists the dev inbox, which no production has',
  },
]

/** Statements that were executed and not explained yet. */
const recorded = { SQLite: new Set<string>(), PostgreSQL: new Set<string>() }
/** Statements that were explained, or need not be. */
const done = { SQLite: new Set<string>(), PostgreSQL: new Set<string>() }

const { executeQuery } = DefaultQueryExecutor.prototype
DefaultQueryExecutor.prototype.executeQuery = function (query, options) {
  const kind = this.adapter instanceof PostgresAdapter ? 'PostgreSQL' : 'SQLite'
  if (!hasRecorded(kind, query.sql) && isCalledByService()) record(kind, query.sql)
  return executeQuery.call(this, query, options) as never
}

/** Adds a statement for the next `assertPlans`. */
export function record(kind: DatabaseKind, statement: string): void {
  recorded[kind].add(statement)
}

/** Whether a statement was recorded before. */
export function hasRecorded(kind: DatabaseKind, statement: string): boolean {
  return done[kind].has(statement) || recorded[kind].has(statement)
}

/** Whether the query comes from `src/`. A test’s own may read what it likes. */
function isCalledByService(): boolean {
  const [, ...frames] = new Error().stack?.split('\n') ?? []
  const caller = frames.find((frame) => !/node_modules|query-plans\.ts/.test(frame))
  return caller?.includes('/src/') ?? false
}

/**
 * Explains the statements that this process has executed on the kind of a database since the last call.
 *
 * @param url of one with the current schema, as in LATCHKEY_DATABASE_URL
 * @throws AssertionError if one of them reads a whole table, or is planned for each of its values
 */
export async function assertPlans(url: string): Promise<void> {
  const kind = url.startsWith('sqlite:') ? 'SQLite' : 'PostgreSQL'
  const statements = [...recorded[kind]].filter(isNew(kind))
  for (const statement of recorded[kind]) done[kind].add(statement)
  recorded[kind].clear()
  if (statements.length === 0) return

  const explain = kind === 'SQLite' ? explainOnSqlite : explainOnPostgres
  for (const [statement, scans] of await explain(url, statements)) {
    const isAllowed = exceptions.some(({ pattern }) => pattern.test(statement.trim()))
    assert.ok(
      scans.length === 0 || isAllowed,
      `On ${kind}, a statement reads all of a table that grows (${scans.join('; ')}):\n${statement}`,
    )
    remember(kind, statement)
  }
}

type Explained = [statement: string, scans: string[]]

async function explainOnSqlite(url: string, statements: string[]): Promise<Explained[]> {
  const db = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true, timeout: 5000 })
  try {
    return statements.map((statement) => {
      assertPlannedOnce(db, statement)
      const plan = db.prepare(`explain query plan ${statement}`).all()
      return [statement, scansOnSqlite(plan.map(({ detail }) => String(detail)))]
    })
  } finally {
    db.close()
  }
}

/** SQLITE_READONLY, of a write on this connection; SQLITE_MISMATCH, of `limit null`. */
const expectedErrors = new Set<number | undefined>([8, 20])

function assertPlannedOnce(db: DatabaseSync, statement: string): void {
  let plans = 0
  // SQLite asks the authorizer whenever it plans a statement, which takes longer than running most.
  db.setAuthorizer(() => {
    plans += 1
    return constants.SQLITE_OK
  })
  const prepared = db.prepare(statement)
  plans = 0
  const values = statement.match(/\?/g)?.map(() => null) ?? []
  try {
    prepared.all(...values)
  } catch (error) {
    // By then it would have been planned again.
    assert.ok(expectedErrors.has(sqliteResultCode(error)), `${error}:\n${statement}`)
  }
  db.setAuthorizer(null)
  assert.equal(plans, 0, `SQLite plans a statement again for each of its values:\n${statement}`)
}

/** The steps of a plan that read a whole table (https://sqlite.org/eqp.html). */
function scansOnSqlite(steps: string[]): string[] {
  const subqueries = steps.map((step) => /^(?:CO-ROUTINE|MATERIALIZE) (\S+)/.exec(step)?.[1])
  return steps.filter((step) => {
    if (step.includes('AUTOMATIC')) return true
    const [, table = '', index = ''] =
      /^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?$/.exec(step) ?? []
    return (
      table !== '' &&
      !smallTables.has(table) &&
      !smallIndexes.has(index) &&
      !subqueries.includes(table)
    )
  })
}

async function explainOnPostgres(url: string, statements: string[]): Promise<Explained[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    // The tables of tests are small. So the planner has to be kept from reading them as a whole.
    await client.query(
      'set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off',
    )
    const { rows: indexes } = await client.query<Index>(
      `select indexrelid::regclass::text as name, indrelid::regclass::text as table,
         pg_get_indexdef(indexrelid, 1, true) as "firstColumn"
       from pg_index`,
    )
    const byName = new Map(indexes.map((index) => [index.name, index]))
    const explained: Explained[] = []
    for (const statement of statements) {
      const { rows } = await client.query(`explain (generic_plan, format json) ${statement}`)
      explained.push([statement, scansOnPostgres(rows[0]['QUERY PLAN'][0].Plan, byName)])
    }
    return explained
  } finally {
    await client.end()
  }
}

interface Index {
  name: string
  table: string
  firstColumn: string
}

interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Index Cond'?: string
  Plans?: PlanNode[]
}

/** The nodes of a plan that read a whole table, or a whole index. */
function scansOnPostgres(node: PlanNode, indexes: Map<string, Index>): string[] {
  const { 'Node Type': type, 'Index Cond': condition = '' } = node
  const index = indexes.get(node['Index Name'] ?? '')
  const table = index?.table ?? node['Relation Name'] ?? ''
  const below = (node.Plans ?? []).flatMap((child) => scansOnPostgres(child, indexes))
  const isSmall = smallTables.has(table) || table.startsWith('pg_')
  if (isSmall || smallIndexes.has(index?.name ?? '')) return below
  if (type === 'Seq Scan') return [`${type} on ${table}`, ...below]
  // A condition on later columns alone reads the whole index.
  const isSearch =
    !index || new RegExp(`(?<!\\w)${RegExp.escape(index.firstColumn)}(?!\\w)`).test(condition)
  return isSearch ? below : [`${type} by ${index.name}`, ...below]
}

/** The folder of a run in which its processes note which statements are fine; see test/setup.ts. */
const folder = process.env.LATCHKEY_TEST_PLANS

const isQuery = /^\s*(select|insert|update|delete|with)\b/i

function isNew(kind: DatabaseKind) {
  return (statement: string) =>
    isQuery.test(statement) && !(folder && existsSync(noteOf(folder, kind, statement)))
}

function remember(kind: DatabaseKind, statement: string): void {
  if (folder) writeFileSync(noteOf(folder, kind, statement), '')
}

function noteOf(folder: string, kind: DatabaseKind, statement: string): string {
  return join(folder, createHash('sha1').update(`${kind} ${statement}`).digest('hex'))
}
