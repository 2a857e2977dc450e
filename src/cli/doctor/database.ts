import { resolve } from 'node:path'
import { sql } from 'kysely'
import { now, second } from '../../lib/clock.ts'
import { knownMigrations, migrationStateOf, type NewerSchemaPolicy } from '../../store/migrate.ts'
import { type Db, databaseInfoOf } from '../../store/open.ts'
import { sqliteFileOf } from '../../store/sqlite-file.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** The oldest PostgreSQL that Latchkey is meant for. */
const minPostgresMajor = 15

/** Every request asks several times. */
const slowMs = 25

const clockWarnMs = second
const clockFailMs = 30 * second

export function missingDatabase(databaseUrl: string): Finding {
  return fail(
    'database',
    `There is no file ${resolve(sqliteFileOf(databaseUrl) ?? '')}.`,
    'Look at LATCHKEY_DATABASE_URL and at the folder that this runs in. If there is no data yet, the first start makes it.',
  )
}

/** Whether it answers, how fast, and whether it is one that we know. */
export async function checkDatabase(db: Db): Promise<Finding[]> {
  const { name, version, clock } = await databaseInfoOf(db)
  const product = `${name} ${version.split(' ')[0]}`
  const isTooOld = name === 'PostgreSQL' && Number.parseInt(version, 10) < minPostgresMajor
  // Connected by now, so that this is the way there and back alone.
  const startedAt = performance.now()
  await sql`select 1`.execute(db)
  const ms = performance.now() - startedAt
  const message = `${product} answers in ${ms < 1 ? 'less than 1' : Math.round(ms)} ms.`
  const latency =
    ms > slowMs
      ? warn(
          'database',
          message,
          'Move Latchkey nearer to it: every request asks it several times.',
        )
      : ok('database', message)
  return [
    isTooOld
      ? fail('database', `${product} is too old.`, `Use PostgreSQL ${minPostgresMajor} or newer.`)
      : latency,
    ...(clock === undefined ? [] : [clockFinding(await clockSkewOf(db))]),
  ]
}

/** How far ahead the clock of the database is, in milliseconds. */
async function clockSkewOf(db: Db): Promise<number> {
  const before = now()
  const { clock = before } = await databaseInfoOf(db)
  return clock - (before + now()) / 2
}

export function clockFinding(skewMs: number): Finding {
  const message = `This machine’s clock and the database’s are ${(Math.abs(skewMs) / second).toFixed(1)} s apart.`
  const todo =
    'Have both machines keep time by NTP: codes and sessions would expire too early or too late.'
  if (Math.abs(skewMs) > clockFailMs) return fail('clock', message, todo)
  return Math.abs(skewMs) > clockWarnMs ? warn('clock', message, todo) : ok('clock', message)
}

/** Whether it has the tables that this version works with. */
export async function checkMigrations(db: Db, newerSchema: NewerSchemaPolicy): Promise<Finding> {
  const { copyUnfinished, applied } = await migrationStateOf(db)
  if (copyUnfinished) {
    return fail(
      'migrations',
      'Not everything has been moved here yet.',
      'Run “latchkey copy-to-postgres” to its end.',
    )
  }
  const known = await knownMigrations()
  const unknown = applied.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    return (newerSchema === 'on' ? warn : fail)(
      'migrations',
      `A newer version has brought the database up to date (${unknown[0]}).`,
      'Run that version again as soon as you can.',
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
