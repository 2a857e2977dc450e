import { instant, second } from '../lib/clock.ts'
import { KeyNotGiven, type Keys } from '../lib/keys.ts'
import type { Log } from '../lib/log.ts'
import type { SigningKeys } from '../sessions/signing-keys.ts'
import type { Db } from '../store/open.ts'
import { learnKeys } from './encryption-keys.ts'

/** How often a node looks: so long it may not know what another, or a command, did to the keys. */
const everyMs = 5 * second

/** Has this node notice what others do to the keys, and say so in its log. @returns what stops it */
export function watchKeys(house: {
  db: Db
  keys: Keys
  signingKeys: SigningKeys
  log: Log
}): () => Promise<void> {
  const { log, signingKeys } = house
  let signing = signingKeys.current().id
  const told = new Set<string>()
  let current: Promise<void> = Promise.resolve()
  let stopped = false
  let timer: NodeJS.Timeout

  async function look(): Promise<void> {
    const { found, retiring } = await signingKeys.look()
    for (const { id, signsFrom } of found) {
      log.warn({ kid: id, signsFrom: instant(signsFrom) }, 'a new signing key is published')
    }
    for (const { id, retiresAt } of retiring) {
      log.warn({ kid: id, until: instant(retiresAt) }, 'a signing key retires')
    }
    const { id } = signingKeys.current()
    if (id !== signing) log.warn({ kid: id }, 'another key signs tokens now')
    signing = id
  }

  async function learn(): Promise<void> {
    const { db, keys } = house
    await learnKeys(db, keys)
    for (const key of keys.missing) {
      if (told.has(key)) continue
      told.add(key)
      log.error(
        { key },
        'another node uses an encryption key that is not in LATCHKEY_ENCRYPTION_KEYS here: give it, and restart',
      )
    }
  }

  function schedule(): void {
    timer = setTimeout(() => {
      current = learn()
        .then(look)
        .catch((error) => {
          const key = error instanceof KeyNotGiven ? error.id : undefined
          log.error({ err: error, key }, 'the keys could not be looked at')
        })
        .finally(() => stopped || schedule())
    }, everyMs)
    timer.unref()
  }

  schedule()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await current
  }
}
