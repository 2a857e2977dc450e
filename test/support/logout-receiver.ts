/** Applications that learn when a session ends, each on a real port. */
import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose'
import { recordSessionApp } from '../../src/apps/logout/session-app.ts'
import { newToken } from '../../src/lib/random.ts'
import { openDatabase } from '../../src/store/open.ts'
import { retryOnConflict } from '../../src/store/transaction.ts'
import { addApp } from './apps.ts'
import type { TestLatchkey } from './latchkey.ts'
import type { Owner } from './owner.ts'
import { startHttpServer } from './tcp.ts'

/** A logout token that an application has received and verified. */
export interface ReceivedLogout {
  sid: string
  kid: string
  claims: JWTPayload
}

export interface LogoutApp {
  clientId: string
  clientSecret: string | undefined
  redirectUri: string
  /** Every logout token, retries included. */
  received: ReceivedLogout[]
  /** Returns the status; 200 by default. A promise that never resolves sends no response. */
  respond: (logout: ReceivedLogout) => number | Promise<number>
}

/**
 * Registers an application that verifies every logout token as OpenID Connect Back-Channel Logout 1.0
 * §2.6 says, with the published keys.
 *
 * @param options.host of its logout URI; this machine’s usual address by default
 */
export async function addLogoutApp(
  t: TestContext,
  latchkey: TestLatchkey,
  name: string,
  { host = '127.0.0.1' } = {},
): Promise<LogoutApp> {
  const errors: unknown[] = []
  const redirectUri = `https://${name}.example.com/callback`
  const app: LogoutApp = {
    ...{ clientId: name, clientSecret: undefined, redirectUri },
    received: [],
    respond: () => 200,
  }
  const port = await startHttpServer(t, async (request, response) => {
    try {
      assert.equal(`${request.method} ${request.url}`, 'POST /logout?tenant=7')
      assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded')
      const form = new URLSearchParams(await text(request))
      assert.deepEqual([...form.keys()], ['logout_token'])
      const logout = await verify(latchkey, name, form.get('logout_token') ?? '')
      app.received.push(logout)
      response.writeHead(await app.respond(logout), { 'cache-control': 'no-store' }).end()
    } catch (error) {
      errors.push(error)
      response.writeHead(400).end()
    }
  })
  t.after(() => assert.deepEqual(errors, [], 'a logout token could not be verified'))
  const { clientSecret } = await addApp(
    t,
    latchkey,
    name,
    '--trusted',
    ...['--url', `https://${name}.example.com`],
    ...['--redirect-uri', redirectUri],
    ...['--backchannel-logout-uri', `http://${host}:${port}/logout?tenant=7`],
  )
  app.clientSecret = clientSecret
  // The service learns of the first application’s key within seconds, or at its start.
  const { keys } = (await latchkey.get('/.well-known/jwks.json')).body
  if (!keys.some(({ alg }: { alg: string }) => alg === 'RS256')) await latchkey.restart()
  return app
}

async function verify(latchkey: TestLatchkey, clientId: string, token: string) {
  const { environment, origin } = latchkey
  const keys = createRemoteJWKSet(new URL(`${origin}/.well-known/jwks.json`))
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer: environment.LATCHKEY_PUBLIC_URL ?? origin,
    audience: clientId,
    algorithms: ['RS256'],
    typ: 'logout+jwt',
    requiredClaims: ['iat', 'exp', 'jti', 'sub', 'sid', 'events'],
    maxTokenAge: '2 minutes',
    currentDate: new Date(Date.now()),
  })
  assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} })
  // It must not be usable as an ID token.
  assert.ok(!('nonce' in payload))
  return { sid: String(payload.sid), kid: protectedHeader.kid ?? '', claims: payload }
}

/** The session of an owner’s access token. */
export function sessionOf({ accessToken }: Owner): { account: string; session: string } {
  const { sub = '', sid } = decodeJwt(accessToken)
  return { account: sub, session: String(sid) }
}

/**
 * Signs an owner’s session in to an application, as the provider does when it issues a code.
 *
 * @returns the `sid` that the application knows; undefined if the session has ended
 */
export async function signInToApp(
  latchkey: TestLatchkey,
  owner: Owner,
  { clientId: app }: Pick<LogoutApp, 'clientId'>,
): Promise<string | undefined> {
  const { session } = sessionOf(owner)
  const sid = newToken()
  const db = openDatabase(latchkey.environment.LATCHKEY_DATABASE_URL ?? '')
  try {
    const recorded = await retryOnConflict(db, (tx) => recordSessionApp(tx, { session, app, sid }))
    return recorded ? sid : undefined
  } finally {
    await db.destroy()
  }
}
