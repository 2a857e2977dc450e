import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { parseKeyring } from '../../src/keys/keyring.ts'
import { loadSigningKeys } from '../../src/keys/signing-keys.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openDatabase } from '../../src/store/open.ts'
import { createDatabase, databaseKinds, runSql } from '../support/database.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { openSecondSession } from '../support/mfa.ts'
import { createTempFolder, type LatchkeyProcess, startLatchkeyProcess } from '../support/process.ts'
import { forkServerStarter } from '../support/server-starter.ts'
import { findFreePorts } from '../support/tcp.ts'

const rounds = 10

for (const kind of databaseKinds) {
  test(`two nodes that start concurrently on an empty ${kind} form one service`, async (t) => {
    const [one, other] = [await forkServerStarter(t), await forkServerStarter(t)]
    for (let round = 1; round <= rounds; round += 1) {
      const databaseUrl = await createDatabase(t, kind)
      // On SQLite the folder is empty, so the nodes generate the encryption key, too.
      const keys =
        kind === 'SQLite' ? {} : { LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('k1') }
      const environment = { LATCHKEY_DATABASE_URL: databaseUrl, ...keys }
      // Every other round the tables exist already, as after `latchkey migrate`.
      if (round % 2 === 0) await migrateDatabase(databaseUrl)
      const [port, otherPort] = await findFreePorts(2)
      await Promise.all([
        one.start({ ...environment, LATCHKEY_PORT: String(port) }),
        other.start({ ...environment, LATCHKEY_PORT: String(otherPort) }),
      ])

      const names = await runSql(databaseUrl, 'select name from kysely_migration')
      assert.ok(names.length > 0)
      assert.equal(new Set(names.map(({ name }) => name)).size, names.length)
      const signingKeys = await runSql(databaseUrl, 'select id from signing_key')
      assert.equal(signingKeys.length, 1)
      assert.deepEqual(await jwks(port), await jwks(otherPort), `round ${round}`)
      await Promise.all([one.stop(), other.stop()])
    }
  })
}

for (const kind of databaseKinds) {
  test(`of ten nodes that need a signing key concurrently, one creates it, on ${kind}`, async (t) => {
    const url = await createDatabase(t, kind)
    await migrateDatabase(url)
    const encryption = parseKeyring(generateEncryptionKey('k1'))
    const stores = Array.from({ length: 10 }, () => openDatabase(url))
    t.after(() => Promise.all(stores.map((db) => db.destroy())))
    // Opens all connections first, so that the calls really overlap.
    await Promise.all(stores.map((db) => db.selectFrom('signing_key').select('id').execute()))
    const keysByNode = await Promise.all(stores.map((db) => loadSigningKeys(db, encryption)))
    assert.equal(new Set(keysByNode.map((keys) => keys.current().id)).size, 1)
    for (const keys of keysByNode) assert.equal(keys.jwks().keys.length, 1)
  })
}

test('four nodes that start concurrently on an empty PostgreSQL form one service', async (t) => {
  const LATCHKEY_DATABASE_URL = await createDatabase(t, 'PostgreSQL')
  const environment = {
    LATCHKEY_DATABASE_URL,
    LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('k1'),
  }
  const nodes = await Promise.all([1, 2, 3, 4].map(() => startLatchkeyProcess(t, { environment })))
  const keys = await Promise.all(nodes.map(({ port }) => jwks(port)))
  for (const other of keys.slice(1)) assert.deepEqual(other, keys[0])
  assert.equal((await runSql(LATCHKEY_DATABASE_URL, 'select id from signing_key')).length, 1)
})

