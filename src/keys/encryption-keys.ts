import { CannotStart } from '../lib/cannot-start.ts'
import { now } from '../lib/clock.ts'
import { KeyNotGiven, type Keys, openKeys } from '../lib/keys.ts'
import { type Db, serialize } from '../store/open.ts'
import type { EncryptionKeyTable } from '../store/schema.ts'
import { transaction } from '../store/transaction.ts'
import { countSealed, hashingKeyContext } from './sealed.ts'

/**
 * The encryption keys, as the service uses them: what each hashes with is kept in the database, so
 * that hashes outlive it, and the first of `list` is the one that everything is sealed with from
 * now on.
 *
 * @throws CannotStart if the database needs a key that is not in the list, or not the one it was
 */
export async function takeUpKeys(db: Db, list: string): Promise<Keys> {
  const { keys, gone } = await check(db, list)
  await keep(db, keys)
  await leave(db, gone)
  await lead(db, keys)
  await learnKeys(db, keys)
  return keys
}

/**
 * The same for a command, beside a service that may run with older settings: it changes nothing
 * that the service goes by.
 *
 * @throws CannotStart also if the service has not been started with the first key yet
 */
export async function borrowKeys(db: Db, list: string): Promise<Keys> {
  const { keys, known } = await check(db, list)
  const [first] = keys.given
  const inUse = known.filter(({ retired_at }) => retired_at === null)
  if (known.length === 0) await keep(db, keys)
  else if (!inUse.some(({ id }) => id === first)) {
    throw new CannotStart(
      `The service has not been started with the encryption key ${first} yet. Restart it with these LATCHKEY_ENCRYPTION_KEYS first: it could not read what this command would leave.`,
    )
  }
  await learnKeys(db, keys)
  return keys
}

/**
 * Learns what other nodes hash with. What can’t be learned is missing from now on, and look-ups of
 * hashes answer 503.
 *
 * @throws CannotStart if a key is not the one that the database knows by its name
 */
export async function learnKeys(db: Db, keys: Keys): Promise<void> {
  for (const row of await readKnown(db)) {
    const given = keys.given.includes(row.id)
    const kept = openKept(keys, row)
    if (given && kept !== undefined && kept !== keys.hashingKey(row.id)) throw another(row.id)
    if (kept !== undefined) keys.recognise(row.id, kept)
    else if (!given) keys.miss(row.id)
    if (row.retired_at !== null && row.id === keys.given[0]) await putBack(db, row.id)
  }
}

async function check(db: Db, list: string) {
  const keys = openKeys(list)
  const known = await readKnown(db)
  const isMissing = (id: string) => !keys.given.includes(id)
  const gone = known.filter(({ id, retired_at }) => isMissing(id) && retired_at === null)
  // Looking at every value takes a while, so it is done only where a key has just been taken away,
  // or where nobody has written down yet which keys there were.
  if (gone.length > 0 || known.length === 0) {
    const needed = [...(await countSealed(db))].filter(([id]) => isMissing(id))
    if (needed.length > 0) throw missing(needed)
  }
  return { keys, known, gone: gone.map(({ id }) => id) }
}

/** What the hashing key of a row is; undefined if it takes a key that is not given. */
function openKept(keys: Keys, row: Pick<EncryptionKeyTable, 'id' | 'hashing_key_sealed'>) {
  try {
    return keys.open(row.hashing_key_sealed, hashingKeyContext(row.id))
  } catch (error) {
    if (error instanceof KeyNotGiven) return undefined
    const [sealedBy = row.id] = row.hashing_key_sealed.split('.')
    throw another(sealedBy, error)
  }
}

async function keep(db: Db, keys: Keys): Promise<void> {
  const rows = keys.given.map((id) => ({
    id,
    hashing_key_sealed: keys.seal(keys.hashingKey(id), hashingKeyContext(id)),
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
async function leave(db: Db, gone: string[]): Promise<void> {
  if (gone.length === 0) return
  await db
    .updateTable('encryption_key')
    .set({ retired_at: now() })
    .where('id', 'in', gone)
    .where('retired_at', 'is', null)
    .execute()
}

/** It seals, although a node that was started without it had found that nothing needs it. */
async function putBack(db: Db, id: string): Promise<void> {
  await db.updateTable('encryption_key').set({ retired_at: null }).where('id', '=', id).execute()
}

/** From now on the first key is the one to seal with, also for what others have sealed. */
async function lead(db: Db, keys: Keys): Promise<void> {
  const [first] = keys.given
  await transaction(db, async (tx) => {
    await serialize(tx, 'encryption-keys')
    const latest = await leadingKey(tx)
    if (latest?.id === first) return
    await tx
      .updateTable('encryption_key')
      // Always the latest, also where another node's clock is ahead.
      .set({ primary_since: Math.max(now(), (latest?.primary_since ?? 0) + 1) })
      .where('id', '=', first)
      .execute()
  })
}

/** The key that a node was last started with in front. */
export function leadingKey(db: Pick<Db, 'selectFrom'>) {
  return db
    .selectFrom('encryption_key')
    .select(['id', 'primary_since'])
    .where('primary_since', 'is not', null)
    .orderBy('primary_since', 'desc')
    .limit(1)
    .executeTakeFirst()
}

function readKnown(db: Db) {
  return db
    .selectFrom('encryption_key')
    .select(['id', 'hashing_key_sealed', 'retired_at'])
    .orderBy('created_at')
    .execute()
}

const whatToGive =
  'Give LATCHKEY_ENCRYPTION_KEYS those that it was used with before, also behind a new one, for as long as “latchkey keys list” says that something needs them; in development they lie in the file encryption-keys beside the data.'

function missing(needed: [id: string, values: number][]): CannotStart {
  const which = needed.map(([id, values]) => {
    return values === 1 ? `one value in it needs ${id}` : `${values} values in it need ${id}`
  })
  return new CannotStart(
    `These are not the encryption keys of this database: ${which.join(', and ')}, which is not given. ${whatToGive}`,
  )
}

function another(id: string, cause?: unknown): CannotStart {
  return new CannotStart(
    `These are not the encryption keys of this database: it knows another key by the name ${id}. ${whatToGive} A new key needs a name of its own.`,
    { cause },
  )
}
