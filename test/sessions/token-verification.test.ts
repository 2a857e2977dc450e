/** Compares the service's verification of access tokens with jose's on thousands of near misses. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { calculateJwkThumbprint, createLocalJWKSet, exportJWK, jwtVerify } from 'jose'
import type { PublicJwk } from '../../src/keys/jwk.ts'
import type { SigningKey, SigningKeys } from '../../src/keys/signing-keys.ts'
import { createAccessTokens } from '../../src/sessions/access-token.ts'
import { decodeToken, signToken } from '../support/forge-token.ts'

const issuer = 'https://accounts.example.com'
const audience = 'https://api.example.com'

const keys = [await newKey(), await newKey()] as const
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const signingKeys = {
  current: () => keys[1],
  idTokenKeys: () => [],
  find: (kid) => keys.find(({ id }) => id === kid),
  jwks: () => ({ keys: keys.map(({ jwk }) => jwk) }),
  sync: async () => ({ added: [], retiring: [] }),
  syncIfDue: async () => {},
} satisfies SigningKeys
const accessTokens = createAccessTokens({ signingKeys, issuer, audience, ttl: 600 })
const jwks = createLocalJWKSet(signingKeys.jwks())

/** Whether jose accepts a token under the rules of RFC 9068 §4. */
async function joseAccepts(token: string): Promise<boolean> {
  const verified = await jwtVerify(token, jwks, {
    issuer,
    audience,
    typ: 'at+jwt',
    algorithms: ['ES256'],
    requiredClaims: ['sub', 'sid', 'exp'],
  }).catch(() => undefined)
  const { sub, sid, exp } = verified?.payload ?? {}
  // jose leaves the types of these claims to its caller.
  return typeof sub === 'string' && typeof sid === 'string' && typeof exp === 'number'
}

function issueToken() {
  return accessTokens.issue({
    account: 'a',
    session: 's',
    authenticatedAt: Date.now(),
    generation: 1,
    amr: ['pwd'],
    setupOnly: false,
  })
}

const good = issueToken().accessToken

test('jose and the service both accept a token of the service', async () => {
  assert.equal(await joseAccepts(good), true)
  assert.equal(accessTokens.verify(good)?.session, 's')
})

// Abuse case (Sessions and tokens): The service accepted tokens that were unsigned, signed by HMAC
// with the public key, signed with the attacker’s key, for another audience, or expired
// (CVE-2026-67336).
test('jose and the service agree on which tokens with arbitrary headers and claims to accept', async () => {
  const now = Math.floor(Date.now() / 1000)
  const { header, claims } = decodeToken(good)
  const odd = fc.constantFrom(undefined, null, '', 'x', true, 0, -1, [], ['x'], {})
  const time = fc.constantFrom(now - 5, now - 1, now, now + 60, now + 600, 0, -1, '1')
  const oneOf = (right: unknown, ...others: unknown[]) =>
    fc.oneof(
      { weight: 5, arbitrary: fc.constant(right) },
      { weight: 1, arbitrary: odd },
      ...(others.length > 0 ? [{ weight: 1, arbitrary: fc.constantFrom(...others) }] : []),
    )
  const headers = fc.record({
    alg: oneOf('ES256', 'none', 'HS256', 'ES384'),
    typ: oneOf('at+jwt', 'JWT', 'at+jwtx'),
    kid: oneOf(header.kid, keys[0].jwk.kid, 'another'),
    crit: fc.oneof(
      { weight: 6, arbitrary: fc.constant(undefined) },
      fc.constantFrom([], ['exp'], ['b64'], 'x'),
    ),
    jwk: fc.constantFrom(undefined, keys[0].jwk),
  })
  const payloads = fc.record({
    iss: oneOf(issuer, `${issuer}/`, [issuer]),
    aud: oneOf(audience, [audience], ['x', audience], [[audience]], `${audience}/`),
    sub: oneOf('a'),
    sid: oneOf('s'),
    exp: fc.oneof({ weight: 5, arbitrary: fc.constant(now + 600) }, time, odd),
    nbf: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, time, odd),
    iat: fc.constantFrom(claims.iat, undefined, now),
  })
  const signer = fc.constantFrom(
    keys[1].privateKey,
    keys[1].privateKey,
    keys[0].privateKey,
    stranger,
  )

  let acceptedCount = 0
  await fc.assert(
    fc.asyncProperty(headers, payloads, signer, async (header, claims, key) => {
      const token = signToken(key, header, claims)
      const acceptedByJose = await joseAccepts(token)
      const acceptedByService = accessTokens.verify(token) !== undefined
      if (acceptedByJose) acceptedCount += 1
      assert.equal(acceptedByService, acceptedByJose, JSON.stringify({ header, claims }))
    }),
    { numRuns: 3000 },
  )
  assert.ok(acceptedCount > 50, `only ${acceptedCount} were valid`)
})

test('the service accepts no token with changed characters, and jose only other spellings of the same bytes', async () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.+/ '
  const change = fc.record({
    at: fc.nat(good.length),
    remove: fc.nat(2),
    put: fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 2 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const token = changes.reduce(
        (text, { at, remove, put }) => text.slice(0, at) + put + text.slice(at + remove),
        good,
      )
      fc.pre(token !== good)
      const acceptedByService = accessTokens.verify(token) !== undefined
      assert.equal(acceptedByService, false, token)
      // jose accepts other spellings of the same bytes. The service does not: it would cache each.
      if (await joseAccepts(token)) assert.ok(sameBytes(token, good), token)
    }),
    { numRuns: 3000 },
  )
})

test('a token is refused from its exp on, however often it was accepted before', async (t) => {
  const { accessToken, expiresIn } = issueToken()
  const { exp } = decodeToken(accessToken).claims
  assert.equal(expiresIn, 600)
  assert.ok(accessTokens.verify(accessToken))
  t.mock.timers.enable({ apis: ['Date'], now: Number(exp) * 1000 - 1 })
  assert.ok(accessTokens.verify(accessToken))
  t.mock.timers.setTime(Number(exp) * 1000)
  assert.equal(accessTokens.verify(accessToken), undefined)
  assert.equal(await joseAccepts(accessToken), false)
})

function sameBytes(one: string, other: string): boolean {
  const bytes = (token: string) =>
    token.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'))
  return JSON.stringify(bytes(one)) === JSON.stringify(bytes(other))
}

async function newKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = await exportJWK(publicKey)
  const id = await calculateJwkThumbprint(jwk)
  const published = { ...jwk, kid: id, alg: 'ES256', use: 'sig' } as PublicJwk
  const times = { signsFrom: 0, retiresAt: Infinity }
  return { id, privateKey, publicKey, jwk: published, idTokenKey: undefined, ...times }
}
