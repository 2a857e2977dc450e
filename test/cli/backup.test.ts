import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createDatabase, retryWhileLocked } from '../support/database.ts'
import { startLatchkey } from '../support/outbox.ts'
import { createTempFolder, LatchkeyProcess, runLatchkey } from '../support/process.ts'

test('a backup made during writes is a consistent snapshot that restores every account', async (t) => {
  const latchkey = await startLatchkey(t, 'SQLite')
  const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
  const folder = createTempFolder(t)
  const file = join(folder, 'copy.sqlite')

  // Commits two rows at a time, as fast as possible, before, during and after the copy.
  const writer = new DatabaseSync((latchkey.environment.LATCHKEY_DATABASE_URL ?? '').slice(7))
  writer.exec('pragma synchronous = off')
  const insert = writer.prepare(
    `insert into rate_limit_hit (id, key, at) values (?, 'pair', 0), (?, 'pair', 0)`,
  )
  let commits = 0
  const write = () => {
    insert.run(`${commits} a`, `${commits} b`)
    commits += 1
  }
  await retryWhileLocked(() => writer.exec('begin immediate'))
  while (commits < 50_000) write()
  writer.exec('commit')
  const environment = latchkey.environment
  const backup = new LatchkeyProcess({
    folder,
    environment,
    args: ['backup', 'copy.sqlite', '--json'],
  })
  let ended = false
  backup.result.finally(() => {
    ended = true
  })
  let commitsBeside = 0
  while (!ended) {
    const beside = readdirSync(folder).length > 0 && !existsSync(file)
    await retryWhileLocked(write)
    if (beside) commitsBeside += 1
    assert.equal((await latchkey.get('/health/ready')).status, 200)
    await turn()
  }
  writer.close()
  const { code, stdout, stderr } = await backup.result
  assert.deepEqual([code, stderr], [0, ''])
  assert.ok(commitsBeside > 0, 'no commit succeeded during the backup')

  assert.deepEqual(JSON.parse(stdout), { file: 'copy.sqlite', bytes: statSync(file).size })
  assert.deepEqual(readdirSync(folder), ['copy.sqlite'], 'the backup left other files')
  assert.equal((statSync(file).mode & 0o777).toString(8), '600')
  const copy = new DatabaseSync(file, { readOnly: true })
  const pairs = copy.prepare(`select count(*) as rows from rate_limit_hit where key = 'pair'`).get()
  assert.equal(Number(pairs?.rows) % 2, 0)
  assert.ok(Number(pairs?.rows) < 2 * commits, 'the backup has commits from after it started')
  assert.deepEqual(copy.prepare('pragma foreign_key_check').all(), [])
  copy.close()

  await latchkey.stopKeepingData()
  const data = join(createTempFolder(t), 'data')
  mkdirSync(data)
  renameSync(file, join(data, 'latchkey.sqlite'))
  latchkey.environment = {
    ...environment,
    LATCHKEY_DATABASE_URL: `sqlite:${join(data, 'latchkey.sqlite')}`,
  }
  await latchkey.start()
  const { refreshToken } = ada
  ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
  const begun = await ada.signIn()
  assert.equal(begun.body.mfaMethod, 'authenticator')
  await ada.signInFully()
})

test('a backup overwrites no file, creates no database and leaves no partial file', async (t) => {
  const folder = createTempFolder(t)
  const run = (...args: string[]) => runLatchkey(t, { folder, args: ['backup', ...args] })
  const none = await run('copy.sqlite')
  assert.equal(none.code, 1)
  assert.match(none.stderr, /^There is no database at .*data\/latchkey\.sqlite\./)
  assert.deepEqual(readdirSync(folder), [])
  assert.equal((await run()).code, 64)

  assert.equal((await runLatchkey(t, { folder, args: ['migrate'] })).code, 0)
  const made = await run('copy.sqlite')
  assert.equal(made.code, 0, made.stderr)
  assert.match(
    made.stdout,
    /^Done: copy\.sqlite, \d+ kB, complete and checked\.\nThe encryption keys are not in it/,
  )

  writeFileSync(join(folder, 'diary'), 'dear diary')
  const refused = await run('diary')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^diary already exists, and a backup never overwrites a file\./)
  assert.equal(readFileSync(join(folder, 'diary'), 'utf8'), 'dear diary')

  const nowhere = await run('no/such/folder/copy.sqlite')
  assert.equal(nowhere.code, 1)
  assert.match(nowhere.stderr, /^The backup can’t be written \(ENOENT: no\/such\/folder/)
  assert.deepEqual(readdirSync(folder).sort(), ['copy.sqlite', 'data', 'diary'])
})

test('a copy of a damaged database is reported as damaged and not kept', async (t) => {
  const folder = createTempFolder(t)
  assert.equal((await runLatchkey(t, { folder, args: ['migrate'] })).code, 0)
  const file = join(folder, 'data/latchkey.sqlite')
  const bytes = readFileSync(file)
  // After the first pages, so that SQLite still opens the file.
  bytes.fill(0xff, 8192, 65_536)
  writeFileSync(file, bytes)
  const { code, stderr } = await runLatchkey(t, { folder, args: ['backup', 'copy.sqlite'] })
  assert.equal(code, 1)
  assert.match(stderr, /^(No backup was made|The copy failed its integrity check)/)
  assert.deepEqual(readdirSync(folder), ['data'])
})

test('for PostgreSQL, backup prints the pg_dump command without the password', async (t) => {
  const url = new URL(await createDatabase(t, 'PostgreSQL'))
  const { code, stdout, stderr } = await runLatchkey(t, {
    args: ['backup', "it's.dump"],
    environment: { LATCHKEY_DATABASE_URL: url.href },
  })
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /pg_dump --format=custom --file='it'\\''s\.dump' 'postgres:\/\/postgres@127/)
  assert.ok(!stderr.includes(url.password))
})
