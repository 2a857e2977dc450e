import { loadDevelopmentKeys } from '../config/development-keys.ts'
import { readSettings } from '../config/read-settings.ts'
import type { Settings } from '../config/settings.ts'
import { loadKeys } from '../keys/encryption-keys.ts'
import type { Keyring } from '../keys/keyring.ts'
import { type Db, ensureMigrated, openDatabase } from '../store/open.ts'
import { enableWebhooks } from '../webhooks/events.ts'

/** What commands work on: the same database and keys as the service, which may be running. */
export interface CommandContext {
  db: Db
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
    return work({ db, keyring: await loadKeys(db, encryptionKeys), settings })
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
    if (settings.webhookUrl) enableWebhooks(db)
    const encryptionKeys = settings.encryptionKeys ?? loadDevelopmentKeys(settings.databaseUrl)
    return await work({ db, encryptionKeys, settings })
  } finally {
    await db.destroy()
  }
}
