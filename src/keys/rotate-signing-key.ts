import { hour, minute, now, second, toIsoString } from '../lib/clock.ts'
import { advisoryLock } from '../store/locks.ts'
import type { Db } from '../store/open.ts'
import { retryOnConflict } from '../store/transaction.ts'
import type { Keyring } from './keyring.ts'
import { generateSigningKey } from './signing-keys.ts'

/** How long backends, and caches before them, may keep the published keys (RFC 9111 §5.2.2.1). */
export const jwksMaxAgeMs = 10 * minute

/**
 * How long a new key is published before it signs. Nodes see it within seconds; a backend’s copy
 * of a cache’s copy is 20 minutes old at most. The rest is for libraries that keep it longer.
 */
export const prepublishMs = hour

/**
 * How long a key is accepted after it has signed its last token: the longest that an access token
 * may live (LATCHKEY_ACCESS_TOKEN_TTL), and some minutes for clocks that disagree.
 */
export const retirementGraceMs = hour + 5 * minute

/** Long enough for every node to see the new key, which no token may need before that. */
const propagationMs = 10 * second

/** How much later the leaked key is refused: a node whose clock is behind still signs with it. */
const clockSkewMs = 5 * second

export type RotationResult =
  | {
      status: 'rotated'
      id: string
      signsFrom: string
      retiring: { id: string; acceptedUntil: string }[]
    }
  /** Nothing was done: the key that the last rotation made does not sign yet. */
  | { status: 'pending'; id: string; signsFrom: string }

/**
 * Puts a new signing key in the place of those that there are. Its public half is published at
 * once.
 *
 * @param atOnce because one leaked: the new one signs in seconds, and nothing that the others
 * signed is accepted a few seconds later
 */
export async function rotateSigningKey(
  db: Db,
  keyring: Keyring,
  { immediately }: { immediately: boolean },
): Promise<RotationResult> {
  const newKey = await generateSigningKey(keyring)
  return retryOnConflict(db, async (tx) => {
    await advisoryLock(tx, 'signing-keys')
    const at = now()
    const pending = await tx
      .selectFrom('signing_key')
      .select(['id', 'signs_from'])
      .where('signs_from', '>', at)
      .where('retires_at', 'is', null)
      .executeTakeFirst()
    if (pending && !immediately) {
      return { status: 'pending', id: pending.id, signsFrom: toIsoString(pending.signs_from ?? at) }
    }

    const signsFrom = at + (immediately ? propagationMs : prepublishMs)
    const acceptedUntil = signsFrom + (immediately ? clockSkewMs : retirementGraceMs)
    const retiring = await tx
      .updateTable('signing_key')
      .set({ retires_at: acceptedUntil })
      .where((row) =>
        row.or([row('retires_at', 'is', null), row('retires_at', '>', acceptedUntil)]),
      )
      .returning('id')
      .execute()
    await tx
      .insertInto('signing_key')
      .values({ ...newKey, created_at: at, signs_from: signsFrom, retires_at: null })
      .execute()
    return {
      status: 'rotated',
      id: newKey.id,
      signsFrom: toIsoString(signsFrom),
      retiring: retiring.map(({ id }) => ({ id, acceptedUntil: toIsoString(acceptedUntil) })),
    }
  })
}
