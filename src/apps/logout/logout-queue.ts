import type { Selectable } from 'kysely'
import {
  extendLeases,
  leaseEnd,
  outcomeQuery,
  type Queue,
  selectDue,
} from '../../notifications/queue.ts'
import type { Db } from '../../store/open.ts'
import type { AppLogoutTable } from '../../store/schema.ts'

export type AppLogoutRow = Selectable<AppLogoutTable>

/** Deliveries to one application at once, so that one that does not answer holds up no other. */
const concurrencyPerApp = 4

/**
 * The logouts that wait for their delivery, as a queue. There is one for each application of a session
 * that has ended, so none waits for another.
 *
 * @param hasApps whether an application is registered; until then the database is not asked
 */
export function createLogoutQueue(db: Db, hasApps: () => boolean): Queue<AppLogoutRow> {
  /** The application of each logout that this node is delivering, by the logout’s id. */
  const inFlight = new Map<string, string>()

  function freeSlotsOf(app: string): number {
    return concurrencyPerApp - [...inFlight.values()].filter((other) => other === app).length
  }

  return {
    async claim(limit) {
      if (!hasApps()) return []
      const claimed: AppLogoutRow[] = []
      const passed = new Set([...inFlight.values()].filter((app) => freeSlotsOf(app) === 0))
      while (claimed.length < limit) {
        const app = await findAppWithDue(db, [...passed])
        if (app === undefined) break
        const free = Math.min(freeSlotsOf(app), limit - claimed.length)
        claimed.push(...(await claimOf(db, app, free)))
        passed.add(app)
      }
      for (const { id, app_id } of claimed) inFlight.set(id, app_id)
      return claimed
    },

    extendLeases: (ids) => extendLeases(db, 'app_logout', ids),

    async complete(row, outcome) {
      await outcomeQuery(db, 'app_logout', row, outcome).execute()
      inFlight.delete(row.id)
    },
  }
}

/** An application with a due logout, but none of those that had their turn. */
async function findAppWithDue(db: Db, passed: string[]): Promise<string | undefined> {
  const due = await selectDue(db, 'app_logout')
    .select('app_id')
    .$if(passed.length > 0, (query) => query.where('app_id', 'not in', passed))
    .limit(1)
    .executeTakeFirst()
  return due?.app_id
}

function claimOf(db: Db, app: string, limit: number): Promise<AppLogoutRow[]> {
  const due = () => selectDue(db, 'app_logout').select('id').where('app_id', '=', app)
  return db
    .updateTable('app_logout')
    .set((row) => ({ attempts: row('attempts', '+', 1), next_attempt_at: leaseEnd(db) }))
    .where('id', 'in', () => due().limit(limit).forUpdate().skipLocked())
    .returningAll()
    .execute()
}

/** The number of undelivered logouts, and the creation time of the oldest. */
export function countPendingLogouts(db: Db) {
  return db
    .selectFrom('app_logout')
    .select(({ fn }) => [fn.countAll<number>().as('waiting'), fn.min('created_at').as('oldest')])
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    .executeTakeFirstOrThrow()
}

/** The undelivered logouts of an application, and the reason of the last failure among them. */
export async function pendingLogoutsOf(
  db: Db,
  app: string,
): Promise<{ waiting: number; lastError: string | null }> {
  return db
    .selectFrom('app_logout')
    .select(({ fn }) => [fn.countAll<number>().as('waiting'), fn.max('last_error').as('lastError')])
    .where('app_id', '=', app)
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    .executeTakeFirstOrThrow()
}
