import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { minute } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { repeat } from '../lib/repeat.ts'
import type { Db } from '../store/open.ts'
import { readPrimaryKey } from './encryption-keys.ts'
import { type Keyring, keyIdOf } from './keyring.ts'
import { listSealedColumns, type SealedColumnParts, sealContext } from './sealed-columns.ts'

/** Rows per batch, whether or not they have a value: finding values would read any number of rows. */
const batchSize = 200

/** Pause between batches, so that other writers get their turn; a pass may take hours. */
const pauseMs = 50

/** How often a node searches for values that another node has sealed with an older key since. */
const intervalMs = 10 * minute

/** The outcome of one pass. */
interface ResealResult {
  resealed: number
  /** Values that cannot be opened: their key is not configured, or they were altered. */
  unopened: number
}

/**
 * Reseals with the primary key every value that another encryption key has sealed, in small batches,
 * until no value needs the other keys. Any number of nodes may do so at once, and each may stop at any
 * moment: a value is replaced only if it is still the one that was read.
 *
 * @returns a function that stops it and resolves after the batch under way
 */
export function startResealing(deps: { db: Db; keyring: Keyring; log: Log }): () => Promise<void> {
  return repeat((signal) => reseal(deps, signal), {
    everyMs: intervalMs,
    firstRunMs: 0,
    log: deps.log,
    failure: 'resealing failed and will be retried',
  })
}

/** Makes one pass over all sealed columns. */
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
    log.info({ key, ...result }, 'values sealed with other encryption keys are resealed')
  }
  return result
}

/** Whether any other key is registered and not retired. */
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

/** Reseals one column, in the order of row ids. */
async function resealColumn(
  { db, keyring }: { db: Db; keyring: Keyring },
  { table, column, boundColumn }: SealedColumnParts,
  { result, signal }: { result: ResealResult; signal: AbortSignal },
): Promise<void> {
  for (let after = ''; ; ) {
    // Two nodes with different primary keys would undo each other’s work forever.
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
