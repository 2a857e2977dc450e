import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { Tx } from '../store/transaction.ts'

/** Reads the groups of an account, sorted. */
export async function readGroups(db: Db | Tx, account: string): Promise<string[]> {
  const rows = await selectGroups(db, { account })
  // Not by the database, which may sort by other rules.
  return rows.map(({ name }) => name).sort()
}

const selectGroups = prepared((db, { account }: { account: string }) =>
  db.selectFrom('account_group').select('name').where('account_id', '=', account),
)
