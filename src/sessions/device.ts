import { sql } from 'kysely'
import type { Client } from '../lib/client.ts'
import { day } from '../lib/clock.ts'
import { newId, newToken } from '../lib/random.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { DeviceTable } from '../store/schema.ts'
import type { Sealer, Tx } from '../store/transaction.ts'
import { untrusted } from './trusted-device.ts'

/** The longest lifetime that browsers give a cookie. A device that is unused for so long is deleted. */
export const deviceLifetimeMs = 400 * day

/**
 * Devices per account. Beyond it, those that were in use for the shortest time are deleted, so that
 * neither a script that signs in without its token nor a thief pushes out a device in use.
 */
const maxDevices = 100

/** Tokens in one cookie: people who share a browser each have a device there. */
const maxTokensPerCookie = 5

const tokenPurpose = 'device_token'

/** The form of a token; any other text names no device. */
const tokenPattern = /^[\w-]{43}$/

/** A device of an account, found by the token that a call brought. */
export interface Device {
  id: string
  /** The token that the client goes on using. */
  token: string
  /** Milliseconds since 1970. It survives the time in which the device is not known. */
  firstSeenAt: number
  /**
   * Whether it has signed in, or set the password, since the password was last changed. So a thief who
   * signed in on many devices has no attempts left on them against the next password.
   */
  isKnown: boolean
}

/**
 * Finds a device of an account, known or not.
 *
 * @param account its id; empty if there is none, which takes as long
 * @param deviceToken one token, or those of a cookie; any that is malformed, unknown or of another
 * account is ignored
 */
export async function findDevice(
  db: Db | Tx,
  keyring: Pick<Sealer, 'hashWithAllKeys'>,
  account: string,
  deviceToken: string | undefined,
): Promise<Device | undefined> {
  const tokenByHash = new Map(
    splitDeviceTokens(deviceToken).flatMap((token) =>
      keyring.hashWithAllKeys(token, tokenPurpose).map((hash) => [hash, token]),
    ),
  )
  // The empty text, which is no hash, because a list must not be empty.
  const [row] = await selectDevice(db, { account, hashes: ['', ...tokenByHash.keys()] })
  const token = tokenByHash.get(row?.token_hash ?? '')
  if (!row || token === undefined) return undefined
  const isKnown = row.last_used_at >= row.password_changed_at
  return { id: row.id, token, firstSeenAt: row.first_seen_at, isKnown }
}

const selectDevice = prepared((db, { account, hashes }: { account: string; hashes: string[] }) =>
  db
    .selectFrom('device')
    .innerJoin('account', 'account.id', 'device.account_id')
    .select(['device.id', 'token_hash', 'first_seen_at', 'last_used_at', 'password_changed_at'])
    .where('token_hash', 'in', hashes)
    .where('account_id', '=', account),
)

/** A device’s row, and the token that its client keeps. */
type DeviceIdentity = Pick<Device, 'id' | 'token'>

/** @param id of a device that gets a new token; by default, the device is new, too */
export function newDeviceIdentity(id = newId()): DeviceIdentity {
  return { id, token: newToken() }
}

/**
 * Records a completed sign-in on a device, which is known from now on.
 *
 * @param account locked
 */
export async function recordDevice(
  tx: Tx,
  account: { id: string },
  { id, token }: DeviceIdentity,
  client: Client,
): Promise<void> {
  const seen = {
    id,
    account_id: account.id,
    token_hash: tx.keyring.hash(token, tokenPurpose),
    user_agent: client.userAgent,
    last_used_at: tx.now(),
  }
  const [updated] = await updateDevice(tx, seen)
  if (updated) return
  await deleteSurplusDevices(tx, account)
  await insertDevice(tx, { ...seen, first_seen_at: tx.now(), ...untrusted })
}

type SeenDevice = Pick<
  DeviceTable,
  'id' | 'account_id' | 'token_hash' | 'user_agent' | 'last_used_at'
>

const updateDevice = prepared((db, { id, account_id, ...seen }: SeenDevice) =>
  db
    .updateTable('device')
    .set(seen)
    .where('id', '=', id)
    .where('account_id', '=', account_id)
    .returning('id'),
)

const insertDevice = prepared((db, row: DeviceTable) => db.insertInto('device').values(row))

/** Makes room for one more device. */
async function deleteSurplusDevices(tx: Tx, account: { id: string }): Promise<void> {
  const devices = await selectDevices(tx, { account: account.id })
  const surplus = devices.slice(maxDevices - 1).map(({ id }) => id)
  if (surplus.length > 0) await tx.deleteFrom('device').where('id', 'in', surplus).execute()
}

const selectDevices = prepared((db, { account }: { account: string }) =>
  db
    .selectFrom('device')
    .select('id')
    .where('account_id', '=', account)
    .orderBy(sql`last_used_at - first_seen_at`, 'desc')
    .orderBy('last_used_at', 'desc')
    .orderBy('id', 'desc'),
)

/**
 * Keeps a device known although the password was just changed, because the change came from there.
 * It is the device of the token or of the session.
 */
export async function keepDeviceKnown(
  tx: Tx,
  account: { id: string },
  from: { deviceToken: string | undefined } | { session: string },
): Promise<void> {
  const device =
    'session' in from
      ? await deviceOfSession(tx, from.session)
      : (await findDevice(tx, tx.keyring, account.id, from.deviceToken))?.id
  if (device === undefined) return
  await tx
    .updateTable('device')
    .set({ last_used_at: tx.now() })
    .where('id', '=', device)
    .where('account_id', '=', account.id)
    .execute()
}

/** The id of the device that a session began on. */
export async function deviceOfSession(db: Db | Tx, session: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('session')
    .select('device_id')
    .where('id', '=', session)
    .executeTakeFirst()
  return row?.device_id
}

/** The value of a cookie after a sign-in: the token of the account, and those of other accounts. */
export function joinDeviceTokens(deviceToken: string, cookie: string | undefined): string {
  const others = splitDeviceTokens(cookie).filter((token) => token !== deviceToken)
  return [deviceToken, ...others].slice(0, maxTokensPerCookie).join('.')
}

function splitDeviceTokens(deviceToken = ''): string[] {
  const tokens = deviceToken.split('.').filter((token) => tokenPattern.test(token))
  return tokens.slice(0, maxTokensPerCookie)
}
