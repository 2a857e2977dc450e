import type { Kysely } from 'kysely'

/** Accounts that an operator has suspended, and those that are operators themselves. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('account').addColumn('suspended_since', 'bigint').execute()
  await db.schema.alterTable('account').addColumn('suspended_reason', 'text').execute()
  await db.schema.alterTable('account').addColumn('admin_since', 'bigint').execute()
}
