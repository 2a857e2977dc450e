import { now } from '../lib/clock.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { advisoryLock } from '../store/locks.ts'
import type { Db } from '../store/open.ts'
import type { EncryptionKeyTable } from '../store/schema.ts'
import { retryOnConflict } from '../store/transaction.ts'
import { type Keyring, MissingKeyError, parseKeyring } from './keyring.ts'
import { countSealedValues, sealContext } from './sealed-columns.ts'

/**
 * The encryption keys, as the service uses them: what each hashes with is kept in the database, so
 * that hashes outlive it, and the first of `list` is the one that everything is sealed with from
 * now on.
 *
 * @throws CannotStart if the database needs a key that is not in the list, or not the one it was
 */
export async function activateKeys(db: Db, encryptionKeys: string): Promise<Keyring> {
  const { keys: keyring, gone: removed } = await checkKeyring(db, encryptionKeys)
  await registerKeys(db, keyring)
  await retireKeys(db, removed)
  await makePrimary(db, keyring)
  await syncKeys(db, keyring)
  return keyring
}

/**
 * The same for a command, beside a service that may run with older settings: it changes nothing
 * that the service goes by.
 *
 * @throws CannotStart also if the service has not been started with the first key yet
 */
export async function loadKeys(db: Db, encryptionKeys: string): Promise<Keyring> {
  const { keys: keyring, known: registered } = await checkKeyring(db, encryptionKeys)
  const [primary] = keyring.configured
  const active = registered.filter(({ retired_at }) => retired_at === null)
  if (registered.length === 0) await registerKeys(db, keyring)
  else if (!active.some(({ id }) => id === primary)) {
    throw new OperatorError(
      `The service has not been started with the encryption key ${primary} yet. Restart it with these LATCHKEY_ENCRYPTION_KEYS first: it could not read what this command would leave.`,
    )
  }
  await syncKeys(db, keyring)
  return keyring
}

/**
 * Learns what other nodes hash with. What can’t be learned is missing from now on, and look-ups of
 * hashes answer 503.
 *
 * @throws CannotStart if a key is not the one that the database knows by its name
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
  // Looking at every value takes a while, so it is done only where a key has just been taken away,
  // or where nobody has written down yet which keys there were.
  if (removed.length > 0 || registered.length === 0) {
    const required = [...(await countSealedValues(db))].filter(([id]) => isNotConfigured(id))
    if (required.length > 0) throw missingKeysError(required)
  }
  return { keys: keyring, known: registered, gone: removed.map(({ id }) => id) }
}

/** What the hashing key of a row is; undefined if it takes a key that is not given. */
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

/** Nothing needs them any more, and no start has to look for them again. */
async function retireKeys(db: Db, removed: string[]): Promise<void> {
  if (removed.length === 0) return
  await db
    .updateTable('encryption_key')
    .set({ retired_at: now() })
    .where('id', 'in', removed)
    .where('retired_at', 'is', null)
    .execute()
}

/** It seals, although a node that was started without it had found that nothing needs it. */
async function reinstateKey(db: Db, id: string): Promise<void> {
  await db.updateTable('encryption_key').set({ retired_at: null }).where('id', '=', id).execute()
}

/** From now on the first key is the one to seal with, also for what others have sealed. */
async function makePrimary(db: Db, keyring: Keyring): Promise<void> {
  const [primary] = keyring.configured
  await retryOnConflict(db, async (tx) => {
    await advisoryLock(tx, 'encryption-keys')
    const latest = await readPrimaryKey(tx)
    if (latest?.id === primary) return
    await tx
      .updateTable('encryption_key')
      // Always the latest, also where another node's clock is ahead.
      .set({ primary_since: Math.max(now(), (latest?.primary_since ?? 0) + 1) })
      .where('id', '=', primary)
      .execute()
  })
}

/** The key that a node was last started with in front. */
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
  'Give LATCHKEY_ENCRYPTION_KEYS those that it was used with before, also behind a new one, for as long as “latchkey keys list” says that something needs them; in development they lie in the file encryption-keys beside the data.'

function missingKeysError(required: [id: string, values: number][]): OperatorError {
  const which = required.map(([id, values]) => {
    return values === 1 ? `one value in it needs ${id}` : `${values} values in it need ${id}`
  })
  return new OperatorError(
    `These are not the encryption keys of this database: ${which.join(', and ')}, which is not given. ${remedy}`,
  )
}

function conflictingKeyError(id: string, cause?: unknown): OperatorError {
  return new OperatorError(
    `These are not the encryption keys of this database: it knows another key by the name ${id}. ${remedy} A new key needs a name of its own.`,
    { cause },
  )
}
