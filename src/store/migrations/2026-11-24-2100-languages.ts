import type { Kysely } from 'kysely'

/** What messages are written in. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('account').addColumn('language', 'text').execute()
  await db.schema.alterTable('outbox').addColumn('language', 'text').execute()
}
