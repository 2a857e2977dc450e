import { developmentKeys } from '../development-keys.ts'
import { borrowKeys } from '../keys/encryption-keys.ts'
import type { Keys } from '../lib/keys.ts'
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
export function inHouse<Result>(work: (house: CommandHouse) => Promise<Result>): Promise<Result> {
  return atItsDoor(async ({ db, encryptionKeys, settings }) => {
    return work({ db, keys: await borrowKeys(db, encryptionKeys), settings })
  })
}

/** The same without opening what is sealed: that works also while a key is missing. */
export async function atItsDoor<Result>(
  work: (house: { db: Db; encryptionKeys: string; settings: Settings }) => Promise<Result>,
): Promise<Result> {
  const settings = readSettings(process.env)
  const db = openStore(settings.databaseUrl)
  try {
    await ensureMigrated(db, settings.allowNewerSchema)
    if (settings.webhookUrl) postActivity(db)
    const encryptionKeys = settings.encryptionKeys ?? developmentKeys(settings.databaseUrl)
    return await work({ db, encryptionKeys, settings })
  } finally {
    await db.destroy()
  }
}
