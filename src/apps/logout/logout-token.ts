import { createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import type { IdTokenKey } from '../../keys/id-token-key.ts'
import { minute, now, second } from '../../lib/clock.ts'
import { newId } from '../../lib/random.ts'

/** The event that a logout token reports (OpenID Connect Back-Channel Logout 1.0 §2.4). */
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

/** The longest lifetime that §4 advises. Each attempt signs another token. */
const lifetimeSeconds = (2 * minute) / second

/**
 * Signs a logout token (§2.4) with the key of ID tokens. Its `jti` is new each time: an application that
 * refuses repetitions must take the token of a retry, because the response to an earlier one may be lost.
 */
export function signLogoutToken(
  { privateJwk }: IdTokenKey,
  claims: { issuer: string; clientId: string; account: string; sid: string },
): Promise<string> {
  const issuedAt = Math.floor(now() / second)
  return new SignJWT({ sid: claims.sid, events: { [logoutEvent]: {} } })
    .setProtectedHeader({ alg: 'RS256', typ: 'logout+jwt', kid: privateJwk.kid })
    .setIssuer(claims.issuer)
    .setSubject(claims.account)
    .setAudience(claims.clientId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .setJti(newId())
    .sign(createPrivateKey({ key: privateJwk, format: 'jwk' }))
}
