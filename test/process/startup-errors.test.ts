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

/** Runs a start that must fail. @returns its standard error, one line of sentences */
async function startupErrorOf(t: TestContext, options: ProcessOptions): Promise<string> {
  const { code, stdout, stderr } = await runLatchkey(t, options)
  assert.equal(code, 1, stdout + stderr)
  assert.equal(stdout, '')
  assert.match(stderr, /^[A-Z][^\n]+\.\n$/, 'the error is not one line of sentences')
  assert.doesNotMatch(stderr, /^\s+at |Error:/m, 'the error has a stack')
  return stderr
}

test('a port in use is named, with the setting to change', async (t) => {
  const port = await startTcpServer(t, () => {})
  const stderr = await startupErrorOf(t, { environment: { LATCHKEY_PORT: String(port) } })
  assert.match(stderr, new RegExp(`Port ${port} of 127\\.0\\.0\\.1 is in use.*LATCHKEY_PORT`))
})

test('an address that this machine does not have is named', async (t) => {
  // TEST-NET-1 (RFC 5737) is assigned to no machine.
  const stderr = await startupErrorOf(t, { environment: { LATCHKEY_HOST: '192.0.2.1' } })
  assert.match(stderr, /can’t listen on 192\.0\.2\.1.*LATCHKEY_HOST/)
  const unknown = await startupErrorOf(t, { environment: { LATCHKEY_HOST: 'nowhere.invalid' } })
  assert.match(unknown, /can’t listen on nowhere\.invalid.*LATCHKEY_HOST/)
})

test('a port that this user may not use is named', async (t) => {
  const isRoot = process.getuid?.() === 0
  // Root may use every port unless it lacks this capability.
  const via = isRoot ? ['setpriv', '--bounding-set', '-net_bind_service'] : []
  const port = isRoot ? 81 : await privilegedPort(t)
  if (port === undefined) return t.skip('every port is allowed to this user')
  const stderr = await startupErrorOf(t, {
    wrapper: via,
    environment: { LATCHKEY_PORT: String(port) },
  })
  assert.match(stderr, new RegExp(`can’t listen on 127\\.0\\.0\\.1, port ${port}.*LATCHKEY_PORT`))
})

test('a logo that cannot be read is named, as a wrong setting', async (t) => {
  const environment = { LATCHKEY_BRAND_LOGO: '/nowhere/logo.svg' }
  const { code, stderr } = await runLatchkey(t, { environment })
  assert.equal(code, 78, stderr)
  assert.match(
    stderr,
    /LATCHKEY_BRAND_LOGO is “\/nowhere\/logo\.svg”, which can’t be read \(ENOENT\)/,
  )
  assert.doesNotMatch(stderr, /^\s+at |Error:/m, 'the error has a stack')
})

test('a path where no file can be created is named', async (t) => {
  const folder = createTempFolder(t)
  // Not even root can create a file below a file.
  writeFileSync(join(folder, 'file'), '')
  const environment = { LATCHKEY_DATABASE_URL: 'sqlite:./file/data/latchkey.sqlite' }
  assert.match(
    await startupErrorOf(t, { folder, environment }),
    /file\/data.*LATCHKEY_DATABASE_URL/,
  )

  const keys = { LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('k1') }
  const stderr = await startupErrorOf(t, { folder, environment: { ...environment, ...keys } })
  assert.match(stderr, /database file.*file\/data.*LATCHKEY_DATABASE_URL/)

  mkdirSync(join(folder, 'data/latchkey.sqlite'), { recursive: true })
  assert.match(await startupErrorOf(t, { folder }), /data\/latchkey\.sqlite.*LATCHKEY_DATABASE_URL/)
})

test('a path where the system allows no folder is named without endless retries', async (t) => {
  if (process.platform !== 'linux') return t.skip('there is no /proc')
  const environment = { LATCHKEY_DATABASE_URL: 'sqlite:/proc/nowhere/latchkey.sqlite' }
  assert.match(await startupErrorOf(t, { environment }), /\/proc\/nowhere.*LATCHKEY_DATABASE_URL/)
  const keys = { LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('k1') }
  const stderr = await startupErrorOf(t, { environment: { ...environment, ...keys } })
  assert.match(stderr, /\/proc\/nowhere.*LATCHKEY_DATABASE_URL/)
})

test('a file that is not a database is left unchanged', async (t) => {
  const folder = createTempFolder(t)
  mkdirSync(join(folder, 'data'))
  const file = join(folder, 'data/latchkey.sqlite')
  const content = 'This is somebody’s diary. '.repeat(100)
  writeFileSync(file, content)
  assert.match(
    await startupErrorOf(t, { folder }),
    /database file can’t be used: file is not a database/,
  )
  assert.equal(readFileSync(file, 'utf8'), content)
})

