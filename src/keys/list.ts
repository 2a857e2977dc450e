import { instant, now } from '../lib/clock.ts'
import { openKeys } from '../lib/keys.ts'
import { timesOf } from '../sessions/signing-keys.ts'
import type { Db } from '../store/open.ts'
import { leadingKey } from './encryption-keys.ts'
import { countSealed } from './sealed.ts'

export interface KeyList {
  signingKeys: {
    id: string
    /** `published` ones sign later, `retiring` ones don’t any more; `retired` ones are refused. */
    state: 'published' | 'signing' | 'retiring' | 'retired'
    createdAt: string
    signsFrom: string
    retiresAt: string | null
  }[]
  encryptionKeys: {
    id: string
    /** Whether LATCHKEY_ENCRYPTION_KEYS has it here. */
    given: boolean
    /** Whether everything is being sealed with it. */
    first: boolean
    /** How many values can’t be read without it. */
    sealedValues: number
    /** Whether hashes that were made with it are found without it, too. */
    hashesKept: boolean
  }[]
}

/** Every key, and what still needs it. It opens nothing, so it works also while a key is missing. */
export async function listKeys(db: Db, encryptionKeys: string): Promise<KeyList> {
  const { given } = openKeys(encryptionKeys)
  const known = await db
    .selectFrom('encryption_key')
    .select('id')
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const leading = await leadingKey(db)
  const sealed = await countSealed(db)
  const kept = new Set(known.map(({ id }) => id))
  return {
    signingKeys: await signingKeys(db),
    encryptionKeys: [...new Set([...given, ...kept, ...sealed.keys()])].map((id) => ({
      id,
      given: given.includes(id),
      first: id === leading?.id,
      sealedValues: sealed.get(id) ?? 0,
      hashesKept: kept.has(id),
    })),
  }
}

async function signingKeys(db: Db): Promise<KeyList['signingKeys']> {
  const rows = await db.selectFrom('signing_key').selectAll().execute()
  const all = rows
    .map((row) => ({ row, ...timesOf(row) }))
    .sort((a, b) => b.signsFrom - a.signsFrom)
  const signing = all.find((key) => key.retiresAt > now() && key.signsFrom <= now())
  return all.map((key) => {
    const { row, signsFrom, retiresAt } = key
    const state =
      retiresAt <= now()
        ? 'retired'
        : key === signing
          ? 'signing'
          : signsFrom > now()
            ? 'published'
            : 'retiring'
    return {
      id: row.id,
      state,
      createdAt: instant(row.created_at),
      signsFrom: instant(signsFrom),
      retiresAt: row.retires_at === null ? null : instant(row.retires_at),
    }
  })
}