test('two processes in one folder, on two ports, form one service', async (t) => {
  const folder = createTempFolder(t)
  const [one, other] = await Promise.all([
    startLatchkeyProcess(t, { folder }),
    startLatchkeyProcess(t, { folder }),
  ])
  const email = 'ada@example.com'
  const password = 'a long sentence of hers'
  const { signUpToken } = await post(one, '/auth/SignUp', { email, password })
  const inbox = await fetch(`${other.origin}/dev/Messages?to=${email}`)
  const { messages } = (await inbox.json()) as { messages: { text: string }[] }
  const code = /\b[0-9]{6}\b/.exec(messages[0]?.text ?? '')?.[0]
  const signedIn = await post(other, '/auth/SignUp/Verify', { signUpToken, code })
  assert.equal(signedIn.status, 'signedIn')
  assert.equal((await post(one, '/auth/SignIn', { email, password })).status, 'signedIn')

  // Without LATCHKEY_PUBLIC_URL each process is its own issuer.
  for (const [node, status] of [
    [other, 200],
    [one, 401],
  ] as const) {
    const headers = { authorization: `Bearer ${signedIn.accessToken}` }
    const answer = await fetch(`${node.origin}/settings/MfaSignIn`, { headers })
    assert.equal(answer.status, status)
  }
  for (const node of [one, other]) {
    const { code, stderr } = await node.stop()
    assert.deepEqual([code, stderr], [0, ''])
  }
})

onEachDatabase((latchkey) => {
  test('a token of one node is valid at another, and void at both once its session ends', async () => {
    const node = await latchkey.secondNode()
    try {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      assert.equal((await ada.get('/settings/MfaSignIn', { node })).status, 200)
      assert.equal((await ada.post('/auth/SignOut', undefined, { node })).status, 204)
      assert.equal((await ada.get('/settings/MfaSignIn')).status, 401)
      assert.equal((await ada.get('/settings/MfaSignIn', { node })).status, 401)
      const { refreshToken } = ada
      assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
    } finally {
      await node.stop()
    }
  })

  test('one code used concurrently at two nodes completes one sign-in', async () => {
    const node = await latchkey.secondNode()
    try {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const { mfaToken } = (await ada.signIn()).body
      const code = await latchkey.codeSentTo(ada.email)
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, index) => {
          const where = index % 2 === 0 ? {} : { node }
          return latchkey.post('/auth/SignIn/Mfa', { mfaToken, code }, where)
        }),
      )
      const statuses = answers.map(({ status }) => status)
      assert.equal(statuses.filter((status) => status === 200).length, 1, `${statuses}`)
      assert.ok(statuses.every((status) => status === 200 || status === 401))
    } finally {
      await node.stop()
    }
  })

  test('sessions, sign-ins and passwords revoked at one node are void at another', async () => {
    const node = await latchkey.secondNode()
    try {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const laptop = await openSecondSession(latchkey, ada)
      assert.equal((await laptop.get('/settings', { node })).status, 200)
      assert.equal((await ada.delete('/settings/Sessions', { node })).status, 200)
      assert.equal((await laptop.get('/settings')).status, 401)

      // Turning MFA off at one node voids a sign-in that began at the other.
      const { mfaToken } = (await ada.signIn()).body
      const code = await ada.codeFor('email')
      assert.equal((await ada.delete('/settings/MfaSignIn', { node })).status, 200)
      const late = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
      assert.equal(`${late.status} ${late.body.code}`, '401 mfa_token_expired')

      // Changing the password at one node voids the old one at the other.
      const { password } = ada
      const change = { currentPassword: password, newPassword: 'another sentence of hers' }
      assert.equal((await ada.put('/settings/Password', change, { node })).status, 200)
      assert.equal((await ada.signIn()).status, 401)
    } finally {
      await node.stop()
    }
  })
})

async function migrateDatabase(url: string): Promise<void> {
  const db = openDatabase(url)
  await migrate(db)
  await db.destroy()
}

async function jwks(port: number): Promise<unknown> {
  return (await fetch(`http://127.0.0.1:${port}/.well-known/jwks.json`)).json()
}

async function post({ origin }: LatchkeyProcess, path: string, body: unknown) {
  const answer = await fetch(origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await answer.json()) as { status: string; signUpToken?: string; accessToken?: string }
}
