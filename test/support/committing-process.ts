/**
 * A process that changes a database from many callers at once until it is killed, and prints the number
 * of each change that was answered. Its arguments are the database and the number of the first change.
 */
import { writeSync } from 'node:fs'
import { type Db, openDatabase } from '../../src/store/open.ts'
import { retryOnConflict } from '../../src/store/transaction.ts'

/** The rows of one change. */
export const rowsPerChange = 3

/** The key of rows that no one may ever see: their transaction rolled back. */
export const rolledBack = 'rolled back'

async function commitForever(url: string, first: number): Promise<void> {
  const db = openDatabase(url)
  let next = first
  const callers = Array.from({ length: 32 }, async (_, caller) => {
    for (;;) {
      const change = next
      next += 1
      if (caller % 8 === 0) {
        await changeAndRollBack(db, change)
        continue
      }
      if (caller % 2 === 0) await changeInTransaction(db, change)
      else await db.insertInto('rate_limit_hit').values(rowsOf(change)).execute()
      // Synchronous: a report that waits in this process would die with it.
      writeSync(1, `${change}\n`)
    }
  })
  await Promise.all(callers)
}

function changeInTransaction(db: Db, change: number): Promise<void> {
  return retryOnConflict(db, async (tx) => {
    for (const row of rowsOf(change)) await tx.insertInto('rate_limit_hit').values(row).execute()
  })
}

async function changeAndRollBack(db: Db, change: number): Promise<void> {
  const changed = retryOnConflict(db, async (tx) => {
    const rows = rowsOf(change).map((row) => ({ ...row, key: rolledBack }))
    await tx.insertInto('rate_limit_hit').values(rows).execute()
    throw new Error(rolledBack)
  })
  await changed.catch((error) => {
    if (error.message !== rolledBack) throw error
  })
}

const rowsOf = (change: number) =>
  Array.from({ length: rowsPerChange }, (_, part) => ({
    id: `${change}-${part}`,
    key: 'change',
    at: change,
  }))

if (import.meta.main) {
  const [url = '', first] = process.argv.slice(2)
  await commitForever(url, Number(first))
}
