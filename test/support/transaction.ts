/** Transactions with the context of the service’s rules, on a test’s own database. */
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { type Keyring, parseKeyring } from '../../src/keys/keyring.ts'
import type { EmitEvent } from '../../src/lib/metric-events.ts'
import type { Db } from '../../src/store/open.ts'
import { createRunTransaction, type RunTransaction } from '../../src/store/transaction.ts'

/** @param options.keyring a new keyring by default */
export function transactionOn(
  db: Db,
  options: { keyring?: Keyring; emit?: EmitEvent; webhooksEnabled?: boolean } = {},
): RunTransaction {
  const { keyring = parseKeyring(generateEncryptionKey('test')), emit = () => {} } = options
  const { webhooksEnabled = false } = options
  return createRunTransaction({ db, keyring, emit, webhooksEnabled })
}
