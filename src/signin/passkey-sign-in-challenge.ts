import { matchesHash } from '../keys/keyring.ts'
import { now } from '../lib/clock.ts'
import { newToken } from '../lib/random.ts'
import { passkeyChallengeLifetimeMs } from '../mfa/passkey/passkey-challenge.ts'
import type { Sealer, Tx } from '../store/transaction.ts'

const tokenPurpose = 'passkey_sign_in'

/**
 * The challenge of a sign-in by passkey alone. Its token contains it, so starting one stores nothing,
 * and it belongs to no account before a passkey responds.
 */
export type PasskeySignInChallenge = {
  purpose: 'signIn'
  /** 256 random bits, in base64url. */
  value: string
  /** Milliseconds since 1970. */
  expiresAt: number
} & typeof unbound

const unbound = { account_id: null, session_id: null, challenge_id: null, credential_version: null }

/** Creates a challenge, and the token that authenticates it on every node. */
export function createSignInChallenge(keyring: Sealer): { value: string; passkeyToken: string } {
  const value = newToken()
  const signed = `${value}.${now() + passkeyChallengeLifetimeMs}`
  return { value, passkeyToken: `${signed}.${keyring.hash(signed, tokenPurpose)}` }
}

/**
 * Reads the challenge from its token.
 *
 * @returns undefined if the token is another one, altered or expired
 */
export function readSignInChallenge(
  keyring: Sealer,
  passkeyToken: string,
): PasskeySignInChallenge | undefined {
  const [value = '', expiry = '', hash = '', ...rest] = passkeyToken.split('.')
  if (hash === '' || rest.length > 0) return undefined
  if (!matchesHash(keyring, hash, `${value}.${expiry}`, tokenPurpose)) return undefined
  const expiresAt = Number(expiry)
  return expiresAt > now() ? { purpose: 'signIn', value, expiresAt, ...unbound } : undefined
}

/**
 * Uses a challenge up. Its response must have been verified: a wrong one would store a row.
 *
 * @returns whether it was still unused
 */
export async function consumeSignInChallenge(
  tx: Tx,
  { value, expiresAt }: PasskeySignInChallenge,
): Promise<boolean> {
  const inserted = await tx
    .insertInto('used_passkey_challenge')
    .values({ value, expires_at: expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .returning('value')
    .executeTakeFirst()
  return inserted !== undefined
}
