import type { Kysely } from 'kysely'

/** Forward authentication for applications behind a reverse proxy; src/store/schema.ts documents each column. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('app').addColumn('forward_auth_origin', 'text').execute()
  await db.schema.alterTable('app').addColumn('required_acr', 'text').execute()
  await db.schema
    .createIndex('app_forward_auth_origin')
    .on('app')
    .column('forward_auth_origin')
    .unique()
    .execute()

  await db.schema
    .createTable('forward_auth_cookie')
    .addColumn('token_hash', 'text', (c) => c.primaryKey())
    .addColumn('app_id', 'text', (c) => c.notNull().references('app.id').onDelete('cascade'))
    .addColumn('session_id', 'text', (c) =>
      c.notNull().references('session.id').onDelete('cascade'),
    )
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  for (const column of ['app_id', 'session_id', 'expires_at']) {
    await db.schema
      .createIndex(`forward_auth_cookie_${column}`)
      .on('forward_auth_cookie')
      .column(column)
      .execute()
  }
}
