/**
 * Forged and altered tokens. Where it matters they are signed with the service's real key, so that
 * only the fault that the test names can cause the refusal.
 */
import assert from 'node:assert/strict'
import {
  createHmac,
  createSign,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto'
import { test } from 'node:test'
import {
  assembleToken,
  decodeToken,
  encodePart,
  loadSigningKey,
  signToken,
  type TokenPart,
} from '../support/forge-token.ts'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { operations } from '../support/openapi.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

interface Material {
  header: TokenPart
  claims: TokenPart
  /** A valid token. */
  token: string
  /** The service's own key. */
  key: KeyObject
  publicKey: KeyObject
  /** Another account and its session. */
  other: { sub: unknown; sid: unknown }
}

type Forge = (material: Material) => string

const strange = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const strangeJwk = strange.publicKey.export({ format: 'jwk' })
const strangeRsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const now = () => Math.floor(Date.now() / 1000)

/** Correctly signed, with these changes to the header. */
const header =
  (change: TokenPart): Forge =>
  (m) =>
    signToken(m.key, { ...m.header, ...change }, m.claims)

/** Correctly signed, with these changes to the claims. */
const claims =
  (change: TokenPart | ((m: Material) => TokenPart)): Forge =>
  (m) =>
    signToken(m.key, m.header, {
      ...m.claims,
      ...(typeof change === 'function' ? change(m) : change),
    })

/** Signed with a stranger's key, which the header may point to. */
const byAStranger =
  (change: TokenPart): Forge =>
  (m) =>
    signToken(strange.privateKey, { ...m.header, ...change }, m.claims)

const hmac =
  (alg: string, secret: (m: Material) => string | Uint8Array): Forge =>
  (m) =>
    assembleToken({ ...m.header, alg }, m.claims, (input) =>
      createHmac(alg.replace('HS', 'sha'), secret(m)).update(input).digest(),
    )

const forged: Record<string, Forge> = {
  ...Object.fromEntries(
    ['none', 'None', 'NONE', 'nOnE', '', 'null'].flatMap((alg) => [
      [
        `alg “${alg}” without a signature`,
        (m: Material) => {
          return `${encodePart({ ...m.header, alg })}.${encodePart(m.claims)}.`
        },
      ],
      [
        `alg “${alg}” with the signature of a good token`,
        (m: Material) => {
          return `${encodePart({ ...m.header, alg })}.${encodePart(m.claims)}.${decodeToken(m.token).signature}`
        },
      ],
      [`alg “${alg}”, correctly signed`, header({ alg })],
    ]),
  ),
  'no alg': header({ alg: undefined }),
  'alg as a list': header({ alg: ['ES256'] }),
  'alg ES384': header({ alg: 'ES384' }),
  'alg es256': header({ alg: 'es256' }),
  'HS256 by the public key as PEM': hmac('HS256', (m) =>
    m.publicKey.export({ type: 'spki', format: 'pem' }),
  ),
  'HS256 by the public key as DER': hmac('HS256', (m) =>
    m.publicKey.export({ type: 'spki', format: 'der' }),
  ),
  'HS256 by the public key as JWK': hmac('HS256', (m) =>
    JSON.stringify(m.publicKey.export({ format: 'jwk' })),
  ),
  'HS512 by the public key as PEM': hmac('HS512', (m) =>
    m.publicKey.export({ type: 'spki', format: 'pem' }),
  ),
  'HS256 by nothing': hmac('HS256', () => ''),
  'HS256 by its kid': hmac('HS256', (m) => String(m.header.kid)),
  'RS256 by a stranger': (m) =>
    assembleToken({ ...m.header, alg: 'RS256' }, m.claims, (input) =>
      createSign('sha256').update(input).sign(strangeRsa.privateKey),
    ),
  'a signature of a stranger under our kid': byAStranger({}),
  'a stranger’s jwk': byAStranger({ jwk: strangeJwk }),
  'a stranger’s jwk and no kid': byAStranger({ jwk: strangeJwk, kid: undefined }),
  'a jku': byAStranger({ jku: 'https://evil.example/jwks.json' }),
  'an x5u': byAStranger({ x5u: 'https://evil.example/certificate.pem' }),
  'an x5c': byAStranger({
    x5c: [strange.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
  }),
  'an unknown kid': header({ kid: 'another' }),
  'no kid': header({ kid: undefined }),
  'a kid that is a path': header({ kid: '../../../dev/null' }),
  'a kid that is SQL': header({ kid: "' or '1'='1" }),
  'a kid that is a number': header({ kid: 1 }),
  'a kid that is a list': (m) => signToken(m.key, { ...m.header, kid: [m.header.kid] }, m.claims),
  'the kid __proto__': header({ kid: '__proto__' }),
  'a typ of another kind': header({ typ: 'JWT' }),
  'no typ': header({ typ: undefined }),
  'crit with something unknown': header({ crit: ['exp'], exp: now() }),
  'crit with b64': header({ crit: ['b64'], b64: false }),
  'an empty crit': header({ crit: [] }),
  'a signature of zeros': (m) => assembleToken(m.header, m.claims, () => Buffer.alloc(64)),
  'a signature in DER': (m) =>
    assembleToken(m.header, m.claims, (input) => createSign('sha256').update(input).sign(m.key)),
  'no signature': (m) => `${encodePart(m.header)}.${encodePart(m.claims)}.`,
  'two signatures': (m) => `${m.token}.${decodeToken(m.token).signature}`,
  'a header that is not JSON': (m) => signToken(m.key, 'not JSON', m.claims),
  'a header that is a list': (m) => signToken(m.key, [m.header], m.claims),
  'claims that are not JSON': (m) => signToken(m.key, m.header, 'not JSON'),
  'claims that are null': (m) => signToken(m.key, m.header, 'null'),
  'claims that are a list': (m) => signToken(m.key, m.header, [m.claims]),

  'another issuer': claims({ iss: 'https://evil.example' }),
  'the service’s issuer and a slash': claims((m) => ({ iss: `${m.claims.iss}/` })),
  'issuers in a list': claims((m) => ({ iss: [m.claims.iss] })),
  'no issuer': claims({ iss: undefined }),
  'another audience': claims({ aud: 'https://evil.example' }),
  'other audiences': claims({ aud: ['https://evil.example', 'https://other.example'] }),
  'no audience': claims({ aud: undefined }),
  'an empty list of audiences': claims({ aud: [] }),
  'an audience in a list in a list': claims((m) => ({ aud: [[m.claims.aud]] })),
  'an nbf in a minute': claims(() => ({ nbf: now() + 60 })),
  'an nbf that is a text': claims({ nbf: '0' }),
  'an nbf that is null': claims({ nbf: null }),
  'an exp one second ago': claims(() => ({ exp: now() - 1 })),
  'an exp of now': claims(() => ({ exp: now() })),
  'an exp that is a text': claims(() => ({ exp: String(now() + 600) })),
  'an exp that is true': claims({ exp: true }),
  'an exp that is a list': claims(() => ({ exp: [now() + 600] })),
  'no exp': claims({ exp: undefined }),
  'no sub': claims({ sub: undefined }),
  'a sub that is a list': claims((m) => ({ sub: [m.claims.sub] })),
  'a sub that is an object': claims((m) => ({ sub: { id: m.claims.sub } })),
  'a sub that is true': claims({ sub: true }),
  'a sub of nobody': claims(() => ({ sub: randomUUID() })),
  'another account’s sub': claims((m) => ({ sub: m.other.sub })),
  'no sid': claims({ sid: undefined }),
  'a sid that is a list': claims((m) => ({ sid: [m.claims.sid] })),
  'a sid that is null': claims({ sid: null }),
  'a sid that is SQL': claims((m) => ({ sid: `${m.claims.sid}' or '1'='1` })),
  'a sid of no session': claims(() => ({ sid: randomUUID() })),
  'another account’s sid': claims((m) => ({ sid: m.other.sid })),
  'oversized claims': claims({ more: 'x'.repeat(4000) }),
}

onEachDatabase((latchkey) => {
  let gathered: Promise<Material & { routes: [string, string][] }> | undefined
  const gather = () => {
    gathered ??= material(latchkey)
    return gathered
  }

  test('control: a token made like the service’s own, with its key, is accepted on every route', async () => {
    const { key, header, claims, routes } = await gather()
    assert.ok(routes.length >= 9, `${routes.length} routes`)
    for (const [method, path] of routes) {
      // Signing out would end the session that the other routes need.
      if (path === '/auth/SignOut') continue
      const { status } = await latchkey.request(method, path, {
        token: signToken(key, header, claims),
      })
      assert.notEqual(status, 401, `${method} ${path}`)
    }
  })

  for (const [what, forge] of Object.entries(forged)) {
    // Abuse case (Sessions and tokens): The service accepted tokens that were unsigned, signed by
    // HMAC with the public key, signed with the attacker’s key, for another audience, or expired
    // (CVE-2026-67336).
    test(`a token with ${what} is refused on every route`, async () => {
      const forgeryMaterial = await gather()
      for (const [method, path] of forgeryMaterial.routes) {
        const answer = await latchkey.request(method, path, { token: forge(forgeryMaterial) })
        assert.equal(
          `${answer.status} ${answer.body.code}`,
          '401 invalid_token',
          `${method} ${path}`,
        )
        assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_token"/)
      }
    })
  }

  // Abuse case (Sessions and tokens): A token outlived its session (CVE-2026-9097).
  test('a token of a signed-out session is refused on every route', async () => {
    const { routes } = await gather()
    const ada = await latchkey.owner()
    assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
    await ada.post('/auth/SignOut')
    for (const [method, path] of routes) {
      const { status, body } = await latchkey.request(method, path, { token: ada.accessToken })
      assert.equal(`${status} ${body.code}`, '401 invalid_token', `${method} ${path}`)
    }
  })

  // Abuse case (Sessions and tokens): The service accepted tokens that were unsigned, signed by
  // HMAC with the public key, signed with the attacker’s key, for another audience, or expired
  // (CVE-2026-67336).
  test('no other secret of the service is accepted as an access token', async () => {
    const { routes } = await gather()
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const firstToken = (await ada.signIn()).body.mfaToken
    const answer = { mfaToken: firstToken, code: await ada.codeFor('email'), rememberDevice: true }
    const { deviceToken } = ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', answer)).body
    const { mfaToken } = (await ada.signIn()).body
    await ada.post('/settings/RecoveryCodes')
    const undo = await undoTokenSentTo(latchkey, ada.email, /recovery codes/)
    const bob = await latchkey.owner({ mfaMethod: 'email' })
    await bob.post('/settings/RecoveryCodes')
    const bobUndoToken = await undoTokenSentTo(latchkey, bob.email, /recovery codes/)
    const { resetToken } = (await latchkey.post('/auth/Undo', { token: bobUndoToken })).body
    const { refreshToken, recoveryCodes } = ada
    for (const token of [mfaToken, refreshToken, recoveryCodes[0], deviceToken, undo, resetToken]) {
      assert.ok(token)
      for (const [method, path] of routes) {
        assert.equal((await latchkey.request(method, path, { token })).status, 401)
      }
    }
  })
})

async function material(
  latchkey: TestLatchkey,
): Promise<Material & { routes: [string, string][] }> {
  const ada = await latchkey.owner()
  const bob = await latchkey.owner()
  const { privateKey: key, publicKey } = await loadSigningKey(latchkey)
  const { sub, sid } = decodeToken(bob.accessToken).claims
  const routes = (await operations(latchkey))
    .filter(({ requiresToken }) => requiresToken)
    .map(({ method, path }): [string, string] => [method, path.replace(/\{\w+\}/g, randomUUID())])
  const token = ada.accessToken
  return { ...decodeToken(token), token, key, publicKey, other: { sub, sid }, routes }
}
