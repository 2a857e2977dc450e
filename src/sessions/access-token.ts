import { hash, verify } from 'node:crypto'
import { SignJWT } from 'jose'
import { isAccepted, type SigningKey, type SigningKeys } from '../keys/signing-keys.ts'
import { now, second } from '../lib/clock.ts'
import { newId } from '../lib/random.ts'
import { type Amr, acrOf } from './assurance.ts'

/** What the service itself reads from a token: which session it speaks for. */
export interface Claims {
  account: string
  session: string
  /** Seconds since 1970: when its owner had last shown who they are. */
  authTime: number
  /** Milliseconds since 1970. */
  expiresAt: number
}

export interface AccessTokens {
  /** A token in the form of RFC 9068 for one session. */
  issue(subject: TokenSubject): Promise<{ accessToken: string; expiresIn: number }>
  /** What a token of ours says; undefined for anything else. The session may have ended since. */
  verify(token: string): Claims | undefined
  /** The same for one that `read` did not take, in case another node signed it with a new key. */
  verifyWithNewKeys(token: string): Promise<Claims | undefined>
}

export interface TokenSubject {
  account: string
  session: string
  /** Milliseconds since 1970. */
  authenticatedAt: number
  amr: Amr[]
  /** Good for nothing but setting MFA up. */
  setupOnly: boolean
}

/** Tokens whose signature need not be checked again: about 4 MB, and 10,000 people at once. */
const maxCachedTokens = 10_000

export function createAccessTokens(options: {
  signingKeys: SigningKeys
  issuer: string
  audience: string
  /** Seconds. */
  ttl: number
}): AccessTokens {
  const { signingKeys, issuer, audience, ttl } = options
  // Other services look for their own name, so that a limited token opens nothing there.
  const setupAudience = `${issuer}/settings/MfaSignIn`
  const audiences = [audience, setupAudience]
  const cache = new Map<string, { claims: Claims; key: SigningKey }>()

  function verify(token: string): Claims | undefined {
    const digest = hash('sha256', token, 'base64url')
    let cached = cache.get(digest)
    if (!cached) {
      cached = verifyToken(token, { signingKeys, issuer, audiences })
      if (!cached) return undefined
      if (cache.size >= maxCachedTokens) cache.delete(cache.keys().next().value ?? '')
      cache.set(digest, cached)
    }
    const { claims, key } = cached
    return claims.expiresAt > now() && isAccepted(key) ? claims : undefined
  }

  return {
    async issue({ account, session, authenticatedAt, amr, setupOnly }) {
      const { id, privateKey } = signingKeys.current()
      const issuedAt = Math.floor(now() / second)
      const accessToken = await new SignJWT({
        client_id: audience,
        sid: session,
        auth_time: Math.floor(authenticatedAt / second),
        amr,
        acr: acrOf(amr),
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: id })
        .setIssuer(issuer)
        .setSubject(account)
        .setAudience(setupOnly ? setupAudience : audience)
        .setJti(newId())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + ttl)
        .sign(privateKey)
      return { accessToken, expiresIn: ttl }
    },

    verify,

    async verifyWithNewKeys(token) {
      const { kid } = headerOf(token)
      if (typeof kid !== 'string' || signingKeys.find(kid)) return undefined
      await signingKeys.syncIfDue()
      return signingKeys.find(kid) && verify(token)
    },
  }
}

/** Longer than any token of ours. */
const maxTokenLength = 4096

/**
 * Checks a token as RFC 9068 §4 and RFC 8725 ask. It runs at once, on the main thread: on the
 * thread pool, where WebCrypto checks, it would wait behind password hashes.
 */
function verifyToken(
  token: string,
  expected: { signingKeys: SigningKeys; issuer: string; audiences: string[] },
): { claims: Claims; key: SigningKey } | undefined {
  const parts = token.split('.')
  if (token.length > maxTokenLength || parts.length !== 3 || !parts.every(isCanonicalBase64url))
    return undefined
  const [header, payload, signature] = parts as [string, string, string]

  // The key is one of ours, found by its name; nothing else in the header has a say (RFC 8725 §3.1).
  const { alg, typ, kid, crit } = decodeJson(header)
  if (alg !== 'ES256' || typ !== 'at+jwt' || crit !== undefined) return undefined
  const key = typeof kid === 'string' ? expected.signingKeys.find(kid) : undefined
  if (!key) return undefined
  const signatureValid = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key: key.publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  if (!signatureValid) return undefined

  const { iss, aud, sub, sid, exp, nbf, auth_time } = decodeJson(payload)
  if (iss !== expected.issuer) return undefined
  if (!expected.audiences.some((name) => [aud].flat().includes(name))) return undefined
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof exp !== 'number')
    return undefined
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf * second <= now())) return undefined
  const authTime = typeof auth_time === 'number' ? auth_time : 0
  const claims = { account: sub, session: sid, authTime, expiresAt: exp * second }
  return { claims, key }
}

function headerOf(token: string): Record<string, unknown> {
  return token.length > maxTokenLength
    ? {}
    : decodeJson(token.slice(0, Math.max(0, token.indexOf('.'))))
}

/** Exactly as it was encoded: a second spelling of one token would escape its digest (RFC 7515 §2). */
function isCanonicalBase64url(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part && part !== ''
}

function decodeJson(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
