import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { minute } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Db } from '../store/open.ts'
import { readPrimaryKey } from './encryption-keys.ts'
import { type Keyring, keyIdOf } from './keyring.ts'
import { listSealedColumns, type SealedColumnParts, sealContext } from './sealed-columns.ts'

/** How many values are looked at between two rests. */
const batchSize = 100

/** Long enough for everybody who waits: the pass may take the whole night. */
const pauseMs = 50

/** How often it is looked for what another node has sealed with an older key since. */
const intervalMs = 10 * minute

/** What a pass has come to. */
interface ResealResult {
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
export function startResealing(deps: { db: Db; keyring: Keyring; log: Log }): () => Promise<void> {
  const { log } = deps
  const stopping = new AbortController()
  const { signal } = stopping

  async function runUntilStopped(): Promise<void> {
    while (!signal.aborted) {
      await reseal(deps, signal).catch((error) => {
        if (!signal.aborted) log.error({ err: error }, 'sealing anew failed, and is tried again')
      })
      // Not for what ends the process: that has nothing to wait for.
      await sleep(intervalMs, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  const running = runUntilStopped()
  return async () => {
    stopping.abort()
    await running
  }
}

/** One pass over all that is sealed. */
export async function reseal(
  deps: { db: Db; keyring: Keyring; log: Log },
  signal: AbortSignal,
): Promise<ResealResult> {
  const { db, keyring, log } = deps
  const [key] = keyring.configured
  const result: ResealResult = { resealed: 0, unopened: 0 }
  if (!(await hasOtherKeys(db, key))) return result
  for (const sealedColumn of listSealedColumns()) {
    await resealColumn(deps, sealedColumn, { result, signal })
  }
  if (signal.aborted) return result
  if (result.unopened > 0) log.error({ key, ...result }, 'some sealed values can’t be opened')
  else if (result.resealed > 0) {
    log.info({ key, ...result }, 'what other encryption keys had sealed is sealed anew')
  }
  return result
}

/** Whether another key is or was in use, and not known to be needless. */
async function hasOtherKeys(db: Db, primaryId: string): Promise<boolean> {
  const other = await db
    .selectFrom('encryption_key')
    .select('id')
    .where('id', '!=', primaryId)
    .where('retired_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return other !== undefined
}

/** Goes through a column by its rows’ ids. */
async function resealColumn(
  { db, keyring }: { db: Db; keyring: Keyring },
  { table, column, boundColumn }: SealedColumnParts,
  { result, signal }: { result: ResealResult; signal: AbortSignal },
): Promise<void> {
  for (let after = ''; ; ) {
    // Two nodes with the keys in another order would undo each other’s work for ever.
    if ((await readPrimaryKey(db))?.id !== keyring.configured[0]) return
    const { rows } = await sql<{ id: string; bound_to: string; sealed: string | null }>`
      select id, ${sql.ref(boundColumn)} as bound_to, ${sql.ref(column)} as sealed from ${sql.table(table)}
      where id > ${after} order by id limit ${batchSize}`.execute(db)

    for (const { id, bound_to, sealed } of rows) {
      if (sealed === null || keyIdOf(sealed) === keyring.configured[0]) continue
      const resealed = resealValue(keyring, sealed, sealContext(table, bound_to))
      if (resealed === undefined) result.unopened += 1
      else {
        const { numAffectedRows } = await sql`
          update ${sql.table(table)} set ${sql.ref(column)} = ${resealed}
          where id = ${id} and ${sql.ref(column)} = ${sealed}`.execute(db)
        result.resealed += Number(numAffectedRows)
      }
      if (signal.aborted) return
    }
    if (rows.length < batchSize) return
    after = rows.at(-1)?.id ?? ''
    await sleep(pauseMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
  }
}

function resealValue(keyring: Keyring, sealed: string, context: string): string | undefined {
  try {
    return keyring.seal(keyring.open(sealed, context), context)
  } catch {
    return undefined
  }
}
