import type { Kysely } from 'kysely'

/** Applications that send people here to sign in; src/store/schema.ts documents each column. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('app')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('redirect_uris', 'text', (c) => c.notNull())
    .addColumn('secret_hash', 'text')
    .addColumn('secret_changed_at', 'bigint')
    .addColumn('trusted_since', 'bigint')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute()

  await db.schema
    .createTable('app_consent')
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('app_id', 'text', (c) => c.notNull().references('app.id').onDelete('cascade'))
    .addColumn('scope', 'text', (c) => c.notNull())
    .addColumn('granted_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('app_consent_key', ['account_id', 'app_id'])
    .execute()
  await db.schema.createIndex('app_consent_app').on('app_consent').column('app_id').execute()

  await db.schema
    .createTable('oidc_record')
    .addColumn('id_hash', 'text', (c) => c.primaryKey())
    .addColumn('model', 'text', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('app_id', 'text', (c) => c.references('app.id').onDelete('cascade'))
    .addColumn('account_id', 'text', (c) => c.references('account.id').onDelete('cascade'))
    .addColumn('session_uid', 'text', (c) => c.unique())
    .addColumn('grant_id', 'text')
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('consumed_at', 'bigint')
    .execute()
  for (const column of ['app_id', 'account_id', 'grant_id', 'expires_at']) {
    await db.schema.createIndex(`oidc_record_${column}`).on('oidc_record').column(column).execute()
  }

  await db.schema.alterTable('signing_key').addColumn('rsa_private_jwk_sealed', 'text').execute()
}
