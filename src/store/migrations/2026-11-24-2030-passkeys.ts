import { type Kysely, sql } from 'kysely'

/** Passkeys, and the challenges that they answer. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('account').addColumn('user_handle', 'text').execute()

  await db.schema
    .createTable('passkey')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('credential_id', 'text', (c) => c.notNull().unique())
    .addColumn('public_key', 'text', (c) => c.notNull())
    .addColumn('counter', 'bigint', (c) => c.notNull())
    .addColumn('transports', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('backed_up', 'integer', (c) => c.notNull())
    .addColumn('passwordless', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint')
    .addColumn('removed_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('passkey_account')
    .on('passkey')
    .column('account_id')
    .where(sql<boolean>`removed_at is null`)
    .execute()

  await db.schema
    .createTable('passkey_challenge')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('value', 'text', (c) => c.notNull().unique())
    .addColumn('token_hash', 'text', (c) => c.unique())
    // Null for a sign-in without a password: who it is, only the answer tells.
    .addColumn('account_id', 'text', (c) => c.references('account.id').onDelete('cascade'))
    .addColumn('session_id', 'text', (c) => c.references('session.id').onDelete('cascade'))
    .addColumn('challenge_id', 'text', (c) => c.references('challenge.id').onDelete('cascade'))
    .addColumn('credential_version', 'integer')
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('consumed_at', 'bigint')
    .execute()
  for (const column of ['account_id', 'session_id', 'challenge_id', 'expires_at']) {
    await db.schema
      .createIndex(`passkey_challenge_${column}`)
      .on('passkey_challenge')
      .column(column)
      .execute()
  }
}
