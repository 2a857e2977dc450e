import type { Kysely } from 'kysely'

/** The applications of each account; src/store/schema.ts documents each column. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('account_app')
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('app_id', 'text', (c) => c.notNull().references('app.id').onDelete('cascade'))
    .addColumn('scope', 'text', (c) => c.notNull())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint')
    .addPrimaryKeyConstraint('account_app_key', ['account_id', 'app_id'])
    .execute()
  await db.schema.createIndex('account_app_app').on('account_app').column('app_id').execute()
}
