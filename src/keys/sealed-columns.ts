import { totpSecretContext } from '../mfa/methods/authenticator.ts'
import { outboxContext } from '../notifications/outbox.ts'
import type { Db } from '../store/open.ts'
import type { Schema } from '../store/schema.ts'
import { countSealedByKey } from '../store/sealed-counts.ts'
import { snapshotContext } from '../undo/undo-token.ts'
import { signingKeyContext } from './signing-keys.ts'

/** Every column of every table whose name says that it is sealed. */
export type SealedColumn = {
  [Table in keyof Schema]: `${Table}.${keyof Schema[Table] & `${string}_sealed`}`
}[keyof Schema]

/** What binds a sealed value to its place: the column that names the place, and the context made of it. */
export interface Binding {
  by: string
  context(by: string): string
}

/** What binds a kept hashing key to its encryption key. */
export const hashingKeyContext = (id: string) => `encryption_key ${id}`

/** All that is sealed anew when another encryption key comes first. */
export const sealedColumns: Record<SealedColumn, Binding> = {
  // First, so that hashes outlive the old key whatever comes between.
  'encryption_key.hashing_key_sealed': { by: 'id', context: hashingKeyContext },
  'signing_key.private_jwk_sealed': { by: 'id', context: signingKeyContext },
  'totp_secret.secret_sealed': { by: 'account_id', context: totpSecretContext },
  'undo_token.snapshot_sealed': { by: 'id', context: snapshotContext },
  'outbox.secret_sealed': { by: 'id', context: outboxContext },
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
