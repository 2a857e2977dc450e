import { now, toIsoString } from '../lib/clock.ts'
import type { Db } from '../store/open.ts'
import { readPrimaryKey } from './encryption-keys.ts'
import { parseKeyring } from './keyring.ts'
import { countSealedValues } from './sealed-columns.ts'
import { timesOf } from './signing-keys.ts'

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
  const { configured: given } = parseKeyring(encryptionKeys)
  const rows = await db
    .selectFrom('encryption_key')
    .select('id')
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const primary = await readPrimaryKey(db)
  const sealedCounts = await countSealedValues(db)
  const registered = new Set(rows.map(({ id }) => id))
  return {
    signingKeys: await signingKeys(db),
    encryptionKeys: [...new Set([...given, ...registered, ...sealedCounts.keys()])].map((id) => ({
      id,
      given: given.includes(id),
      first: id === primary?.id,
      sealedValues: sealedCounts.get(id) ?? 0,
      hashesKept: registered.has(id),
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
      createdAt: toIsoString(row.created_at),
      signsFrom: toIsoString(signsFrom),
      retiresAt: row.retires_at === null ? null : toIsoString(row.retires_at),
    }
  })
}
