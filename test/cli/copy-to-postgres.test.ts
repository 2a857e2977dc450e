/** Copies a service from SQLite to PostgreSQL, with everything that owners rely on. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { createDatabase, runSql } from '../support/database.ts'
import type { TestLatchkey } from '../support/latchkey.ts'
import { startLatchkey } from '../support/outbox.ts'
import { signInWithPasskey } from '../support/passkeys.ts'
import {
  createTempFolder,
  LatchkeyProcess,
  type ProcessResult,
  runLatchkey,
  waitUntil,
} from '../support/process.ts'
import { startSmsReceiver } from '../support/sms-receiver.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

test('an interrupted and resumed copy keeps sessions, authenticators, passkeys, pending codes and undo tokens working', async (t) => {
  let takesTexts = false
  const texts = await startSmsReceiver(t, () => (takesTexts ? 200 : 500))
  const latchkey = await startLatchkey(t, 'SQLite', { LATCHKEY_SMS_URL: texts.url })
  const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
  const grace = await latchkey.owner({ mfaMethod: 'passkey' })
  const edith = await latchkey.owner({ mfaMethod: 'email' })
  await edith.delete('/settings/MfaSignIn')
  const undoToken = await undoTokenSentTo(latchkey, edith.email, / off$/)
  const phoneNumber = '+14155550123'
  const body = { mfaMethod: 'sms', phoneNumber }
  assert.equal((await edith.post('/settings/MfaSignIn', body)).status, 202)
  await waitUntil(() => texts.received.length > 0)
  const named = { token: ada.accessToken, body: { name: 'Ada Lovelace' } }
  assert.equal((await latchkey.request('PATCH', '/settings/Profile', named)).status, 200)
  await latchkey.sql(
    `insert into account_group select id, 'staff' from account where email = '${ada.email}'`,
  )
  const profile = (await ada.get('/settings/Profile')).body
  await latchkey.stopKeepingData()
  fill(latchkey)

  const { url, sql } = await createTarget(t)
  const interrupted = await copyTo(t, latchkey, url, async (copying) => {
    // The tables before `activity` and its first batch have been copied.
    await waitUntil(
      async () =>
        (await sql('select 1 from pg_stat_activity where wait_event = $$PgSleep$$')).length > 0,
    )
    copying.kill('SIGKILL')
  })
  assert.equal(interrupted.signal, 'SIGKILL')
  await sql(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`)
  await sql('drop trigger slow on activity')
  const [half] = await sql(
    'select count(*)::integer as rows, min(xmin::text) as first from activity',
  )
  assert.ok(half.rows >= 1000 && half.rows < rowCount, `${half.rows}`)

  // The service does not start on a partial copy.
  const early = await runLatchkey(t, {
    environment: { ...latchkey.environment, LATCHKEY_DATABASE_URL: url },
  })
  assert.equal(early.code, 1)
  assert.match(early.stderr, /The copy to this database is unfinished.*latchkey copy-to-postgres/)

  const resumed = await copyTo(t, latchkey, url)
  assert.equal(resumed.code, 0, resumed.stderr)
  assert.match(resumed.stderr, /^copying activity: /m)
  assert.match(resumed.stderr, /^comparing activity: [\d,]+ of [\d,]+$/m)
  const report = JSON.parse(resumed.stdout)
  assert.deepEqual([report.resumed, report.differences], [true, []])
  const source = tablesIn(latchkey)
  assert.deepEqual(Object.keys(report.tables).sort(), Object.keys(source).sort())
  assert.deepEqual(report.tables, source)
  const [whole] = await sql(
    'select count(*)::integer as rows, min(xmin::text) as first from activity',
  )
  assert.equal(whole.first, half.first, 'rows of the first run were copied again')
  const [unicode] = await sql(`select detail from activity where id = 'a000007'`)
  assert.equal(unicode.detail, detailOf(7))
  for (const secret of [new URL(url).password, ada.email]) {
    assert.ok(!(resumed.stdout + resumed.stderr).includes(secret))
  }

  takesTexts = true
  latchkey.environment = { ...latchkey.environment, LATCHKEY_DATABASE_URL: url }
  await latchkey.start()
  const { refreshToken } = ada
  ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
  await ada.signInFully()
  assert.deepEqual((await ada.get('/settings/Profile')).body, profile)
  assert.deepEqual([profile.name, profile.groups], ['Ada Lovelace', ['staff']])
  await grace.signInFully()
  const alone = grace.passkey && (await signInWithPasskey(latchkey, grace.passkey))
  assert.equal(alone?.body.status, 'signedIn')
  await waitUntil(() => texts.received.length > 1)
  const code = /\b[0-9]{6}\b/.exec(texts.received.at(-1)?.text ?? '')?.[0]
  assert.equal((await edith.post('/settings/MfaSignIn', { ...body, code })).status, 200)
  assert.equal((await latchkey.post('/auth/Undo', { token: undoToken })).body.undone, 'mfa.off')
})

test('a row that differs in the target is detected and named', async (t) => {
  const latchkey = await startLatchkey(t, 'SQLite')
  const ada = await latchkey.owner()
  await latchkey.stopKeepingData()
  const { url, sql } = await createTarget(t)
  await sql('drop trigger slow on activity')
  await sql(`create function alter_it() returns trigger language plpgsql as
    $$ begin new.email := 'mallory@example.com'; return new; end $$`)
  await sql(
    'create trigger altered before insert on account for each row execute function alter_it()',
  )

  const wrong = await copyTo(t, latchkey, url)
  assert.equal(wrong.code, 65, wrong.stderr)
  const [{ id }] = await sql('select id from account')
  assert.deepEqual(JSON.parse(wrong.stdout).differences, [
    { table: 'account', key: id, what: 'different: email' },
  ])
  assert.ok(!wrong.stdout.includes(ada.email), 'the report contains row data')

  // Repairs the row, and adds one that the source does not have.
  await sql('alter table account disable trigger all')
  await sql(`update account set email = '${ada.email}'`)
  await sql(`insert into rate_limit_hit values ('zzz', 's', 0)`)
  const other = await copyTo(t, latchkey, url)
  assert.equal(other.code, 65)
  assert.deepEqual(JSON.parse(other.stdout).differences, [
    { table: 'rate_limit_hit', key: '', what: 'surplus rows: 1' },
  ])
})

test('a non-empty target, a source in use and invalid target URLs are rejected', async (t) => {
  const latchkey = await startLatchkey(t, 'SQLite')
  const { url, sql } = await createTarget(t)
  const assertRefused = async (to: string | undefined, why: RegExp, code = 1) => {
    const ended = await copyTo(t, latchkey, to)
    assert.deepEqual([ended.code, ended.stdout], [code, ''], ended.stderr)
    assert.match(ended.stderr, why)
    assert.doesNotMatch(ended.stderr, /^\s+at /m)
  }
  await assertRefused(url, /in use. Stop Latchkey first/)
  await latchkey.stopKeepingData()
  await assertRefused(undefined, /--to is missing/, 64)
  await assertRefused('sqlite:other.sqlite', /--to must be postgres/, 64)
  await assertRefused(
    'postgres://ada:hidden-word@127.0.0.1:1/x',
    /PostgreSQL of --to can’t be used/,
  )
  await sql('insert into rate_limit_hit values ($$a$$, $$s$$, 0)')
  await assertRefused(url, /not empty: it has rows in “rate_limit_hit”/)
  await sql('delete from rate_limit_hit')
  await sql('create table theirs (id text)')
  await assertRefused(url, /not empty: it has a table “theirs”/)
  await sql('drop table theirs')
  await sql(`create table latchkey_copy as select '["another"]'::text as source`)
  await assertRefused(url, /unfinished copy of another database/)
})

/** Enough rows for several batches, with characters of every UTF-8 length. */
const rowCount = 2500
const detailOf = (at: number) => JSON.stringify({ text: `${at} ä 漢字 🗝️ \\ " \u2028` })

