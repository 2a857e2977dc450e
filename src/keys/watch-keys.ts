import { second, toIsoString } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { repeat } from '../lib/repeat.ts'
import type { Db } from '../store/open.ts'
import { syncKeys } from './encryption-keys.ts'
import { type Keyring, MissingKeyError } from './keyring.ts'
import type { SigningKeys } from './signing-keys.ts'

/** The longest time until a node notices a change of the keys by another node or a command. */
const intervalMs = 5 * second

/**
 * Keeps this node's keys in step with the database, and logs what changed.
 *
 * @returns a function that stops it and resolves after the sync under way
 */
export function watchKeys(deps: {
  db: Db
  keyring: Keyring
  signingKeys: SigningKeys
  log: Log
}): () => Promise<void> {
  const { db, keyring, signingKeys, log } = deps
  let signingKeyId = signingKeys.current().id
  const reported = new Set<string>()

  async function syncEncryptionKeys(): Promise<void> {
    await syncKeys(db, keyring)
    for (const key of keyring.missing) {
      if (reported.has(key)) continue
      reported.add(key)
      log.error(
        { key },
        'another node uses an encryption key that is not in LATCHKEY_ENCRYPTION_KEYS here: add it and restart',
      )
    }
  }

  async function syncSigningKeys(): Promise<void> {
    const { added, retiring } = await signingKeys.sync()
    for (const { id, signsFrom } of added) {
      log.warn({ kid: id, signsFrom: toIsoString(signsFrom) }, 'a new signing key is published')
    }
    for (const { id, retiresAt } of retiring) {
      log.warn({ kid: id, acceptedUntil: toIsoString(retiresAt) }, 'a signing key retires')
    }
    const { id } = signingKeys.current()
    if (id !== signingKeyId) log.warn({ kid: id }, 'another key signs tokens now')
    signingKeyId = id
  }

  async function sync(): Promise<void> {
    await syncEncryptionKeys()
    await syncSigningKeys()
  }

  return repeat(sync, {
    everyMs: intervalMs,
    log,
    failure: 'keys could not be synced with the database',
    failureFields: (error) => ({ key: error instanceof MissingKeyError ? error.id : undefined }),
  })
}
