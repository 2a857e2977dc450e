import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { minute } from '../lib/clock.ts'
import { type Keys, keyIdOf } from '../lib/keys.ts'
import type { Log } from '../lib/log.ts'
import type { Db } from '../store/open.ts'
import { leadingKey } from './encryption-keys.ts'
import { type Binding, sealedColumns } from './sealed.ts'

/** How many values are looked at between two rests. */
const batch = 100

/** Long enough for everybody who waits: the pass may take the whole night. */
const restMs = 50

/** How often it is looked for what another node has sealed with an older key since. */
const everyMs = 10 * minute

/** What a pass has come to. */
interface Pass {
  resealed: number
  /** Values that can’t be opened: their key is not given here, or they were altered. */
  unopened: number
}

/**
 * Seals with the first encryption key what others have sealed, a little at a time, until nothing
 * needs the others. Any number of nodes may do so at once, and each may end at any moment: a value
 * is replaced only if it is still the one that was read.
 *
 * @returns what stops it
 */
export function startResealing(house: { db: Db; keys: Keys; log: Log }): () => Promise<void> {
  const { log } = house
  const stopping = new AbortController()
  const { signal } = stopping

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await reseal(house, signal).catch((error) => {
        if (!signal.aborted) log.error({ err: error }, 'sealing anew failed, and is tried again')
      })
      // Not for what ends the process: that has nothing to wait for.
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  const running = run()
  return async () => {
    stopping.abort()
    await running
  }
}

/** One pass over all that is sealed. */
export async function reseal(
  house: { db: Db; keys: Keys; log: Log },
  signal: AbortSignal,
): Promise<Pass> {
  const { db, keys, log } = house
  const [key] = keys.given
  const pass: Pass = { resealed: 0, unopened: 0 }
  if (!(await hasOthers(db, key))) return pass
  for (const [column, binding] of Object.entries(sealedColumns)) {
    await walk(house, column, binding, { pass, signal })
  }
  if (signal.aborted) return pass
  if (pass.unopened > 0) log.error({ key, ...pass }, 'some sealed values can’t be opened')
  else if (pass.resealed > 0) {
    log.info({ key, ...pass }, 'what other encryption keys had sealed is sealed anew')
  }
  return pass
}

/** Whether another key is or was in use, and not known to be needless. */
async function hasOthers(db: Db, first: string): Promise<boolean> {
  const other = await db
    .selectFrom('encryption_key')
    .select('id')
    .where('id', '!=', first)
    .where('retired_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return other !== undefined
}

/** Goes through a column by its rows’ ids. */
async function walk(
  { db, keys }: { db: Db; keys: Keys },
  column: string,
  { by, context }: Binding,
  { pass, signal }: { pass: Pass; signal: AbortSignal },
): Promise<void> {
  const [table = '', name = ''] = column.split('.')
  for (let after = ''; ; ) {
    // Two nodes with the keys in another order would undo each other’s work for ever.
    if ((await leadingKey(db))?.id !== keys.given[0]) return
    const { rows } = await sql<{ id: string; place: string; sealed: string | null }>`
      select id, ${sql.ref(by)} as place, ${sql.ref(name)} as sealed from ${sql.table(table)}
      where id > ${after} order by id limit ${batch}`.execute(db)

    for (const { id, place, sealed } of rows) {
      if (sealed === null || keyIdOf(sealed) === keys.given[0]) continue
      const anew = sealAnew(keys, sealed, context(place))
      if (anew === undefined) pass.unopened += 1
      else {
        const { numAffectedRows } = await sql`
          update ${sql.table(table)} set ${sql.ref(name)} = ${anew}
          where id = ${id} and ${sql.ref(name)} = ${sealed}`.execute(db)
        pass.resealed += Number(numAffectedRows)
      }
      if (signal.aborted) return
    }
    if (rows.length < batch) return
    after = rows.at(-1)?.id ?? ''
    await sleep(restMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
  }
}

function sealAnew(keys: Keys, sealed: string, context: string): string | undefined {
  try {
    return keys.seal(keys.open(sealed, context), context)
  } catch {
    return undefined
  }
}
