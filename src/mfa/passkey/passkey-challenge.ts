import { minute, now } from '../../lib/clock.ts'
import { newId, newToken } from '../../lib/random.ts'
import type { Db } from '../../store/open.ts'
import type { PasskeyChallengeTable } from '../../store/schema.ts'
import type { Sealer, Tx } from '../../store/transaction.ts'

/** Time to fetch the key from the drawer. */
export const passkeyChallengeLifetimeMs = 5 * minute

const tokenPurpose = 'passkey_token'

/** What a challenge is for. Its answer counts for that alone. */
export type PasskeyChallengeBinding =
  | { purpose: 'register' | 'turnOn' | 'reauthenticate'; account: Account; session: string }
  | { purpose: 'secondFactor'; account: Account; challenge: string }
  | { purpose: 'signIn' }

interface Account {
  id: string
  credential_version: number
}

/**
 * Makes a challenge.
 *
 * @returns the value that is to be signed, and a token for whoever has no session that could tell
 * which challenge is answered
 */
export async function createPasskeyChallenge(
  tx: Db | Tx,
  keyring: Sealer,
  binding: PasskeyChallengeBinding,
): Promise<{ value: string; passkeyToken: string }> {
  const value = newToken()
  const passkeyToken = newToken()
  const account = 'account' in binding ? binding.account : undefined
  await tx
    .insertInto('passkey_challenge')
    .values({
      id: newId(),
      purpose: binding.purpose,
      value,
      token_hash: keyring.hash(passkeyToken, tokenPurpose),
      account_id: account?.id ?? null,
      credential_version: account?.credential_version ?? null,
      session_id: 'session' in binding ? binding.session : null,
      challenge_id: 'challenge' in binding ? binding.challenge : null,
      expires_at: now() + passkeyChallengeLifetimeMs,
      consumed_at: null,
    })
    .execute()
  return { value, passkeyToken }
}

/** A challenge that was taken: nobody can answer it any more. */
export type ConsumedPasskeyChallenge = Pick<
  PasskeyChallengeTable,
  'purpose' | 'value' | 'account_id' | 'session_id' | 'challenge_id' | 'credential_version'
>

/**
 * Takes a challenge, right or wrong as its answer may be: of many who bring one, one is judged.
 *
 * @param lookup what finds it, and the session that brings the answer: if one asked, it must be that
 * @returns undefined if it is unknown, used, too old, or another session's
 */
export async function consumePasskeyChallenge(
  db: Db,
  keyring: Sealer,
  lookup:
    | { value: string | undefined; purpose: 'register' | 'turnOn'; session: string }
    | { passkeyToken: string; session: string | undefined },
): Promise<ConsumedPasskeyChallenge | undefined> {
  const query = db
    .updateTable('passkey_challenge')
    .set({ consumed_at: now() })
    .where((row) =>
      row.or([row('session_id', 'is', null), row('session_id', '=', lookup.session ?? '')]),
    )
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now())
    .returning(['purpose', 'value', 'account_id', 'session_id', 'challenge_id'])
    .returning('credential_version')
  const found =
    'purpose' in lookup
      ? query.where('value', '=', lookup.value ?? '').where('purpose', '=', lookup.purpose)
      : query
          .where('token_hash', 'in', keyring.hashWithAllKeys(lookup.passkeyToken, tokenPurpose))
          .where('purpose', 'in', ['secondFactor', 'signIn', 'reauthenticate'])
  return found.executeTakeFirst()
}
