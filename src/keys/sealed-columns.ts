import type { Db } from '../store/open.ts'
import type { Schema } from '../store/schema.ts'
import { countSealedByKey } from '../store/sealed-counts.ts'

/** Every column of every table whose name says that it is sealed. */
export type SealedColumn = {
  [Table in keyof Schema]: `${Table}.${keyof Schema[Table] & `${string}_sealed`}`
}[keyof Schema]

/**
 * The column that a sealed value is bound to. A TOTP secret is bound to its account: whoever can
 * write to the database alone cannot move their own secret to somebody else.
 */
export type BoundColumn = 'id' | 'account_id'

/** Every sealed column, in the order of resealing, with the column that its values are bound to. */
export const sealedColumns: Record<SealedColumn, BoundColumn> = {
  // First, so that hashes outlive the old key even if resealing stops in between.
  'encryption_key.hashing_key_sealed': 'id',
  'signing_key.private_jwk_sealed': 'id',
  'totp_secret.secret_sealed': 'account_id',
  'undo_token.snapshot_sealed': 'id',
  'outbox.secret_sealed': 'id',
}

/** The context of a sealed value: its table, and the value of the column that binds it. */
export function sealContext(table: keyof Schema, boundTo: string): string {
  return `${table} ${boundTo}`
}

/** How many values each encryption key has sealed, by its id. It looks at every one of them. */
export async function countSealedValues(db: Db): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const column of Object.keys(sealedColumns)) {
    for (const [id, values] of await countSealedByKey(db, column)) {
      counts.set(id, (counts.get(id) ?? 0) + values)
    }
  }
  return counts
}
