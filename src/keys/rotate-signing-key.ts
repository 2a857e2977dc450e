import { hour, minute, now, second, toIsoString } from '../lib/clock.ts'
import { advisoryLock } from '../store/locks.ts'
import type { Db } from '../store/open.ts'
import { retryOnConflict } from '../store/transaction.ts'
import { generateIdTokenKey, hasIdTokenKey } from './id-token-key.ts'
import type { Keyring } from './keyring.ts'
import { generateSigningKey } from './signing-keys.ts'

/** The time for which backends and caches may keep the published keys (RFC 9111 §5.2.2.1). */
export const jwksMaxAgeMs = 10 * minute

/**
 * The time for which a new key is published before it signs. Nodes see it within seconds; a
 * backend’s copy of a cache’s copy is at most 20 minutes old. The rest is for libraries that cache
 * longer.
 */
export const prepublishMs = hour

/**
 * The time for which a key is accepted after its last token: the longest lifetime of an access token
 * (LATCHKEY_ACCESS_TOKEN_TTL) plus five minutes of clock skew.
 */
export const retirementGraceMs = hour + 5 * minute

/** The time in which every node sees the new key, before any token is signed with it. */
const propagationMs = 10 * second

/** Extra time for a leaked key: a node whose clock is behind still signs with it. */
const clockSkewMs = 5 * second

export type RotationResult =
  | {
      status: 'rotated'
      id: string
      signsFrom: string
      retiring: { id: string; acceptedUntil: string }[]
    }
  /** Nothing changed: the key of the last rotation does not sign yet. */
  | { status: 'pending'; id: string; signsFrom: string }

/**
 * Rotates the signing key: publishes a new one at once and retires the others, each with its RSA key.
 *
 * @param options.immediately for a leaked key: the new key signs within seconds, and tokens of the
 * others are rejected a few seconds later
 */
export async function rotateSigningKey(
  db: Db,
  keyring: Keyring,
  options: { immediately: boolean },
): Promise<RotationResult> {
  const { immediately } = options
  const signingKey = await generateSigningKey(keyring)
  const newKey = {
    ...signingKey,
    rsa_private_jwk_sealed: (await hasIdTokenKey(db))
      ? await generateIdTokenKey(keyring, signingKey.id)
      : null,
  }
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