test('an unreachable or refusing PostgreSQL is reported without the password', async (t) => {
  const password = 'correct-horse-battery'
  const at = (place: string) => ({
    environment: { LATCHKEY_DATABASE_URL: `postgres://ada:${password}@${place}` },
  })
  const closing = await startTcpServer(t, (socket) => socket.destroy())
  const { host: server } = new URL(await createDatabase(t, 'PostgreSQL'))
  for (const [place, why] of [
    ['127.0.0.1:1/latchkey', /ECONNREFUSED/],
    ['nowhere.invalid/latchkey', /ENOTFOUND/],
    [`127.0.0.1:${closing}/latchkey`, /terminated|ECONNRESET/],
    [`${server}/latchkey`, /password authentication failed/],
  ] as const) {
    const stderr = await startupErrorOf(t, at(place))
    assert.match(stderr, /^PostgreSQL can’t be used \(.*LATCHKEY_DATABASE_URL/)
    assert.match(stderr, why)
    assert.ok(!stderr.includes(password))
  }
})

test('startup reports a missing PostgreSQL database', async (t) => {
  const url = new URL(await createDatabase(t, 'PostgreSQL'))
  url.pathname = '/not_there'
  const stderr = await startupErrorOf(t, { environment: { LATCHKEY_DATABASE_URL: url.href } })
  assert.match(stderr, /database "not_there" does not exist/)
})

test('encryption keys that do not match the database are refused and change nothing', async (t) => {
  const key = generateEncryptionKey('k1')
  const first = await startLatchkeyProcess(t, { environment: { LATCHKEY_ENCRYPTION_KEYS: key } })
  await first.stop()
  const { folder } = first
  // A key with another id, and a different key with the same id.
  for (const other of [generateEncryptionKey('k2'), generateEncryptionKey('k1')]) {
    const stderr = await startupErrorOf(t, {
      folder,
      environment: { LATCHKEY_ENCRYPTION_KEYS: other },
    })
    assert.match(stderr, /encryption keys of this database.*LATCHKEY_ENCRYPTION_KEYS/i)
    assert.ok(!stderr.includes(other.slice(3)))
  }
  const both = `${generateEncryptionKey('k2')},${key}`
  await startLatchkeyProcess(t, { folder, environment: { LATCHKEY_ENCRYPTION_KEYS: both } })
})

test('a lost or corrupt development key is not silently replaced', async (t) => {
  const first = await startLatchkeyProcess(t)
  await first.stop()
  const { folder } = first
  for (const corrupt of ['', 'dev:not-a-key']) {
    writeFileSync(join(folder, 'data/encryption-keys'), corrupt)
    const stderr = await startupErrorOf(t, { folder })
    assert.match(stderr, /data\/encryption-keys contains no valid encryption key/)
    assert.ok(!stderr.includes('not-a-key'))
  }
  assert.equal(readFileSync(join(folder, 'data/encryption-keys'), 'utf8'), 'dev:not-a-key')
})

for (const kind of databaseKinds) {
  test(`LATCHKEY_MIGRATE=off creates no tables and names the command that does, on ${kind}`, async (t) => {
    const folder = createTempFolder(t)
    const url = await createDatabase(t, kind)
    const environment = { LATCHKEY_MIGRATE: 'off', LATCHKEY_DATABASE_URL: url }
    const stderr = await startupErrorOf(t, { folder, environment })
    assert.match(stderr, /not up to date.*latchkey migrate.*LATCHKEY_MIGRATE/)
    const db = openDatabase(url)
    t.after(() => db.destroy())
    assert.deepEqual(await db.introspection.getTables({ withInternalKyselyTables: true }), [])

    const migrated = await runLatchkey(t, { folder, environment, args: ['migrate'] })
    assert.deepEqual([migrated.code, migrated.stderr], [0, ''])
    await startLatchkeyProcess(t, { folder, environment })
  })
}

test('a database of a newer version is refused unless LATCHKEY_ALLOW_NEWER_SCHEMA is on', async (t) => {
  const first = await startLatchkeyProcess(t)
  await first.stop()
  const db = new DatabaseSync(join(first.folder, 'data/latchkey.sqlite'))
  db.exec("insert into kysely_migration values ('2999-01-01-0900-later', '2999-01-01')")
  db.close()
  for (const LATCHKEY_MIGRATE of ['on', 'off']) {
    const stderr = await startupErrorOf(t, {
      folder: first.folder,
      environment: { LATCHKEY_MIGRATE },
    })
    assert.match(stderr, /A newer version.*2999-01-01-0900-later.*LATCHKEY_ALLOW_NEWER_SCHEMA=on/)
  }
  // An operator who returns to this version allows it explicitly.
  for (const LATCHKEY_MIGRATE of ['on', 'off']) {
    const environment = { LATCHKEY_MIGRATE, LATCHKEY_ALLOW_NEWER_SCHEMA: 'on' }
    const again = await startLatchkeyProcess(t, { folder: first.folder, environment })
    assert.equal((await again.stop()).code, 0)
  }
})

test('a database from which a newer version removed something is never served', async (t) => {
  const first = await startLatchkeyProcess(t)
  await first.stop()
  const db = new DatabaseSync(join(first.folder, 'data/latchkey.sqlite'))
  db.exec("insert into kysely_migration values ('2999-01-01-0900-contract-later', '2999-01-01')")
  db.close()
  const environment = { LATCHKEY_ALLOW_NEWER_SCHEMA: 'on' }
  const stderr = await startupErrorOf(t, { folder: first.folder, environment })
  assert.match(stderr, /A newer version.*This version can’t use it\./)
})

test('a failed start leaves no process behind and no files but its data', async (t) => {
  const port = await startTcpServer(t, () => {})
  const folder = createTempFolder(t)
  await startupErrorOf(t, { folder, environment: { LATCHKEY_PORT: String(port) } })
  assert.deepEqual(readdirSync(folder), ['data'])
  // SQLite was closed properly and has removed its journal.
  const files = readdirSync(join(folder, 'data')).sort()
  assert.deepEqual(files, ['encryption-keys', 'latchkey.sqlite'])
})

/** A port that this user may not use; undefined if every port is allowed. */
function privilegedPort(t: TestContext): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    t.after(() => server.close())
    server.once('error', () => resolve(81)).listen(81, '127.0.0.1', () => resolve(undefined))
  })
}
