import { hash, sign, verify } from 'node:crypto'
import { isAccepted, type SigningKey, type SigningKeys } from '../keys/signing-keys.ts'
import { now, second } from '../lib/clock.ts'
import { newId } from '../lib/random.ts'
import { type Amr, acrOf } from './assurance.ts'

/** The claims of an access token that the service itself uses. */
export interface Claims {
  account: string
  session: string
  /** Of the refresh token that it was issued with. */
  generation: number
  /** Milliseconds since 1970. */
  expiresAt: number
}

export interface AccessTokens {
  /** Issues a JWT access token (RFC 9068) for a session. */
  issue(subject: TokenSubject): { accessToken: string; expiresIn: number }
  /** The claims of a valid token; undefined for any other. The session may have ended since. */
  verify(token: string): Claims | undefined
  /** Verifies a token that `verify` rejected after syncing keys: another node may have a new one. */
  verifyWithNewKeys(token: string): Promise<Claims | undefined>
}

export interface TokenSubject {
  account: string
  session: string
  /** Milliseconds since 1970. */
  authenticatedAt: number
  /** Of the refresh token that it is issued with. */
  generation: number
  amr: Amr[]
  /** The session may only set up MFA. */
  setupOnly: boolean
}

/** Cached signature checks: about 4 MB for 10,000 concurrent users. */
const maxCachedTokens = 10_000

export function createAccessTokens(options: {
  signingKeys: SigningKeys
  issuer: string
  audience: string
  /** Seconds. */
  ttl: number
}): AccessTokens {
  const { signingKeys, issuer, audience, ttl } = options
  // Other services check for their own audience, so they reject a setup-only token.
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
    issue({ account, session, authenticatedAt, generation, amr, setupOnly }) {
      const issuedAt = Math.floor(now() / second)
      const accessToken = signToken(signingKeys.current(), {
        iss: issuer,
        sub: account,
        aud: setupOnly ? setupAudience : audience,
        client_id: audience,
        sid: session,
        gen: generation,
        auth_time: Math.floor(authenticatedAt / second),
        amr,
        acr: acrOf(amr),
        jti: newId(),
        iat: issuedAt,
        exp: issuedAt + ttl,
      })
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

/** ES256 (RFC 7518 §3.4): the signature is R and S, not ASN.1. */
const dsaEncoding = 'ieee-p1363'

/**
 * Signs a token (RFC 7515 §5.1). Runs synchronously on the main thread, as `verifyToken` does: 20 µs,
 * where the thread pool would queue it behind password hashes.
 */
function signToken({ id, privateKey }: SigningKey, claims: object): string {
  const header = encodeJson({ alg: 'ES256', typ: 'at+jwt', kid: id })
  const signed = `${header}.${encodeJson(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding })
  return `${signed}.${signature.toString('base64url')}`
}

function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** Longer than any token that the service issues. */
const maxTokenLength = 4096

/**
 * Verifies a token by RFC 9068 §4 and RFC 8725. Runs synchronously on the main thread: on the
 * thread pool, as with WebCrypto, it would queue behind password hashes.
 */
function verifyToken(
  token: string,
  expected: { signingKeys: SigningKeys; issuer: string; audiences: string[] },
): { claims: Claims; key: SigningKey } | undefined {
  const parts = token.split('.')
  if (token.length > maxTokenLength || parts.length !== 3 || !parts.every(isCanonicalBase64url))
    return undefined
  const [header, payload, signature] = parts as [string, string, string]

  // Only our own keys, looked up by `kid`; the header cannot choose key or algorithm (RFC 8725 §3.1).
  const { alg, typ, kid, crit } = decodeJson(header)
  if (alg !== 'ES256' || typ !== 'at+jwt' || crit !== undefined) return undefined
  const key = typeof kid === 'string' ? expected.signingKeys.find(kid) : undefined
  if (!key) return undefined
  const signatureValid = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key: key.publicKey, dsaEncoding },
    Buffer.from(signature, 'base64url'),
  )
  if (!signatureValid) return undefined

  const { iss, aud, sub, sid, gen, exp, nbf } = decodeJson(payload)
  if (iss !== expected.issuer) return undefined
  if (!expected.audiences.some((name) => [aud].flat().includes(name))) return undefined
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof exp !== 'number')
    return undefined
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf * second <= now())) return undefined
  const generation = typeof gen === 'number' ? gen : 0
  const claims = { account: sub, session: sid, generation, expiresAt: exp * second }
  return { claims, key }
}

function headerOf(token: string): Record<string, unknown> {
  return token.length > maxTokenLength
    ? {}
    : decodeJson(token.slice(0, Math.max(0, token.indexOf('.'))))
}

/** A second encoding of one token would have another digest in the cache (RFC 7515 §2). */
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
