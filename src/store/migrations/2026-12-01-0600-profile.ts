import { type Kysely, sql } from 'kysely'

/**
 * The profile of an account: what applications show of its owner, and its groups. Tables of their own,
 * so that the account's row stays what decides sign-in.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('profile')
    .addColumn('account_id', 'text', (c) =>
      c.primaryKey().references('account.id').onDelete('cascade'),
    )
    .addColumn('name', 'text')
    .addColumn('preferred_username', 'text')
    .addColumn('username_key', 'text')
    .addColumn('picture', 'text')
    .addColumn('attributes', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addCheckConstraint(
      'profile_username_has_key',
      sql`(preferred_username is null) = (username_key is null)`,
    )
    .execute()
  await db.schema
    .createIndex('profile_username')
    .unique()
    .on('profile')
    .column('username_key')
    .where(sql<boolean>`username_key is not null`)
    .execute()

  await db.schema
    .createTable('account_group')
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('name', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('account_group_key', ['account_id', 'name'])
    .execute()

  await db.schema
    .createTable('retired_username')
    .addColumn('username_hash', 'text', (c) => c.primaryKey())
    .addColumn('retired_at', 'bigint', (c) => c.notNull())
    .execute()

  await db.schema.alterTable('sign_up').addColumn('name', 'text').execute()
  await db.schema.alterTable('sign_up').addColumn('preferred_username', 'text').execute()
}
