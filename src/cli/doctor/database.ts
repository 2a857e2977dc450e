import { resolve } from 'node:path'
import { sql } from 'kysely'
import type { Settings } from '../../config/settings.ts'
import { now, second } from '../../lib/clock.ts'
import { knownMigrations, migrationStateOf, type NewerSchemaPolicy } from '../../store/migrate.ts'
import { type Db, databaseInfoOf } from '../../store/open.ts'
import { canPrepareStatements } from '../../store/prepared-statements.ts'
import { sqliteFileOf } from '../../store/sqlite-file.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** The oldest supported PostgreSQL. */
const minPostgresMajor = 15

/** Every request runs several statements. */
const slowMs = 25

const clockWarnMs = second
const clockFailMs = 30 * second

export function missingDatabase(databaseUrl: string): Finding {
  return fail(
    'database',
    `The file ${resolve(sqliteFileOf(databaseUrl) ?? '')} does not exist.`,
    'Check LATCHKEY_DATABASE_URL and the current folder. The first start of the service creates the file.',
  )
}

/** Checks that the database answers, how fast, its version and its clock. */
export async function checkDatabase(db: Db): Promise<Finding[]> {
  const { name, version, clock } = await databaseInfoOf(db)
  const product = `${name} ${version.split(' ')[0]}`
  const isTooOld = name === 'PostgreSQL' && Number.parseInt(version, 10) < minPostgresMajor
  // Connected by now, so that this measures the round trip alone.
  const startedAt = performance.now()
  await sql`select 1`.execute(db)
  const ms = performance.now() - startedAt
  const message = `${product} answers in ${ms < 1 ? 'less than 1' : Math.round(ms)} ms.`
  const latency =
    ms > slowMs
      ? warn(
          'database',
          message,
          'Move Latchkey closer to the database: every request runs several statements.',
        )
      : ok('database', message)
  return [
    isTooOld
      ? fail('database', `${product} is too old.`, `Use PostgreSQL ${minPostgresMajor} or newer.`)
      : latency,
    ...(clock === undefined ? [] : [clockFinding(await clockSkewOf(db))]),
  ]
}

/** Checks that a connection pooler supports the prepared statements that the service uses. */
export async function checkStatements({
  databaseUrl,
  databaseStatements,
}: Settings): Promise<Finding[]> {
  const usesNames = databaseStatements === 'named' && sqliteFileOf(databaseUrl) === undefined
  if (!usesNames || (await canPrepareStatements(databaseUrl))) return []
  return [
    fail(
      'database',
      'The connection pooler does not support prepared statements.',
      'Set LATCHKEY_DATABASE_STATEMENTS=unnamed, or use PgBouncer 1.21 or newer.',
    ),
  ]
}

/** The clock of the database minus this machine's, in milliseconds. */
async function clockSkewOf(db: Db): Promise<number> {
  const before = now()
  const { clock = before } = await databaseInfoOf(db)
  return clock - (before + now()) / 2
}

export function clockFinding(skewMs: number): Finding {
  const message = `The clocks of this machine and the database differ by ${(Math.abs(skewMs) / second).toFixed(1)} s.`
  const todo = 'Synchronize both clocks by NTP, so that codes and sessions expire on time.'
  if (Math.abs(skewMs) > clockFailMs) return fail('clock', message, todo)
  return Math.abs(skewMs) > clockWarnMs ? warn('clock', message, todo) : ok('clock', message)
}

/** Checks that the schema is the one that this version works with. */
export async function checkMigrations(db: Db, newerSchema: NewerSchemaPolicy): Promise<Finding> {
  const { copyUnfinished, applied } = await migrationStateOf(db)
  if (copyUnfinished) {
    return fail(
      'migrations',
      'The copy to this database is unfinished.',
      'Run “latchkey copy-to-postgres” again to finish it.',
    )
  }
  const known = knownMigrations()
  const unknown = applied.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    return (newerSchema === 'on' ? warn : fail)(
      'migrations',
      `A newer version has migrated the database (${unknown[0]}).`,
      'Return to that version as soon as you can.',
    )
  }
  const pending = known.filter((name) => !applied.includes(name))
  if (pending.length === 0) return ok('migrations', `All ${known.length} have run.`)
  return fail(
    'migrations',
    `${pending.length} of ${known.length} have not run yet.`,
    'Start Latchkey, which runs them, or run “latchkey migrate”.',
  )
}
