import type { Db } from '../store/open.ts'
import type { Schema } from '../store/schema.ts'
import { countSealedByKey } from '../store/sealed-counts.ts'

/** Every column of every table whose name ends in `_sealed`. */
export type SealedColumn = {
  [Table in keyof Schema]: `${Table}.${keyof Schema[Table] & `${string}_sealed`}`
}[keyof Schema]

/**
 * The column that binds a sealed value to its row. A TOTP secret is bound to its account: an
 * attacker with write access to the database alone cannot move their secret to another account.
 */
type BoundColumn = 'id' | 'account_id'

/** Every sealed column with the column that binds its values, in the order of resealing. */
export const sealedColumns: Record<SealedColumn, BoundColumn> = {
  // First, so that hashes outlive the old key even if resealing stops halfway.
  'encryption_key.hashing_key_sealed': 'id',
  'signing_key.private_jwk_sealed': 'id',
  'signing_key.rsa_private_jwk_sealed': 'id',
  'totp_secret.secret_sealed': 'account_id',
  'undo_token.snapshot_sealed': 'id',
  'session.refresh_token_sealed': 'id',
  'outbox.secret_sealed': 'id',
}

/** A sealed column, taken apart for queries. */
export interface SealedColumnParts {
  name: SealedColumn
  table: keyof Schema
  column: string
  boundColumn: BoundColumn
}

/** All sealed columns, in the order of resealing. */
export function listSealedColumns(): SealedColumnParts[] {
  return Object.entries(sealedColumns).map(([name, boundColumn]) => {
    const [table, column] = name.split('.') as [keyof Schema, string]
    return { name: name as SealedColumn, table, column, boundColumn }
  })
}

/** The context of a sealed value: its table and the value of the column that binds it. */
export function sealContext(table: keyof Schema, boundTo: string): string {
  return `${table} ${boundTo}`
}

/** The number of sealed values per encryption key id. Scans every sealed column. */
export async function countSealedValues(db: Db): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { name } of listSealedColumns()) {
    for (const [id, values] of await countSealedByKey(db, name)) {
      counts.set(id, (counts.get(id) ?? 0) + values)
    }
  }
  return counts
}
