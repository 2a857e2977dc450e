import { resolve } from 'node:path'
import { sql } from 'kysely'
import { now, second } from '../../lib/clock.ts'
import { fileOf } from '../../store/file.ts'
import { type Db, historyOf, knownMigrations, type Newer, productOf } from '../../store/open.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** The oldest PostgreSQL that Latchkey is meant for. */
const oldestPostgres = 15

/** Every request asks several times. */
const slowMs = 25

const clockWarnsMs = second
const clockFailsMs = 30 * second

export function noDatabase(databaseUrl: string): Finding {
  return fail(
    'database',
    `There is no file ${resolve(fileOf(databaseUrl) ?? '')}.`,
    'Look at LATCHKEY_DATABASE_URL and at the folder that this runs in. If there is no data yet, the first start makes it.',
  )
}

/** Whether it answers, how fast, and whether it is one that we know. */
export async function checkDatabase(db: Db): Promise<Finding[]> {
  const { name, version, clock } = await productOf(db)
  const product = `${name} ${version.split(' ')[0]}`
  const old = name === 'PostgreSQL' && Number.parseInt(version, 10) < oldestPostgres
  // Connected by now, so that this is the way there and back alone.
  const from = performance.now()
  await sql`select 1`.execute(db)
  const ms = performance.now() - from
  const took = `${product} answers in ${ms < 1 ? 'less than 1' : Math.round(ms)} ms.`
  const answers =
    ms > slowMs
      ? warn('database', took, 'Move Latchkey nearer to it: every request asks it several times.')
      : ok('database', took)
  return [
    old
      ? fail('database', `${product} is too old.`, `Use PostgreSQL ${oldestPostgres} or newer.`)
      : answers,
    ...(clock === undefined ? [] : [clockFinding(await skewOf(db))]),
  ]
}

/** How far ahead the clock of the database is, in milliseconds. */
async function skewOf(db: Db): Promise<number> {
  const before = now()
  const { clock = before } = await productOf(db)
  return clock - (before + now()) / 2
}

export function clockFinding(skewMs: number): Finding {
  const apart = `This machine’s clock and the database’s are ${(Math.abs(skewMs) / second).toFixed(1)} s apart.`
  const todo =
    'Have both machines keep time by NTP: codes and sessions would expire too early or too late.'
  if (Math.abs(skewMs) > clockFailsMs) return fail('clock', apart, todo)
  return Math.abs(skewMs) > clockWarnsMs ? warn('clock', apart, todo) : ok('clock', apart)
}

/** Whether it has the tables that this version works with. */
export async function checkMigrations(db: Db, newer: Newer): Promise<Finding> {
  const { halfMoved, ran } = await historyOf(db)
  if (halfMoved) {
    return fail(
      'migrations',
      'Not everything has been moved here yet.',
      'Run “latchkey copy-to-postgres” to its end.',
    )
  }
  const known = await knownMigrations()
  const unknown = ran.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    return (newer === 'on' ? warn : fail)(
      'migrations',
      `A newer version has brought the database up to date (${unknown[0]}).`,
      'Run that version again as soon as you can.',
    )
  }
  const pending = known.filter((name) => !ran.includes(name))
  if (pending.length === 0) return ok('migrations', `All ${known.length} have run.`)
  return fail(
    'migrations',
    `${pending.length} of ${known.length} have not run yet.`,
    'Start Latchkey, which runs them, or run “latchkey migrate”.',
  )
}
