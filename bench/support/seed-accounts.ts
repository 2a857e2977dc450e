import { randomUUIDv7 } from 'node:crypto'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

type Row = Record<string, SQLInputValue>

/** Accounts per transaction: few waits for the disk, without a journal of gigabytes. */
const accountsPerTransaction = 20_000

/**
 * Fills a database with copies of its only account: password, session, authenticator app and
 * activity. The service must not be running.
 *
 * @returns their addresses
 */
export function seedAccounts(database: string, count: number): string[] {
  const db = new DatabaseSync(database)
  db.exec('pragma journal_mode = wal; pragma synchronous = off; pragma foreign_keys = on')
  const firstRow = (table: string, where = '1') =>
    db.prepare(`select * from ${table} where ${where} limit 1`).get() as Row
  const [account, session, totpSecret] = [
    firstRow('account'),
    firstRow('session'),
    firstRow('totp_secret'),
  ]
  const [createdActivity, signInActivity] = [
    firstRow('activity', "type = 'account.created'"),
    firstRow('activity', "type = 'signin.succeeded'"),
  ]

  const inserts = new Map<string, StatementSync>()
  const emails: string[] = []
  for (let index = 0; index < count; index += 1) {
    if (index % accountsPerTransaction === 0) db.exec(index === 0 ? 'begin' : 'commit; begin')
    const id = randomUUIDv7()
    // Addresses in no order, so that accounts created in a row are far apart in the index.
    const email = `${((index * 7919) % 1_000_003).toString(36)}-${index}@example.com`
    emails.push(email)
    insert('account', { ...account, id, email, email_key: email, mfa_on_since: null })
    for (const [table, row] of [
      ['session', session],
      ['totp_secret', totpSecret],
      ['activity', createdActivity],
      ['activity', signInActivity],
    ] as const) {
      insert(table, { ...row, id: randomUUIDv7(), account_id: id })
    }
  }
  db.exec('commit; pragma wal_checkpoint(truncate)')
  db.close()
  return emails

  function insert(table: string, row: Row): void {
    let statement = inserts.get(table)
    if (!statement) {
      const names = Object.keys(row)
      const placeholders = names.map(() => '?')
      statement = db.prepare(`insert into ${table} (${names}) values (${placeholders})`)
      inserts.set(table, statement)
    }
    statement.run(...Object.values(row))
  }
}
