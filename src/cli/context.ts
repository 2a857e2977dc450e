import { loadDevelopmentKeys } from '../config/development-keys.ts'
import { readSettings } from '../config/read-settings.ts'
import type { Settings } from '../config/settings.ts'
import { loadKeys } from '../keys/encryption-keys.ts'
import type { Keyring } from '../keys/keyring.ts'
import { ensureMigrated } from '../store/migrate.ts'
import { type Db, openDatabase } from '../store/open.ts'
import { createRunTransaction, type RunTransaction } from '../store/transaction.ts'

/** The database, keys and settings of the service, which may be running meanwhile. */
export interface CommandContext {
  db: Db
  /** Runs a transaction as the service does. */
  transaction: RunTransaction
  keyring: Keyring
  settings: Settings
}

/**
 * Opens the database and the encryption keys for as long as `work` takes.
 *
 * @throws InvalidSettingsError, OperatorError as the service would
 */
export function withKeys<Result>(
  work: (context: CommandContext) => Promise<Result>,
): Promise<Result> {
  return withDatabase(async ({ db, encryptionKeys, settings }) => {
    const keyring = await loadKeys(db, encryptionKeys)
    const webhooksEnabled = settings.webhookUrl !== undefined
    // Metrics are of the running service; a command has none.
    const transaction = createRunTransaction({ db, keyring, emit() {}, webhooksEnabled })
    return work({ db, transaction, keyring, settings })
  })
}

/** Opens the database alone, so that it works while an encryption key is missing. @throws as `withKeys` */
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
