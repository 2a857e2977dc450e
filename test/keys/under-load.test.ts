/** Both key rotations of docs/operate.md on two real nodes, while users keep making requests. */
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

test('both kinds of keys rotate on two nodes under load without a wrong response', async (t) => {
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

  // Like a load balancer, sends each request to the next running node.
  const nodes = await Promise.all(ports.map(start))
  let turn = 0
  const next = () => nodes[turn++ % nodes.length] as LatchkeyProcess

  async function sendRequest(
    method: string,
    path: string,
    body?: object,
    token = '',
  ): Promise<Answer> {
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

  /** Restarts the nodes one after another, as after a change of the settings. */
  async function restartAll(): Promise<void> {
    for (const port of ports) {
      const node = nodes.find((one) => one.environment.LATCHKEY_PORT === port)
      assert.ok(node)
      nodes.splice(nodes.indexOf(node), 1)
      const { code, stdout, stderr } = await node.stop()
      assert.deepEqual([code, stderr], [0, ''])
      assert.doesNotMatch(stdout, /"level":[56]0/)
      nodes.push(await start(port))
    }
  }

  // A backend that caches the keys, and fetches them again for an unknown one.
  const jwks = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), {
    cooldownDuration: 0,
    [customFetch]: (url, init) => fetch(url.replace(issuer, next().origin), init as RequestInit),
  })
  const tokens: string[] = []
  async function storeSession({ status, body }: Answer): Promise<Session> {
    assert.ok(status === 200 || status === 201, JSON.stringify(body))
    assert.equal(body.status, 'signedIn')
    tokens.push(body.accessToken)
    await verify(body.accessToken)
    return body
  }
  const verify = (token: string) =>
    jwtVerify(token, jwks, { issuer, audience: issuer, typ: 'at+jwt', algorithms: ['ES256'] })

  /** Makes a call as a client does: refreshes an invalid token once. */
  async function call(session: Session, method: string, path: string, body?: object) {
    const first = await sendRequest(method, path, body, session.accessToken)
    if (first.status !== 401 || first.body.code !== 'invalid_token') return first
    refreshCount += 1
    Object.assign(session, await refresh(session))
    return sendRequest(method, path, body, session.accessToken)
  }
  const refresh = async ({ refreshToken }: Session) =>
    storeSession(await sendRequest('POST', '/auth/Refresh', { refreshToken }))
  let refreshCount = 0

  let people = 0
  /** Signs a user up with an authenticator. The current code and the next are valid, each once. */
  async function signUp() {
    people += 1
    const email = `owner-${people}@example.com`
    const password = `a long sentence ${people}`
    const begun = await sendRequest('POST', '/auth/SignUp', { email, password })
    assert.equal(begun.status, 202)
    const { signUpToken } = begun.body
    const code = await codeTo(email)
    const session = await storeSession(
      await sendRequest('POST', '/auth/SignUp/Verify', { signUpToken, code }),
    )
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
    return (await sendRequest('GET', `/dev/Messages?to=${email}`)).body.messages
  }
  async function codeTo(email: string): Promise<string | undefined> {
    const [newest] = await messagesTo(email)
    return /\b[0-9]{6}\b/.exec(newest?.text ?? '')?.[0]
  }

  async function signIn({ email, password }: Person, answer: object) {
    const begun = await sendRequest('POST', '/auth/SignIn', { email, password })
    assert.equal(begun.body.status, 'mfaRequired', JSON.stringify(begun.body))
    const { mfaToken } = begun.body
    return storeSession(await sendRequest('POST', '/auth/SignIn/Mfa', { mfaToken, ...answer }))
  }
  const byRecoveryCode = (person: Person) =>
    signIn(person, { code: person.recoveryCodes.shift(), mfaMethod: 'recoveryCode' })

  // Users from before the rotations, with tokens and codes made with the old keys.
  const earlyUser = await signUp()
  const lastingSessions = [earlyUser.session, await byRecoveryCode(earlyUser)]
  const spare = await byRecoveryCode(earlyUser)
  // Last, because a recovery code revokes all trusted devices.
  const trusted = await signIn(earlyUser, { code: earlyUser.appCode(), rememberDevice: true })
  const undoUser = await signUp()

  let stopping = false
  let rounds = 0
  /** Signs users up, signs them in with each factor, and turns their MFA off, in a loop. */
  async function simulateNewUsers(): Promise<void> {
    while (!stopping) {
      const person = await signUp()
      const session = await signIn(person, { code: person.appCode() })
      await byRecoveryCode(person)
      Object.assign(session, await refresh(session))
      const off = await call(session, 'DELETE', '/settings/MfaSignIn')
      assert.deepEqual([off.status, off.body.enabled], [200, false])
      rounds += 1
      await sleep(500)
    }
  }
  /** Keeps using and refreshing a session. */
  async function keepUsing(session: Session): Promise<void> {
    while (!stopping) {
      assert.equal((await call(session, 'GET', '/settings/MfaSignIn')).body.enabled, true)
      Object.assign(session, await refresh(session))
      await sleep(500)
    }
  }
  const load = Promise.all([simulateNewUsers(), ...lastingSessions.map(keepUsing)])
  // A failure surfaces at the end, or as soon as the test waits for the load.
  load.catch(() => {
    stopping = true
  })
  const waitUnderLoad = (condition: () => Promise<unknown>) =>
    waitUntil(async () => {
      if (stopping) await load
      return condition()
    })
  /** The id of the key that signs at the next node. */
  async function currentKid(): Promise<unknown> {
    Object.assign(spare, await refresh(spare))
    return decodeToken(spare.accessToken).header.kid
  }

  // Rotates the signing key. It signs once every node publishes it, instead of after an hour.
  const first = await currentKid()
  await waitUnderLoad(async () => rounds > 0)
  const rotated = JSON.parse((await command('keys', 'rotate', '--json')).stdout)
  assert.equal(rotated.status, 'rotated')
  for (const node of nodes) {
    await waitUnderLoad(async () => {
      const answer = await fetch(`${node.origin}/.well-known/jwks.json`)
      return ((await answer.json()) as { keys: object[] }).keys.length === 2
    })
  }
  await db
    .updateTable('signing_key')
    .set({ signs_from: Date.now() })
    .where('id', '=', rotated.id)
    .execute()
  await waitUnderLoad(async () => (await currentKid()) === rotated.id)

  // Rotates the encryption key: added on all nodes, then primary, then alone.
  keys = `${k1},${k2}`
  await restartAll()
  keys = `${k2},${k1}`
  await restartAll()
  await waitUnderLoad(async () => {
    const { encryptionKeys } = await listKeys(db, keys)
    return encryptionKeys.find(({ id }) => id === 'k1')?.sealedValues === 0
  })
  keys = k2
  await restartAll()
  const listed = await command('keys', 'list')
  assert.equal(listed.code, 0, listed.stderr)
  assert.match(listed.stdout, /^ {2}k1 {2}removed; hashes made under it stay valid$/m)

  // All tokens so far are still valid, including those of the first key.
  assert.ok(tokens.some((token) => decodeToken(token).header.kid === first))
  for (const token of tokens) await verify(token)
  assert.equal(refreshCount, 0)

  // After an emergency rotation all tokens are refused, and clients refresh once as usual.
  const emergency = JSON.parse((await command('keys', 'rotate', '--now', '--json')).stdout)
  for (const node of nodes) {
    await waitUnderLoad(async () => {
      const answer = await fetch(`${node.origin}/.well-known/jwks.json`)
      const { keys } = (await answer.json()) as { keys: { kid: string }[] }
      return keys.length === 1 && keys[0]?.kid === emergency.id
    })
  }
  assert.equal((await call(spare, 'GET', '/settings/MfaSignIn')).body.enabled, true)
  assert.ok(refreshCount > 0)
  const oldToken = tokens.find((token) => decodeToken(token).header.kid === rotated.id)
  for (const _ of nodes)
    assert.equal((await sendRequest('GET', '/settings', undefined, oldToken)).status, 401)

  stopping = true
  await load
  assert.ok(rounds > 5, `${rounds} rounds`)

  // The users from before the rotations.
  const { email, password } = earlyUser
  const { deviceToken } = trusted
  const known = await sendRequest('POST', '/auth/SignIn', { email, password, deviceToken })
  assert.equal(known.body.status, 'signedIn')
  await byRecoveryCode(earlyUser)
  await signIn(earlyUser, { code: earlyUser.appCode() })
  await refresh(undoUser.session)
  const link = (await messagesTo(undoUser.email)).find(({ subject }) => / on$/.test(subject))
  const token = /\/undo#token=([\w-]+)/.exec(link?.text ?? '')?.[1]
  assert.equal((await sendRequest('POST', '/auth/Undo', { token })).status, 200)
})

interface Session {
  accessToken: string
  refreshToken: string
  deviceToken?: string
}
