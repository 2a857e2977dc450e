import { loadDevelopmentKeys } from '../config/development-keys.ts'
import { readSettings } from '../config/read-settings.ts'
import type { Settings } from '../config/settings.ts'
import { loadKeys } from '../keys/encryption-keys.ts'
import type { Keyring } from '../keys/keyring.ts'
import { ensureMigrated } from '../store/migrate.ts'
import { type Db, openDatabase } from '../store/open.ts'
import { createRunTransaction, type RunTransaction } from '../store/transaction.ts'

/** What commands work on: the same database and keys as the service, which may be running. */
export interface CommandContext {
  db: Db
  /** Opens a transaction of the service’s rules. */
  transaction: RunTransaction
  keyring: Keyring
  settings: Settings
}

/**
 * Opens the database for as long as `work` takes.
 *
 * @throws UnusableSettings, CannotStart as the service would
 */
export function withKeys<Result>(
  work: (context: CommandContext) => Promise<Result>,
): Promise<Result> {
  return withDatabase(async ({ db, encryptionKeys, settings }) => {
    const keyring = await loadKeys(db, encryptionKeys)
    const webhooksEnabled = settings.webhookUrl !== undefined
    // Metrics count what the running service does; a command has none.
    const transaction = createRunTransaction({ db, keyring, emit() {}, webhooksEnabled })
    return work({ db, transaction, keyring, settings })
  })
}

/** The same without opening what is sealed: that works also while a key is missing. */
export async function withDatabase<Result>(
  work: (context: { db: Db; encryptionKeys: string; settings: Settings }) => Promise<Result>,
): Promise<Result> {
  const settings = readSettings(process.env)
  const db = openDatabase(settings.databaseUrl)
  try {
    await ensureMigrated(db, settings.allowNewerSchema)
    const encryptionKeys = settings.encryptionKeys ?? loadDevelopmentKeys(settings.databaseUrl)
    return await work({ db, encryptionKeys, settings })
  } finally {
    await db.destroy()
  }
}
