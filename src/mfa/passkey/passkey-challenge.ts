import { createHmac } from 'node:crypto'
import { minute, now } from '../../lib/clock.ts'
import { newId, newToken } from '../../lib/random.ts'
import type { Db } from '../../store/open.ts'
import type { PasskeyChallengeTable } from '../../store/schema.ts'
import type { Sealer, Tx } from '../../store/transaction.ts'

/** Long enough to fetch a security key. */
export const passkeyChallengeLifetimeMs = 5 * minute

const tokenPurpose = 'passkey_token'

/** The purpose that a challenge is bound to; its response is accepted for that alone. */
export type PasskeyChallengeBinding =
  | {
      purpose: 'register' | 'turnOn' | 'reauthenticate' | 'confirm'
      account: Account
      session: string
    }
  | { purpose: 'secondFactor'; account: Account; challenge: string }

interface Account {
  id: string
  credential_version: number
}

/**
 * Creates a challenge of an account.
 *
 * @returns the value to sign, and the token by which a sign-in, an undo or a reauthentication finds it
 */
export async function createPasskeyChallenge(
  tx: Tx,
  binding: PasskeyChallengeBinding,
): Promise<{ value: string; passkeyToken: string }> {
  const value = newToken()
  const passkeyToken = newToken()
  await tx
    .insertInto('passkey_challenge')
    .values({
      id: newId(),
      purpose: binding.purpose,
      value,
      token_hash: tx.keyring.hash(passkeyToken, tokenPurpose),
      account_id: binding.account.id,
      credential_version: binding.account.credential_version,
      session_id: 'session' in binding ? binding.session : null,
      challenge_id: 'challenge' in binding ? binding.challenge : null,
      expires_at: tx.now() + passkeyChallengeLifetimeMs,
      consumed_at: null,
    })
    .execute()
  return { value, passkeyToken }
}

/** A call that a passkey confirms: its operation, and whatever in its body decides what it does. */
export type ConfirmedCall = readonly [operation: string, ...body: string[]]

/**
 * The challenge to sign for one call. It depends on the call, so that its response confirms no other,
 * and only the random value is stored: not even a hash of a new password is.
 */
export function challengeForCall(value: string, call: ConfirmedCall): string {
  return createHmac('sha256', value).update(JSON.stringify(call)).digest('base64url')
}

/** Clients need one at a time; cancelled calls leave others open. */
const maxOpenPerSession = 10

/** The value of the session's open challenge for a call; undefined if `challenge` is not for it. */
export async function findCallChallenge(
  db: Db,
  { session, call, challenge }: { session: string; call: ConfirmedCall; challenge: string },
): Promise<string | undefined> {
  const open = await db
    .selectFrom('passkey_challenge')
    .select('value')
    .where('session_id', '=', session)
    .where('purpose', '=', 'confirm')
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now())
    .orderBy('id', 'desc')
    .limit(maxOpenPerSession)
    .execute()
  return open.find(({ value }) => challengeForCall(value, call) === challenge)?.value
}

/** A consumed challenge: no further response to it is accepted. */
export type ConsumedPasskeyChallenge = Pick<
  PasskeyChallengeTable,
  'purpose' | 'value' | 'account_id' | 'session_id' | 'challenge_id' | 'credential_version'
>

/**
 * Consumes a challenge before its response is verified, so that of concurrent responses only one is.
 *
 * @param lookup identifies the challenge, and the session of the request: a challenge that was
 * created in a session is consumed in that session alone
 * @returns undefined if it is unknown, consumed, expired, or of another session
 */
export async function consumePasskeyChallenge(
  db: Db,
  keyring: Sealer,
  lookup:
    | { value: string | undefined; purpose: 'register' | 'turnOn' | 'confirm'; session: string }
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
          .where('purpose', 'in', ['secondFactor', 'reauthenticate'])
  return found.executeTakeFirst()
}
