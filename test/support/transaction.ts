/** Transactions of the service's rules, on a database that a test has opened itself. */
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { type Keyring, parseKeyring } from '../../src/keys/keyring.ts'
import type { Db } from '../../src/store/open.ts'
import { createRunTransaction, type RunTransaction } from '../../src/store/transaction.ts'

/** @param options.keyring a keyring of its own unless the test brings one */
export function transactionOn(
  db: Db,
  options: { keyring?: Keyring; webhooksEnabled?: boolean } = {},
): RunTransaction {
  const { keyring = parseKeyring(generateEncryptionKey('test')), webhooksEnabled = false } = options
  return createRunTransaction({ db, keyring, emit() {}, webhooksEnabled })
}
