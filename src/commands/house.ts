import { developmentKeys } from '../development-keys.ts'
import { type Keys, openKeys } from '../lib/keys.ts'
import { postActivity } from '../messages/posts.ts'
import { readSettings } from '../read-settings.ts'
import type { Settings } from '../settings.ts'
import { type Db, ensureMigrated, openStore } from '../store/open.ts'

/** What commands work on: the same database and keys as the service, which may be running. */
export interface CommandHouse {
  db: Db
  keys: Keys
  settings: Settings
}

/**
 * Opens the database for as long as `work` takes.
 *
 * @throws UnusableSettings, CannotStart as the service would
 */
export async function inHouse<Result>(
  work: (house: CommandHouse) => Promise<Result>,
): Promise<Result> {
  const settings = readSettings(process.env)
  const db = openStore(settings.databaseUrl)
  try {
    await ensureMigrated(db)
    if (settings.webhookUrl) postActivity(db)
    const keys = openKeys(settings.encryptionKeys ?? developmentKeys(settings.databaseUrl))
    return await work({ db, keys, settings })
  } finally {
    await db.destroy()
  }
}
