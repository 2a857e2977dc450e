import type { Kysely } from 'kysely'

/**
 * Wrong codes of a forgotten password are counted by address and network, and spoil no right one.
 * Codes that were mailed before are recognised in another way, and void.
 */
export async function up(db: Kysely<{ password_reset: { code_hash: string | null } }>) {
  await db.deleteFrom('password_reset').where('code_hash', 'is not', null).execute()
  await db.schema.alterTable('password_reset').dropColumn('wrong').execute()
}
