import { second, toIsoString } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Db } from '../store/open.ts'
import { syncKeys } from './encryption-keys.ts'
import { type Keyring, MissingKeyError } from './keyring.ts'
import type { SigningKeys } from './signing-keys.ts'

/** Time between syncs: the longest that a node may miss a change by another node or a command. */
const intervalMs = 5 * second

/** Syncs keys changed by other nodes or commands and logs each change. @returns a function that stops it */
export function watchKeys(deps: {
  db: Db
  keyring: Keyring
  signingKeys: SigningKeys
  log: Log
}): () => Promise<void> {
  const { log, signingKeys } = deps
  let signingKeyId = signingKeys.current().id
  const reported = new Set<string>()
  let currentRun: Promise<void> = Promise.resolve()
  let stopped = false
  let timer: NodeJS.Timeout

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

  async function syncEncryptionKeys(): Promise<void> {
    const { db, keyring } = deps
    await syncKeys(db, keyring)
    for (const key of keyring.missing) {
      if (reported.has(key)) continue
      reported.add(key)
      log.error(
        { key },
        'another node uses an encryption key that is missing from LATCHKEY_ENCRYPTION_KEYS on this node: add it and restart',
      )
    }
  }

  function schedule(): void {
    timer = setTimeout(() => {
      currentRun = syncEncryptionKeys()
        .then(syncSigningKeys)
        .catch((error) => {
          const key = error instanceof MissingKeyError ? error.id : undefined
          log.error({ err: error, key }, 'syncing the keys failed')
        })
        .finally(() => stopped || schedule())
    }, intervalMs)
    timer.unref()
  }

  schedule()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await currentRun
  }
}
