import { matchesHash } from '../../keys/keyring.ts'
import { now } from '../../lib/clock.ts'
import { newToken } from '../../lib/random.ts'
import { passkeyChallengeLifetimeMs } from '../../mfa/passkey/passkey-challenge.ts'
import type { Sealer } from '../../store/transaction.ts'

/** A challenge to register the passkey of an account that an invitation will create. */
export interface InvitationChallenge {
  /** 256 random bits, in base64url. */
  value: string
  /** The user handle that the account will have. */
  userHandle: string
}

/**
 * Creates a challenge, and the token that authenticates it on every node. Nothing is stored: the
 * invitation works once, and so does the response that accepts it.
 */
export function createInvitationChallenge(
  keyring: Sealer,
  invitation: { id: string },
): InvitationChallenge & { passkeyToken: string } {
  const value = newToken()
  const userHandle = newToken()
  const signed = `${value}.${userHandle}.${now() + passkeyChallengeLifetimeMs}`
  const passkeyToken = `${signed}.${keyring.hash(signed, purposeOf(invitation))}`
  return { value, userHandle, passkeyToken }
}

/** @returns undefined if the token is of another invitation, altered or expired */
export function readInvitationChallenge(
  keyring: Sealer,
  invitation: { id: string },
  passkeyToken: string,
): InvitationChallenge | undefined {
  const [value = '', userHandle = '', expiry = '', hash = '', ...rest] = passkeyToken.split('.')
  if (hash === '' || rest.length > 0) return undefined
  const signed = `${value}.${userHandle}.${expiry}`
  if (!matchesHash(keyring, hash, signed, purposeOf(invitation))) return undefined
  return Number(expiry) > now() ? { value, userHandle } : undefined
}

const purposeOf = ({ id }: { id: string }) => `invitation_passkey ${id}`
