import type { AdapterPayload } from 'oidc-provider'
import type { Keyring } from '../../keys/keyring.ts'
import { day, now, second } from '../../lib/clock.ts'
import type { Db } from '../../store/open.ts'
import type { OidcRecordTable } from '../../store/schema.ts'

/** A stored object of the provider, with the time of its use. */
export interface StoredRecord {
  payload: AdapterPayload
  consumedAt: number | null
}

/**
 * The objects of the provider, by ids of which the database has keyed hashes: most are secrets, such as
 * codes, tokens and cookies.
 */
export interface Records {
  save(model: string, id: string, payload: AdapterPayload, expiresIn: number): Promise<void>
  find(model: string, id: string): Promise<StoredRecord | undefined>
  /** Marks a single-use object as used. One statement decides between all that try. */
  consume(model: string, id: string): Promise<boolean>
  /** Stores an id once, until `expiresAt`. @returns whether it was new */
  addOnce(model: string, id: string, expiresAt: number): Promise<boolean>
  remove(model: string, id: string): Promise<void>
  removeByGrant(model: string, grantId: string): Promise<void>
}

export function createRecords({ db, keyring }: { db: Db; keyring: Keyring }): Records {
  const hashesOf = (model: string, id: string) => keyring.hashWithAllKeys(id, `oidc ${model}`)

  return {
    async save(model, id, payload, expiresIn) {
      const row = rowOf(model, payload, now() + expiresIn * second)
      const hashes = hashesOf(model, id)
      if (hashes.length > 1) {
        // Saved before, perhaps under an older key.
        const { numUpdatedRows } = await db
          .updateTable('oidc_record')
          .set(row)
          .where('id_hash', 'in', hashes)
          .executeTakeFirstOrThrow()
        if (numUpdatedRows > 0n) return
      }
      await db
        .insertInto('oidc_record')
        .values({ ...row, id_hash: keyring.hash(id, `oidc ${model}`), consumed_at: null })
        .onConflict((conflict) => conflict.column('id_hash').doUpdateSet(row))
        .execute()
    },

    async find(model, id) {
      const row = await db
        .selectFrom('oidc_record')
        .select(['payload', 'consumed_at'])
        .where('id_hash', 'in', hashesOf(model, id))
        .executeTakeFirst()
      if (!row) return undefined
      return { payload: { ...JSON.parse(row.payload), jti: id }, consumedAt: row.consumed_at }
    },

    async consume(model, id) {
      const { numUpdatedRows } = await db
        .updateTable('oidc_record')
        .set({ consumed_at: now() })
        .where('id_hash', 'in', hashesOf(model, id))
        .where('consumed_at', 'is', null)
        .executeTakeFirstOrThrow()
      return numUpdatedRows > 0n
    },

    async addOnce(model, id, expiresAt) {
      const { numInsertedOrUpdatedRows = 0n } = await db
        .insertInto('oidc_record')
        .values({
          ...rowOf(model, {}, Math.min(expiresAt, now() + day)),
          id_hash: keyring.hash(id, `oidc ${model}`),
          consumed_at: null,
        })
        .onConflict((conflict) => conflict.column('id_hash').doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows > 0n
    },

    async remove(model, id) {
      await db.deleteFrom('oidc_record').where('id_hash', 'in', hashesOf(model, id)).execute()
    },

    async removeByGrant(model, grantId) {
      await db
        .deleteFrom('oidc_record')
        .where('grant_id', '=', grantId)
        .where('model', '=', model)
        .execute()
    },
  }
}

/** The columns of an object. Its id, a secret, is left out. */
export function rowOf(
  model: string,
  payload: AdapterPayload,
  expiresAt: number,
): Omit<OidcRecordTable, 'id_hash' | 'consumed_at'> {
  const { jti: _, ...stored } = payload
  return {
    model,
    payload: JSON.stringify(stored),
    app_id: payload.clientId ?? payload.params?.client_id?.toString() ?? null,
    account_id: payload.accountId ?? null,
    session_uid: null,
    grant_id: payload.grantId ?? null,
    expires_at: expiresAt,
  }
}
