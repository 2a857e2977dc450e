/** Both rotations as docs/operate.md tells them, on two real nodes, while people go on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { listKeys } from '../../src/keys/list-keys.ts'
import { openDatabase } from '../../src/store/open.ts'
import { createDatabase } from '../support/database.ts'
import { decodeToken } from '../support/forge-token.ts'
import { AuthenticatorApp } from '../support/owner.ts'
import {
  createTempFolder,
  type LatchkeyProcess,
  runLatchkey,
  startLatchkeyProcess,
  waitUntil,
} from '../support/process.ts'
import { findFreePorts } from '../support/tcp.ts'

// biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
type Answer = { status: number; body: any }

test('both kinds of keys are replaced on two nodes under load, and no answer is wrong', async (t) => {
  const [k1, k2] = [generateEncryptionKey('k1'), generateEncryptionKey('k2')]
  const databaseUrl = await createDatabase(t, 'PostgreSQL')
  const db = openDatabase(databaseUrl)
  t.after(() => db.destroy())
  const folder = createTempFolder(t)
  const ports = (await findFreePorts(2)).map(String)
  const issuer = 'http://accounts.test'
  let keys = k1
  const environmentOf = (port: string) => ({
    LATCHKEY_DATABASE_URL: databaseUrl,
    LATCHKEY_ENCRYPTION_KEYS: keys,
    LATCHKEY_PORT: port,
    LATCHKEY_PUBLIC_URL: issuer,
    LATCHKEY_RATE_LIMITS: 'off',
  })
  const start = (port: string) =>
    startLatchkeyProcess(t, { folder, environment: environmentOf(port) })
  const command = (...args: string[]) => {
    return runLatchkey(t, { folder, environment: environmentOf('1'), args })
  }

  // What a load balancer does: each request to the next node that is up.
  const up = await Promise.all(ports.map(start))
  let turn = 0
  const next = () => up[turn++ % up.length] as LatchkeyProcess

  async function ask(method: string, path: string, body?: object, token = ''): Promise<Answer> {
    const answer = await fetch(next().origin + path, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text && JSON.parse(text) }
  }

  /** One after another, as after a change of the settings. */
  async function restartAll(): Promise<void> {
    for (const port of ports) {
      const node = up.find((one) => one.environment.LATCHKEY_PORT === port)
      assert.ok(node)
      up.splice(up.indexOf(node), 1)
      const { code, stdout, stderr } = await node.stop()
      assert.deepEqual([code, stderr], [0, ''])
      assert.doesNotMatch(stdout, /"level":[56]0/)
      up.push(await start(port))
    }
  }

  // A backend of somebody else: it keeps the keys, and asks again for one that it doesn’t know.
  const jwks = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), {
    cooldownDuration: 0,
    [customFetch]: (url, init) => fetch(url.replace(issuer, next().origin), init as RequestInit),
  })
  const tokens: string[] = []
  async function keep({ status, body }: Answer): Promise<Session> {
    assert.ok(status === 200 || status === 201, JSON.stringify(body))
    assert.equal(body.status, 'signedIn')
    tokens.push(body.accessToken)
    await verify(body.accessToken)
    return body
  }
  const verify = (token: string) =>
    jwtVerify(token, jwks, { issuer, audience: issuer, typ: 'at+jwt', algorithms: ['ES256'] })

  /** As a client does: an old token is refreshed, once. */
  async function call(session: Session, method: string, path: string, body?: object) {
    const first = await ask(method, path, body, session.accessToken)
    if (first.status !== 401 || first.body.code !== 'invalid_token') return first
    renewed += 1
    Object.assign(session, await renew(session))
    return ask(method, path, body, session.accessToken)
  }
  const renew = async ({ refreshToken }: Session) =>
    keep(await ask('POST', '/auth/Refresh', { refreshToken }))
  let renewed = 0

  let people = 0
  /** Somebody new, with an app: the code of now is good, and already the next one, each once. */
  async function signUp() {
    people += 1
    const email = `owner-${people}@example.com`
    const password = `a long sentence ${people}`
    assert.equal((await ask('POST', '/auth/SignUp', { email, password })).status, 202)
    const code = await codeTo(email)
    const session = await keep(await ask('POST', '/auth/SignUp/Verify', { email, code }))
    const app = new AuthenticatorApp()
    app.secret = (await call(session, 'POST', '/settings/MfaSecret')).body.secret
    let step = 0
    const appCode = () => {
      step = Math.max(step + 1, Math.floor(Date.now() / 30_000))
      return app.code(step * 30_000)
    }
    const proof = { mfaMethod: 'authenticator', code: appCode() }
    const on = await call(session, 'POST', '/settings/MfaSignIn', proof)
    assert.equal(on.status, 200, JSON.stringify(on.body))
    const recoveryCodes: string[] = on.body.recoveryCodes
    return { email, password, session, appCode, recoveryCodes }
  }
  type Person = Awaited<ReturnType<typeof signUp>>

  async function messagesTo(email: string): Promise<{ subject: string; text: string }[]> {
    return (await ask('GET', `/dev/Messages?to=${email}`)).body.messages
  }
  async function codeTo(email: string): Promise<string | undefined> {
    const [newest] = await messagesTo(email)
    return /\b[0-9]{6}\b/.exec(newest?.text ?? '')?.[0]
  }

  async function signIn({ email, password }: Person, answer: object) {
    const begun = await ask('POST', '/auth/SignIn', { email, password })
    assert.equal(begun.body.status, 'mfaRequired', JSON.stringify(begun.body))
    const { mfaToken } = begun.body
    return keep(await ask('POST', '/auth/SignIn/Mfa', { mfaToken, ...answer }))
  }
  const byRecoveryCode = (person: Person) =>
    signIn(person, { code: person.recoveryCodes.shift(), mfaMethod: 'recoveryCode' })

  // Those of before: what they have was made with the keys that go.
  const before = await signUp()
  const lasting = [before.session, await byRecoveryCode(before)]
  const spare = await byRecoveryCode(before)
  // Last, for a recovery code ends all trust.
  const trusted = await signIn(before, { code: before.appCode(), rememberDevice: true })
  const undone = await signUp()

  let stopping = false
  let rounds = 0
  /** Somebody comes, signs in in every way, turns MFA off, goes. */
  async function comeAndGo(): Promise<void> {
    while (!stopping) {
      const person = await signUp()
      const session = await signIn(person, { code: person.appCode() })
      await byRecoveryCode(person)
      Object.assign(session, await renew(session))
      const off = await call(session, 'DELETE', '/settings/MfaSignIn')
      assert.deepEqual([off.status, off.body.enabled], [200, false])
      rounds += 1
      await sleep(500)
    }
  }
  /** Somebody stays, and refreshes again and again. */
  async function stay(session: Session): Promise<void> {
    while (!stopping) {
      assert.equal((await call(session, 'GET', '/settings/MfaSignIn')).body.enabled, true)
      Object.assign(session, await renew(session))
      await sleep(500)
    }
  }
  const load = Promise.all([comeAndGo(), ...lasting.map(stay)])
  // Told at the end, or as soon as something waits for it.
  load.catch(() => {
    stopping = true
  })
  const going = (look: () => Promise<unknown>) =>
    waitUntil(async () => {
      if (stopping) await load
      return look()
    })
  /** Which key signs at the next node. */
  async function signing(): Promise<unknown> {
    Object.assign(spare, await renew(spare))
    return decodeToken(spare.accessToken).header.kid
  }

  // The signing key. An hour is too long for a test: once every node publishes it, it may sign.
  const first = await signing()
  await going(async () => rounds > 0)
  const rotated = JSON.parse((await command('keys', 'rotate', '--json')).stdout)
  assert.equal(rotated.status, 'rotated')
  for (const node of up) {
    await going(async () => {
      const answer = await fetch(`${node.origin}/.well-known/jwks.json`)
      return ((await answer.json()) as { keys: object[] }).keys.length === 2
    })
  }
  await db
    .updateTable('signing_key')
    .set({ signs_from: Date.now() })
    .where('id', '=', rotated.id)
    .execute()
  await going(async () => (await signing()) === rotated.id)

  // The encryption key: known to all, then the first of all, then alone.
  keys = `${k1},${k2}`
  await restartAll()
  keys = `${k2},${k1}`
  await restartAll()
  await going(async () => {
    const { encryptionKeys } = await listKeys(db, keys)
    return encryptionKeys.find(({ id }) => id === 'k1')?.sealedValues === 0
  })
  keys = k2
  await restartAll()
  const listed = await command('keys', 'list')
  assert.equal(listed.code, 0, listed.stderr)
  assert.match(listed.stdout, /^ {2}k1 {2}removed; hashes made under it stay valid$/m)

  // Every token so far is still taken, also those of the first key.
  assert.ok(tokens.some((token) => decodeToken(token).header.kid === first))
  for (const token of tokens) await verify(token)
  assert.equal(renewed, 0)

  // A key leaks: everyone’s tokens are refused, and clients refresh once, as they are used to.
  const leaked = JSON.parse((await command('keys', 'rotate', '--now', '--json')).stdout)
  for (const node of up) {
    await going(async () => {
      const answer = await fetch(`${node.origin}/.well-known/jwks.json`)
      const { keys } = (await answer.json()) as { keys: { kid: string }[] }
      return keys.length === 1 && keys[0]?.kid === leaked.id
    })
  }
  assert.equal((await call(spare, 'GET', '/settings/MfaSignIn')).body.enabled, true)
  assert.ok(renewed > 0)
  const old = tokens.find((token) => decodeToken(token).header.kid === rotated.id)
  for (const _ of up) assert.equal((await ask('GET', '/settings', undefined, old)).status, 401)

  stopping = true
  await load
  assert.ok(rounds > 5, `${rounds} rounds`)

  // Those of before.
  const { email, password } = before
  const { deviceToken } = trusted
  const known = await ask('POST', '/auth/SignIn', { email, password, deviceToken })
  assert.equal(known.body.status, 'signedIn')
  await byRecoveryCode(before)
  await signIn(before, { code: before.appCode() })
  await renew(undone.session)
  const link = (await messagesTo(undone.email)).find(({ subject }) => / on$/.test(subject))
  const token = /\/undo#token=([\w-]+)/.exec(link?.text ?? '')?.[1]
  assert.equal((await ask('POST', '/auth/Undo', { token })).status, 200)
})

interface Session {
  accessToken: string
  refreshToken: string
  deviceToken?: string
}
