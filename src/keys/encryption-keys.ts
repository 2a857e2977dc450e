import { now } from '../lib/clock.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { advisoryLock } from '../store/locks.ts'
import type { Db } from '../store/open.ts'
import type { EncryptionKeyTable } from '../store/schema.ts'
import { retryOnConflict } from '../store/transaction.ts'
import { type Keyring, MissingKeyError, parseKeyring } from './keyring.ts'
import { countSealedValues, sealContext } from './sealed-columns.ts'

/**
 * Activates the configured encryption keys for the service. Stores each key’s hashing key in the
 * database, so that hashes outlive the key, and makes the first of `encryptionKeys` the primary
 * key, which seals new values on every node.
 *
 * @throws OperatorError if the database needs a key that is missing, or knows another by its id
 */
export async function activateKeys(db: Db, encryptionKeys: string): Promise<Keyring> {
  const { keyring, removed } = await checkKeyring(db, encryptionKeys)
  await registerKeys(db, keyring)
  await retireKeys(db, removed)
  await makePrimary(db, keyring)
  await syncKeys(db, keyring)
  return keyring
}

/**
 * Loads the keys for a command, which may run beside a service with older settings: it changes
 * neither the primary key nor which keys are retired.
 *
 * @throws OperatorError as `activateKeys` does, and if the service has not been started with the
 * first key yet
 */
export async function loadKeys(db: Db, encryptionKeys: string): Promise<Keyring> {
  const { keyring, registered } = await checkKeyring(db, encryptionKeys)
  const [primary] = keyring.configured
  const active = registered.filter(({ retired_at }) => retired_at === null)
  if (registered.length === 0) await registerKeys(db, keyring)
  else if (!active.some(({ id }) => id === primary)) {
    throw new OperatorError(
      `The service has not been started with the encryption key ${primary} yet. Restart it with these LATCHKEY_ENCRYPTION_KEYS first: it could not open the values that this command would seal.`,
    )
  }
  await syncKeys(db, keyring)
  return keyring
}

/**
 * Adds the hashing keys of other nodes to the keyring. A key that cannot be opened is marked
 * missing, and look-ups of hashes fail with 503 until it is configured.
 *
 * @throws OperatorError if a configured key differs from the one registered under its id
 */
export async function syncKeys(db: Db, keyring: Keyring): Promise<void> {
  for (const row of await readEncryptionKeys(db)) {
    const configured = keyring.configured.includes(row.id)
    const hashingKey = openHashingKey(keyring, row)
    if (configured && hashingKey !== undefined && hashingKey !== keyring.hashingKey(row.id))
      throw conflictingKeyError(row.id)
    if (hashingKey !== undefined) keyring.addHashingKey(row.id, hashingKey)
    else if (!configured) keyring.markMissing(row.id)
    if (row.retired_at !== null && row.id === keyring.configured[0]) await reinstateKey(db, row.id)
  }
}

async function checkKeyring(db: Db, encryptionKeys: string) {
  const keyring = parseKeyring(encryptionKeys)
  const registered = await readEncryptionKeys(db)
  const isNotConfigured = (id: string) => !keyring.configured.includes(id)
  const removed = registered.filter(
    ({ id, retired_at }) => isNotConfigured(id) && retired_at === null,
  )
  // Scanning every sealed value is slow, so it happens only when a key has just been removed or no
  // key has been registered yet.
  if (removed.length > 0 || registered.length === 0) {
    const required = [...(await countSealedValues(db))].filter(([id]) => isNotConfigured(id))
    if (required.length > 0) throw missingKeysError(required)
  }
  return { keyring, registered, removed: removed.map(({ id }) => id) }
}

/** The hashing key of a row; undefined if the key that sealed it is not configured. */
function openHashingKey(
  keyring: Keyring,
  row: Pick<EncryptionKeyTable, 'id' | 'hashing_key_sealed'>,
) {
  try {
    return keyring.open(row.hashing_key_sealed, sealContext('encryption_key', row.id))
  } catch (error) {
    if (error instanceof MissingKeyError) return undefined
    const [sealedBy = row.id] = row.hashing_key_sealed.split('.')
    throw conflictingKeyError(sealedBy, error)
  }
}

async function registerKeys(db: Db, keyring: Keyring): Promise<void> {
  const rows = keyring.configured.map((id) => ({
    id,
    hashing_key_sealed: keyring.seal(keyring.hashingKey(id), sealContext('encryption_key', id)),
    created_at: now(),
    primary_since: null,
    retired_at: null,
  }))
  await db
    .insertInto('encryption_key')
    .values(rows)
    .onConflict((id) => id.column('id').doNothing())
    .execute()
}

/** Marks keys that nothing needs, so that later starts do not check for them. */
async function retireKeys(db: Db, removed: string[]): Promise<void> {
  if (removed.length === 0) return
  await db
    .updateTable('encryption_key')
    .set({ retired_at: now() })
    .where('id', 'in', removed)
    .where('retired_at', 'is', null)
    .execute()
}

/** Reactivates a key that another node had retired. */
async function reinstateKey(db: Db, id: string): Promise<void> {
  await db.updateTable('encryption_key').set({ retired_at: null }).where('id', '=', id).execute()
}

/** Makes the first configured key the one that new values, and resealed ones, are sealed with. */
async function makePrimary(db: Db, keyring: Keyring): Promise<void> {
  const [primary] = keyring.configured
  await retryOnConflict(db, async (tx) => {
    await advisoryLock(tx, 'encryption-keys')
    const latest = await readPrimaryKey(tx)
    if (latest?.id === primary) return
    await tx
      .updateTable('encryption_key')
      // Later than any other, even if another node’s clock is ahead.
      .set({ primary_since: Math.max(now(), (latest?.primary_since ?? 0) + 1) })
      .where('id', '=', primary)
      .execute()
  })
}

/** The key that was made primary last. */
export function readPrimaryKey(db: Pick<Db, 'selectFrom'>) {
  return db
    .selectFrom('encryption_key')
    .select(['id', 'primary_since'])
    .where('primary_since', 'is not', null)
    .orderBy('primary_since', 'desc')
    .limit(1)
    .executeTakeFirst()
}

function readEncryptionKeys(db: Db) {
  return db
    .selectFrom('encryption_key')
    .select(['id', 'hashing_key_sealed', 'retired_at'])
    .orderBy('created_at')
    .execute()
}

const remedy =
  'Set LATCHKEY_ENCRYPTION_KEYS to the keys that were used before, after a new one if there is one, and keep each until “latchkey keys list” shows that nothing needs it. In development the keys are in the file encryption-keys beside the data.'

function missingKeysError(required: [id: string, values: number][]): OperatorError {
  const which = required.map(([id, values]) => {
    return values === 1 ? `one value needs ${id}` : `${values} values need ${id}`
  })
  return new OperatorError(
    `Encryption keys of this database are missing: ${which.join(', ')}. ${remedy}`,
  )
}

function conflictingKeyError(id: string, cause?: unknown): OperatorError {
  return new OperatorError(
    `These are not the encryption keys of this database: it has a different key with the id ${id}. ${remedy} A new key needs a new id.`,
    { cause },
  )
}
