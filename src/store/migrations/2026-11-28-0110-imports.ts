import { type Kysely, sql } from 'kysely'

/** Accounts that were brought over remember the line they came from, so that none comes twice. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('account').addColumn('import_mark', 'text').execute()
  await db.schema
    .createIndex('account_import_mark')
    .unique()
    .on('account')
    .column('import_mark')
    .where(sql<boolean>`import_mark is not null`)
    .execute()
}
