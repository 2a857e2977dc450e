import { setTimeout as sleep } from 'node:timers/promises'
import { createAccounts } from '../support/accounts.ts'
import { createDatabase, type DatabaseKind, databaseKinds } from '../support/databases.ts'
import { startLatchkey } from '../support/process.ts'
import { copyRow, emailOf, hashOf, idOf } from '../support/seed-accounts.ts'
import { openSql } from '../support/sql.ts'
import type { Figure } from '../support/table.ts'

/** Rows per figure: a page more or less changes nothing. */
const count = 100_000

/** The `User-Agent` of a browser. */
const user_agent = `'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'`

const account_id = idOf('01')
const session_id = idOf('02')

/** The rows of each kind, and how many of them one thing has. */
const rows = {
  account: { table: 'account', columns: { id: account_id, email: emailOf, email_key: emailOf } },
  session: { table: 'session', columns: { id: session_id, account_id, user_agent } },
  refreshToken: {
    table: 'refresh_token',
    columns: { token_hash: hashOf('token'), session_id, used_at: `${Date.now()} + i` },
  },
  activity: {
    table: 'activity',
    columns: { id: idOf('03'), account_id, at: `${Date.now()} + i`, user_agent },
  },
  device: {
    table: 'device',
    columns: { id: idOf('04'), account_id, token_hash: hashOf('device'), user_agent },
  },
  totpSecret: { table: 'totp_secret', columns: { id: idOf('05'), account_id } },
  recoveryCode: {
    table: 'recovery_code',
    columns: { id: idOf('06'), account_id, code_hash: hashOf('code') },
  },
  profile: { table: 'profile', columns: { account_id, username_key: emailOf } },
  group: { table: 'account_group', columns: { account_id } },
  undoToken: {
    table: 'undo_token',
    columns: { id: idOf('07'), account_id, token_hash: hashOf('undo'), email_key: emailOf },
  },
  message: {
    table: 'outbox',
    where: 'sent_at is not null and account_id is not null',
    columns: { id: idOf('08'), account_id, recipient: emailOf, sent_at: `${Date.now()} + i` },
  },
  sessionApp: { table: 'session_app', columns: { session_id, sid: hashOf('sid') } },
  appLogout: {
    table: 'app_logout',
    columns: { id: idOf('09'), account_id, sid: hashOf('sid'), sent_at: `${Date.now()} + i` },
  },
}

type Bytes = Record<keyof typeof rows, number>

/** The figures of docs/sizing.md. */
const figuresOf: Record<string, (bytes: Bytes) => number> = {
  account: ({ account, activity }) => account + activity,
  'authenticator app, with ten recovery codes': (bytes) =>
    bytes.totpSecret + 10 * bytes.recoveryCode,
  'profile and three groups': ({ profile, group }) => profile + 3 * group,
  device: ({ device }) => device,
  session: ({ session }) => session,
  refresh: ({ refreshToken }) => refreshToken,
  'activity entry': ({ activity }) => activity,
  'sign-in: a session, a refresh token, an activity entry': (bytes) =>
    bytes.session + bytes.refreshToken + bytes.activity,
  'undoable change, with its message and activity entry': (bytes) =>
    bytes.undoToken + bytes.message + bytes.activity,
  'application of a session': ({ sessionApp }) => sessionApp,
  'its logout': ({ appLogout }) => appLogout,
}

/** Rows that the service writes with an application; the measured one has none. */
const ofAnApplication = [
  `insert into session_app select id, 'grafana', id, created_at from session`,
  `insert into app_logout select id, 'grafana', account_id, id, created_at, created_at, 1, created_at, null, null
   from session`,
]

/** Measures how many bytes of the database everything takes that grows with accounts and their use. */
export async function rowSizes(logProgress: (message: string) => void): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const kind of databaseKinds) {
    logProgress(`${kind}: ${count} rows of each kind`)
    const bytes = await measureBytes(kind)
    for (const [name, sumOf] of Object.entries(figuresOf)) {
      figures.push({ name: `${kind}, ${name}`, value: `${Math.round(sumOf(bytes))} bytes` })
    }
  }
  return figures
}

async function measureBytes(kind: DatabaseKind): Promise<Bytes> {
  const url = await createDatabase(kind)
  const service = await startLatchkey(undefined, { url })
  await createAccounts(service, 1)
  // Until its messages are sent.
  await sleep(1000)
  await service.stop()

  const sql = await openSql(url)
  await sql.run(
    `insert into profile select id, 'Ada Lovelace', 'ada.lovelace', 'ada.lovelace',
     'https://pictures.example.com/ada.png', '{"department":"Engines"}', created_at from account`,
  )
  await sql.run(`insert into account_group select id, 'department-staff' from account`)
  for (const statement of ofAnApplication) await sql.run(statement)
  const bytes: Partial<Bytes> = {}
  for (const [name, copies] of Object.entries(rows)) {
    const before = await sql.size()
    await copyRow(sql, copies, count)
    await sql.settle()
    bytes[name as keyof Bytes] = ((await sql.size()) - before) / count
  }
  await sql.close()
  return bytes as Bytes
}
