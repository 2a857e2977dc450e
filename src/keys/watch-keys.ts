import { second, toIsoString } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Db } from '../store/open.ts'
import { syncKeys } from './encryption-keys.ts'
import { type Keyring, MissingKeyError } from './keyring.ts'
import type { SigningKeys } from './signing-keys.ts'

/** How often a node looks: so long it may not know what another, or a command, did to the keys. */
const intervalMs = 5 * second

/** Has this node notice what others do to the keys, and say so in its log. @returns what stops it */
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
      log.warn({ kid: id, until: toIsoString(retiresAt) }, 'a signing key retires')
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
        'another node uses an encryption key that is not in LATCHKEY_ENCRYPTION_KEYS here: give it, and restart',
      )
    }
  }

  function schedule(): void {
    timer = setTimeout(() => {
      currentRun = syncEncryptionKeys()
        .then(syncSigningKeys)
        .catch((error) => {
          const key = error instanceof MissingKeyError ? error.id : undefined
          log.error({ err: error, key }, 'the keys could not be looked at')
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
