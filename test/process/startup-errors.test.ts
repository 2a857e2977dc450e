import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { openDatabase } from '../../src/store/open.ts'
import { createDatabase, databaseKinds } from '../support/database.ts'
import {
  createTempFolder,
  type ProcessOptions,
  runLatchkey,
  startLatchkeyProcess,
} from '../support/process.ts'
import { startTcpServer } from '../support/tcp.ts'

/** Why it does not start: one sentence or two on standard error, and nothing else anywhere. */
async function refusal(t: TestContext, options: ProcessOptions): Promise<string> {
  const { code, stdout, stderr } = await runLatchkey(t, options)
  assert.equal(code, 1, stdout + stderr)
  assert.equal(stdout, '')
  assert.match(stderr, /^[A-Z][^\n]+\.\n$/, 'one line, in sentences')
  assert.doesNotMatch(stderr, /^\s+at |Error:/m, 'no stack')
  return stderr
}

test('a port that is taken is named, with the way out', async (t) => {
  const port = await startTcpServer(t, () => {})
  const said = await refusal(t, { environment: { LATCHKEY_PORT: String(port) } })
  assert.match(said, new RegExp(`Port ${port} of 127\\.0\\.0\\.1 is in use.*LATCHKEY_PORT`))
})

test('an address that this machine does not have is named', async (t) => {
  // TEST-NET-1 (RFC 5737): nobody's.
  const said = await refusal(t, { environment: { LATCHKEY_HOST: '192.0.2.1' } })
  assert.match(said, /can’t listen on 192\.0\.2\.1.*LATCHKEY_HOST/)
  const unknown = await refusal(t, { environment: { LATCHKEY_HOST: 'nowhere.invalid' } })
  assert.match(unknown, /can’t listen on nowhere\.invalid.*LATCHKEY_HOST/)
})

test('a port that this user may not use is named', async (t) => {
  const isRoot = process.getuid?.() === 0
  // Root may use every port, unless that is taken away from it.
  const via = isRoot ? ['setpriv', '--bounding-set', '-net_bind_service'] : []
  const port = isRoot ? 81 : await privilegedPort(t)
  if (port === undefined) return t.skip('every port is allowed to this user')
  const said = await refusal(t, { wrapper: via, environment: { LATCHKEY_PORT: String(port) } })
  assert.match(said, new RegExp(`can’t listen on 127\\.0\\.0\\.1, port ${port}.*LATCHKEY_PORT`))
})

test('a place where no file can be made is named', async (t) => {
  const folder = createTempFolder(t)
  // Below a file there can be none, not even for root.
  writeFileSync(join(folder, 'file'), '')
  const environment = { LATCHKEY_DATABASE_URL: 'sqlite:./file/data/latchkey.sqlite' }
  assert.match(await refusal(t, { folder, environment }), /file\/data.*LATCHKEY_DATABASE_URL/)

  const keys = { LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('k1') }
  const said = await refusal(t, { folder, environment: { ...environment, ...keys } })
  assert.match(said, /database file.*file\/data.*LATCHKEY_DATABASE_URL/)

  mkdirSync(join(folder, 'data/latchkey.sqlite'), { recursive: true })
  assert.match(await refusal(t, { folder }), /data\/latchkey\.sqlite.*LATCHKEY_DATABASE_URL/)
})

test('a place where the system lets nobody make a folder is named, and not tried for ever', async (t) => {
  if (process.platform !== 'linux') return t.skip('there is no /proc')
  const environment = { LATCHKEY_DATABASE_URL: 'sqlite:/proc/nowhere/latchkey.sqlite' }
  assert.match(await refusal(t, { environment }), /\/proc\/nowhere.*LATCHKEY_DATABASE_URL/)
  const keys = { LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('k1') }
  const said = await refusal(t, { environment: { ...environment, ...keys } })
  assert.match(said, /\/proc\/nowhere.*LATCHKEY_DATABASE_URL/)
})

test('a database file that is none is left as it is', async (t) => {
  const folder = createTempFolder(t)
  mkdirSync(join(folder, 'data'))
  const file = join(folder, 'data/latchkey.sqlite')
  const content = 'This is somebody’s diary. '.repeat(100)
  writeFileSync(file, content)
  assert.match(await refusal(t, { folder }), /database file can’t be used: file is not a database/)
  assert.equal(readFileSync(file, 'utf8'), content)
})

