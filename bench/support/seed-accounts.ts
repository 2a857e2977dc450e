import type { Row, Sql } from './sql.ts'

/** Copies of a row: SQL expressions of `i`, the number of the copy from 1 on, for columns that differ. */
interface Copies {
  table: string
  /** Picks the row that is copied. */
  where?: string
  columns: Record<string, string>
}

/** The id of the `i`th row of one kind: in order, and as long as a UUID. */
export const idOf = (kind: string) =>
  `'019aceb0-00${kind}-7000-8000' || cast(1000000000000 + i as text)`

/** In no order, so that rows that are created in a row are far apart in an index. */
const scattered = `cast((i * 7919) % 1000003 as text) || '-' || cast(i as text)`

export const emailOf = `${scattered} || '@example.com'`

/** As long as the HMAC of a token. */
export const hashOf = (kind: string) => `${scattered} || '-${kind.padEnd(25, 'x')}'`

/** Rows per statement: few waits for the disk, without a journal of gigabytes. */
const rowsPerStatement = 50_000

/** Copies a row `count` times. The service must not be running. */
export async function copyRow(
  sql: Sql,
  { table, where = 'true', columns }: Copies,
  count: number,
): Promise<void> {
  const [row] = await sql.run(`select * from ${table} where ${where} limit 1`)
  if (!row) throw new Error(`${table} has no row to copy.`)
  const expressions = Object.entries(row).map(([name, value]) => columns[name] ?? literal(value))
  for (let first = 1; first <= count; first += rowsPerStatement) {
    const last = Math.min(count, first + rowsPerStatement - 1)
    await sql.run(
      `insert into ${table} (${Object.keys(row)})
       with recursive numbers (i) as (
         select cast(${first} as bigint) union all select i + 1 from numbers where i < ${last}
       )
       select ${expressions} from numbers`,
    )
  }
}

function literal(value: Row[string]): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
}

const day = 86_400_000

/** One of a hundred rows has just expired: more than the clean-up finds in an hour. */
const expired = (days: number) => `case when i % 100 = 0 then ${daysAgo(days)} + i else`
const daysAgo = (days: number) => Date.now() - days * day

/**
 * Fills a database with copies of its only account, each with an authenticator app, a session, a device,
 * a week’s messages and activity. The service must not be running.
 */
export async function seedAccounts(sql: Sql, count: number): Promise<void> {
  const now = Date.now()
  const account_id = idOf('01')
  const session_id = idOf('02')
  const owned = (kind: string) => ({ id: idOf(kind), account_id })
  const rows: Copies[] = [
    { table: 'account', columns: { id: account_id, email: emailOf, email_key: emailOf } },
    {
      table: 'session',
      columns: {
        id: session_id,
        account_id,
        generation: '2',
        idle_until: `${expired(91)} ${now + 7 * day} end`,
      },
    },
    // The latest, and the one used for it, which the clean-up keeps however long ago that was.
    {
      table: 'refresh_token',
      columns: { token_hash: hashOf('new'), session_id, generation: '2' },
    },
    {
      table: 'refresh_token',
      columns: { token_hash: hashOf('used'), session_id, used_at: `${daysAgo(14)} + i * 1000` },
    },
    { table: 'totp_secret', columns: owned('03') },
    { table: 'device', columns: { ...owned('04'), token_hash: hashOf('device') } },
    {
      table: 'undo_token',
      columns: {
        ...owned('05'),
        token_hash: hashOf('undo'),
        expires_at: `${expired(1)} ${now + 7 * day} end`,
      },
    },
    {
      table: 'outbox',
      where: 'sent_at is not null',
      columns: { ...owned('06'), sent_at: `${expired(8)} ${now} end` },
    },
    {
      table: 'activity',
      where: "type = 'account.created'",
      columns: { ...owned('07'), at: `${expired(366)} ${now} end` },
    },
    { table: 'activity', where: "type = 'mfa.on'", columns: owned('08') },
  ]
  for (const copies of rows) await copyRow(sql, copies, count)
  await sql.settle()
}
