import { parseKeyring } from '../../src/keys/keyring.ts'
import { cleanUp } from '../../src/retention.ts'
import { openDatabase } from '../../src/store/open.ts'
import type { TestLatchkey } from './latchkey.ts'
import { transactionOn } from './transaction.ts'

/** Runs the hourly clean-up on the service’s database, now. */
export async function runCleanUp(latchkey: TestLatchkey): Promise<void> {
  const { LATCHKEY_DATABASE_URL = '', LATCHKEY_ENCRYPTION_KEYS = '' } = latchkey.environment
  const db = openDatabase(LATCHKEY_DATABASE_URL)
  await cleanUp(db, transactionOn(db, { keyring: parseKeyring(LATCHKEY_ENCRYPTION_KEYS) }))
  await db.destroy()
}
