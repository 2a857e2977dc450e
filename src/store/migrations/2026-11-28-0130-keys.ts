import type { Kysely } from 'kysely'

/**
 * Keys can be replaced. A signing key signs from a moment on (null: since it was made) and is
 * accepted until another (null: for good). What each encryption key hashes with is kept, so that
 * hashes outlive the key.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('signing_key').addColumn('signs_from', 'bigint').execute()
  await db.schema.alterTable('signing_key').addColumn('retires_at', 'bigint').execute()
  await db.schema
    .createTable('encryption_key')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('hashing_key_sealed', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('first_since', 'bigint')
    .addColumn('retired_at', 'bigint')
    .execute()
}
