import { type Kysely, sql } from 'kysely'

/** Telling applications that a session has ended; src/store/schema.ts documents each column. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('app').addColumn('backchannel_logout_uri', 'text').execute()

  await db.schema
    .createTable('session_app')
    .addColumn('session_id', 'text', (c) =>
      c.notNull().references('session.id').onDelete('cascade'),
    )
    .addColumn('app_id', 'text', (c) => c.notNull().references('app.id').onDelete('cascade'))
    .addColumn('sid', 'text', (c) => c.notNull())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('session_app_key', ['session_id', 'app_id', 'sid'])
    .execute()
  await db.schema.createIndex('session_app_app').on('session_app').column('app_id').execute()

  await db.schema
    .createTable('app_logout')
    .addColumn('id', 'text', (c) => c.primaryKey())
    // No reference: removing an application must not wait for the end of a session, nor fail it.
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('sid', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('next_attempt_at', 'bigint', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('sent_at', 'bigint')
    .addColumn('failed_at', 'bigint')
    .addColumn('last_error', 'text')
    .execute()
  await db.schema
    .createIndex('app_logout_due')
    .on('app_logout')
    .column('next_attempt_at')
    .where(sql<boolean>`sent_at is null and failed_at is null`)
    .execute()
  // Finds those of one application, so that one with many does not hold up the others.
  await db.schema
    .createIndex('app_logout_due_of_app')
    .on('app_logout')
    .columns(['app_id', 'next_attempt_at'])
    .where(sql<boolean>`sent_at is null and failed_at is null`)
    .execute()
  await db.schema.createIndex('app_logout_account').on('app_logout').column('account_id').execute()
  // Finds finished ones that have to be deleted.
  for (const column of ['sent_at', 'failed_at']) {
    await db.schema
      .createIndex(`app_logout_${column}`)
      .on('app_logout')
      .column(column)
      .where(sql.ref(column), 'is not', null)
      .execute()
  }
}