function fill(latchkey: TestLatchkey): void {
  const db = new DatabaseSync((latchkey.environment.LATCHKEY_DATABASE_URL ?? '').slice(7))
  db.exec('begin')
  const insert = db.prepare(`insert into activity (id, type, at, detail) values (?, 'test', ?, ?)`)
  for (let at = 0; at < rowCount; at += 1) {
    insert.run(`a${String(at).padStart(6, '0')}`, at, detailOf(at))
  }
  db.exec('commit')
  db.close()
}

function tablesIn(latchkey: TestLatchkey): Record<string, number> {
  const db = new DatabaseSync((latchkey.environment.LATCHKEY_DATABASE_URL ?? '').slice(7))
  const tables = db
    .prepare(`select name from sqlite_schema where type = 'table' and name not glob 'kysely*'`)
    .all()
  const counted = tables.map(({ name }) => {
    return [name, db.prepare(`select count(*) as rows from "${name}"`).get()?.rows]
  })
  db.close()
  return Object.fromEntries(counted)
}

/** A migrated database in which the second batch of `activity` is slow. */
async function createTarget(t: TestContext) {
  const url = await createDatabase(t, 'PostgreSQL')
  const migrated = await runLatchkey(t, {
    args: ['migrate'],
    environment: { LATCHKEY_DATABASE_URL: url },
  })
  assert.equal(migrated.code, 0, migrated.stderr)
  const sql = (statement: string) => runSql(url, statement)
  await sql(`create function slow() returns trigger language plpgsql as $$ begin
    if (select count(*) from activity) >= 1000 then perform pg_sleep(9); end if; return null;
  end $$`)
  await sql(
    'create trigger slow before insert on activity for each statement execute function slow()',
  )
  return { url, sql }
}

async function copyTo(
  t: TestContext,
  latchkey: TestLatchkey,
  to: string | undefined,
  meanwhile: (copying: LatchkeyProcess) => Promise<void> = async () => {},
): Promise<ProcessResult> {
  const args = ['copy-to-postgres', '--json', ...(to === undefined ? [] : ['--to', to])]
  const copying = new LatchkeyProcess({
    folder: createTempFolder(t),
    environment: latchkey.environment,
    args,
  })
  t.after(() => copying.kill('SIGKILL'))
  await meanwhile(copying)
  return copying.result
}
