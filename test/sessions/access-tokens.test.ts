/** Access tokens conform to RFC 9068, and contain how and when their owner signed in. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { travel } from '../support/clock.ts'
import { decodeToken, type TokenPart } from '../support/forge-token.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import type { Method, Owner } from '../support/owner.ts'
import { requireWorking } from '../support/tool.ts'

const claimsOf = (owner: Owner): TokenPart => decodeToken(owner.accessToken).claims
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/

onEachDatabase((latchkey) => {
  // Abuse case (Sessions and tokens): The service signed claims that its caller had sent
  // (CVE-2026-121802).
  test('a token has the header and claims of RFC 9068 and expires after ten minutes', async () => {
    const before = Math.floor(Date.now() / 1000)
    const ada = await latchkey.owner()
    const after = Math.floor(Date.now() / 1000)
    const { header, claims } = decodeToken(ada.accessToken)

    const { keys } = (await latchkey.get('/.well-known/jwks.json')).body
    assert.deepEqual(header, { alg: 'ES256', typ: 'at+jwt', kid: keys[0].kid })

    const { sub, sid, jti, iat, exp, auth_time, ...rest } = claims
    assert.deepEqual(rest, {
      iss: latchkey.origin,
      aud: latchkey.origin,
      client_id: latchkey.origin,
      gen: 1,
      amr: ['pwd'],
      acr: 'aal1',
    })
    for (const id of [sub, sid, jti]) assert.match(String(id), uuid)
    assert.equal(new Set([sub, sid, jti]).size, 3)
    for (const time of [iat, auth_time]) {
      assert.ok(Number.isInteger(time) && Number(time) >= before && Number(time) <= after)
    }
    assert.equal(Number(exp) - Number(iat), 600)
  })

  test('no two tokens have the same jti, and no two sign-ins the same sid', async () => {
    const ada = await latchkey.owner()
    const tokens = [claimsOf(ada)]
    for (let i = 0; i < 5; i += 1) {
      await ada.signInFully()
      tokens.push(claimsOf(ada))
    }
    assert.equal(new Set(tokens.map(({ jti }) => jti)).size, 6)
    assert.equal(new Set(tokens.map(({ sid }) => sid)).size, 6)
    assert.equal(new Set(tokens.map(({ sub }) => sub)).size, 1)
  })

  const strengths: [Method, amr: string[], acr: string][] = [
    ['passkey', ['pwd', 'hwk', 'user', 'mfa'], 'aal2'],
    ['authenticator', ['pwd', 'otp', 'mfa'], 'aal2'],
    ['sms', ['pwd', 'sms', 'mfa'], 'aal2'],
    ['email', ['pwd', 'email', 'mfa'], 'aal1'],
  ]
  for (const [mfaMethod, amr, acr] of strengths) {
    test(`a sign-in by ${mfaMethod} is ${acr}, and so is its refreshed token`, async () => {
      const ada = await latchkey.owner({ mfaMethod })
      await ada.signInFully()
      const { amr: shown, acr: level } = claimsOf(ada)
      assert.deepEqual([shown, level], [amr, acr])

      ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
      assert.deepEqual([claimsOf(ada).amr, claimsOf(ada).acr], [amr, acr])
    })

    test(`a session that has just turned MFA on by ${mfaMethod} gets ${acr} tokens`, async () => {
      const ada = await latchkey.owner({ mfaMethod })
      assert.deepEqual(claimsOf(ada).amr, ['pwd'])
      ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
      assert.deepEqual([claimsOf(ada).amr, claimsOf(ada).acr], [amr, acr])
    })
  }

  test('a sign-in by recovery code is aal2', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { mfaToken } = (await ada.signIn()).body
    const [code] = ada.recoveryCodes
    const answer = { mfaToken, mfaMethod: 'recoveryCode', code }
    ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', answer))
    assert.deepEqual(claimsOf(ada).amr, ['pwd', 'recovery_code', 'mfa'])
    assert.equal(claimsOf(ada).acr, 'aal2')
  })

  test('refreshing renews the token but not the time of the sign-in, which confirming the password does', async () => {
    const ada = await latchkey.owner()
    const firstClaims = claimsOf(ada)

    travel(8 * 60_000)
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
    const secondClaims = claimsOf(ada)
    assert.equal(secondClaims.auth_time, firstClaims.auth_time)
    assert.ok(Number(secondClaims.iat) >= Number(firstClaims.iat) + 480)
    assert.equal(secondClaims.sid, firstClaims.sid)
    assert.notEqual(secondClaims.jti, firstClaims.jti)

    ada.storeTokens(await ada.post('/auth/Reauthenticate', { password: ada.password }))
    const thirdClaims = claimsOf(ada)
    assert.ok(Number(thirdClaims.auth_time) >= Number(firstClaims.auth_time) + 480)
    assert.equal(thirdClaims.sid, firstClaims.sid)
  })

  test('a token is accepted until its last second and not after it', async () => {
    const ada = await latchkey.owner()
    travel(590_000)
    assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
    travel(11_000)
    const late = await ada.get('/settings/MfaSignIn')
    assert.equal(`${late.status} ${late.body.code}`, '401 invalid_token')
  })

  test('the published keys may be cached for ten minutes and contain nothing private', async () => {
    const { headers, body } = await latchkey.get('/.well-known/jwks.json')
    assert.equal(headers.get('cache-control'), 'public, max-age=600')
    assert.match(headers.get('content-type') ?? '', /^application\/json/)
    assert.equal(body.keys.length, 1)
    const [{ kid, x, y, ...rest }] = body.keys
    assert.deepEqual(rest, { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
    for (const part of [kid, x, y]) assert.match(part, /^[A-Za-z0-9_-]{43}$/)
  })

  test('a library of another language verifies a token by the published keys', async (t) => {
    if (!(await requireWorking(t, python, '-c', 'import jwt, cryptography'))) return
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.signInFully()
    const result = await verifyInPython(ada.accessToken, latchkey.origin)
    assert.deepEqual(result, { header: decodeToken(ada.accessToken).header, claims: claimsOf(ada) })

    // The library rejects a changed token, so it does verify.
    const [head, , signature] = ada.accessToken.split('.')
    const raised = Buffer.from(JSON.stringify({ ...claimsOf(ada), sub: 'root' })).toString(
      'base64url',
    )
    await assert.rejects(
      verifyInPython(`${head}.${raised}.${signature}`, latchkey.origin),
      /InvalidSignatureError/,
    )
  })
})

onEachDatabase(
  (latchkey) => {
    test('tokens have the configured audience, and tokens for another are refused', async () => {
      const ada = await latchkey.owner()
      const { aud, client_id } = claimsOf(ada)
      assert.deepEqual([aud, client_id], ['https://api.example.com', 'https://api.example.com'])
      assert.equal(Number(claimsOf(ada).exp) - Number(claimsOf(ada).iat), 30)

      await latchkey.restart({ LATCHKEY_AUDIENCE: 'https://other.example.com' })
      assert.equal((await ada.get('/settings/MfaSignIn')).status, 401)
      ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
      assert.equal(claimsOf(ada).aud, 'https://other.example.com')
      assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
    })
  },
  { LATCHKEY_AUDIENCE: 'https://api.example.com', LATCHKEY_ACCESS_TOKEN_TTL: '30' },
)

const run = promisify(execFile)

/** The system's Python: another one in the path often lacks the system's packages. */
const python = '/usr/bin/python3'

async function verifyInPython(token: string, origin: string) {
  const script = `
import json, sys, jwt
token, origin = sys.argv[1:]
key = jwt.PyJWKClient(origin + '/.well-known/jwks.json').get_signing_key_from_jwt(token)
claims = jwt.decode(token, key.key, algorithms=['ES256'], audience=origin, issuer=origin,
  options={'require': ['iss', 'sub', 'aud', 'exp', 'iat', 'jti'], 'verify_exp': False, 'verify_iat': False})
print(json.dumps({'header': jwt.get_unverified_header(token), 'claims': claims}))`
  // The clock of this process travels; Python's does not.
  const { stdout } = await run(python, ['-c', script, token, origin])
  return JSON.parse(stdout)
}