test('PostgreSQL that does not answer, or answers no, is told without the password', async (t) => {
  const password = 'correct-horse-battery'
  const at = (place: string) => ({
    environment: { LATCHKEY_DATABASE_URL: `postgres://ada:${password}@${place}` },
  })
  const nobody = await startTcpServer(t, (socket) => socket.destroy())
  const { host: server } = new URL(await createDatabase(t, 'PostgreSQL'))
  for (const [place, why] of [
    ['127.0.0.1:1/latchkey', /ECONNREFUSED/],
    ['nowhere.invalid/latchkey', /ENOTFOUND/],
    [`127.0.0.1:${nobody}/latchkey`, /terminated|ECONNRESET/],
    [`${server}/latchkey`, /password authentication failed/],
  ] as const) {
    const said = await refusal(t, at(place))
    assert.match(said, /^PostgreSQL can’t be used \(.*LATCHKEY_DATABASE_URL/)
    assert.match(said, why)
    assert.ok(!said.includes(password))
  }
})

test('PostgreSQL without that database is told', async (t) => {
  const url = new URL(await createDatabase(t, 'PostgreSQL'))
  url.pathname = '/not_there'
  const said = await refusal(t, { environment: { LATCHKEY_DATABASE_URL: url.href } })
  assert.match(said, /database "not_there" does not exist/)
})

test('other encryption keys than those of the database are refused, and change nothing', async (t) => {
  const key = generateEncryptionKey('k1')
  const first = await startLatchkeyProcess(t, { environment: { LATCHKEY_ENCRYPTION_KEYS: key } })
  await first.stop()
  const { folder } = first
  // One under another name, and one that only has the right name.
  for (const other of [generateEncryptionKey('k2'), generateEncryptionKey('k1')]) {
    const said = await refusal(t, { folder, environment: { LATCHKEY_ENCRYPTION_KEYS: other } })
    assert.match(said, /encryption keys of this database.*LATCHKEY_ENCRYPTION_KEYS/i)
    assert.ok(!said.includes(other.slice(3)))
  }
  const both = `${generateEncryptionKey('k2')},${key}`
  await startLatchkeyProcess(t, { folder, environment: { LATCHKEY_ENCRYPTION_KEYS: both } })
})

test('a development key that was lost or spoilt is not quietly made anew', async (t) => {
  const first = await startLatchkeyProcess(t)
  await first.stop()
  const { folder } = first
  for (const spoilt of ['', 'dev:not-a-key']) {
    writeFileSync(join(folder, 'data/encryption-keys'), spoilt)
    const said = await refusal(t, { folder })
    assert.match(said, /data\/encryption-keys contains no valid encryption key/)
    assert.ok(!said.includes('not-a-key'))
  }
  assert.equal(readFileSync(join(folder, 'data/encryption-keys'), 'utf8'), 'dev:not-a-key')
})

for (const kind of databaseKinds) {
  test(`LATCHKEY_MIGRATE=off makes no tables, and says who does, on ${kind}`, async (t) => {
    const folder = createTempFolder(t)
    const url = await createDatabase(t, kind)
    const environment = { LATCHKEY_MIGRATE: 'off', LATCHKEY_DATABASE_URL: url }
    const said = await refusal(t, { folder, environment })
    assert.match(said, /not up to date.*latchkey migrate.*LATCHKEY_MIGRATE/)
    const db = openDatabase(url)
    t.after(() => db.destroy())
    assert.deepEqual(await db.introspection.getTables({ withInternalKyselyTables: true }), [])

    const migrated = await runLatchkey(t, { folder, environment, args: ['migrate'] })
    assert.deepEqual([migrated.code, migrated.stderr], [0, ''])
    await startLatchkeyProcess(t, { folder, environment })
  })
}

test('a database of a newer version is not touched', async (t) => {
  const first = await startLatchkeyProcess(t)
  await first.stop()
  const db = new DatabaseSync(join(first.folder, 'data/latchkey.sqlite'))
  db.exec("insert into kysely_migration values ('2999-01-01-0900-later', '2999-01-01')")
  db.close()
  for (const LATCHKEY_MIGRATE of ['on', 'off']) {
    const said = await refusal(t, { folder: first.folder, environment: { LATCHKEY_MIGRATE } })
    assert.match(said, /A newer version.*2999-01-01-0900-later.*LATCHKEY_ALLOW_NEWER_SCHEMA=on/)
  }
  // Who goes back to this version says so, and finds everything.
  for (const LATCHKEY_MIGRATE of ['on', 'off']) {
    const environment = { LATCHKEY_MIGRATE, LATCHKEY_ALLOW_NEWER_SCHEMA: 'on' }
    const again = await startLatchkeyProcess(t, { folder: first.folder, environment })
    assert.equal((await again.stop()).code, 0)
  }
})

test('a database from which a newer version took something away is never served', async (t) => {
  const first = await startLatchkeyProcess(t)
  await first.stop()
  const db = new DatabaseSync(join(first.folder, 'data/latchkey.sqlite'))
  db.exec("insert into kysely_migration values ('2999-01-01-0900-contract-later', '2999-01-01')")
  db.close()
  const environment = { LATCHKEY_ALLOW_NEWER_SCHEMA: 'on' }
  const said = await refusal(t, { folder: first.folder, environment })
  assert.match(said, /A newer version.*This version can’t use it\./)
})

test('what does not start leaves nothing running and nothing but its data behind', async (t) => {
  const port = await startTcpServer(t, () => {})
  const folder = createTempFolder(t)
  await refusal(t, { folder, environment: { LATCHKEY_PORT: String(port) } })
  assert.deepEqual(readdirSync(folder), ['data'])
  // Closed well: SQLite has put its journal away.
  const left = readdirSync(join(folder, 'data')).sort()
  assert.deepEqual(left, ['encryption-keys', 'latchkey.sqlite'])
})

/** A port that we are refused; undefined if none is. */
function privilegedPort(t: TestContext): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    t.after(() => server.close())
    server.once('error', () => resolve(81)).listen(81, '127.0.0.1', () => resolve(undefined))
  })
}
