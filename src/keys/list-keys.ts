import { now, toIsoString } from '../lib/clock.ts'
import type { Db } from '../store/open.ts'
import { readPrimaryKey } from './encryption-keys.ts'
import { parseKeyring } from './keyring.ts'
import { countSealedValues } from './sealed-columns.ts'
import { timesOf } from './signing-keys.ts'

export interface KeyList {
  signingKeys: {
    id: string
    /** `published`: signs later. `retiring`: no longer signs. `retired`: no longer accepted. */
    state: 'published' | 'signing' | 'retiring' | 'retired'
    createdAt: string
    signsFrom: string
    retiresAt: string | null
  }[]
  encryptionKeys: {
    id: string
    /** Listed in this node’s LATCHKEY_ENCRYPTION_KEYS. */
    configured: boolean
    /** The key that seals new values. */
    primary: boolean
    /** The number of values sealed with it. */
    sealedValues: number
    /** Its hashing key is stored, so its hashes are still found after it is removed. */
    hashesKept: boolean
  }[]
}

/** Every key and its remaining use. Opens no sealed value, so it works while a key is missing. */
export async function listKeys(db: Db, encryptionKeys: string): Promise<KeyList> {
  const { configured } = parseKeyring(encryptionKeys)
  const rows = await db
    .selectFrom('encryption_key')
    .select('id')
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const primary = await readPrimaryKey(db)
  const sealedCounts = await countSealedValues(db)
  const registeredIds = new Set(rows.map(({ id }) => id))
  return {
    signingKeys: await listSigningKeys(db),
    encryptionKeys: [...new Set([...configured, ...registeredIds, ...sealedCounts.keys()])].map(
      (id) => ({
        id,
        configured: configured.includes(id),
        primary: id === primary?.id,
        sealedValues: sealedCounts.get(id) ?? 0,
        hashesKept: registeredIds.has(id),
      }),
    ),
  }
}

async function listSigningKeys(db: Db): Promise<KeyList['signingKeys']> {
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
