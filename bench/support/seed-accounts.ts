import { randomUUIDv7 } from 'node:crypto'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

type Row = Record<string, SQLInputValue>

/** Rows a transaction: few waits for the disk, and no journal of gigabytes. */
const rowsPerTransaction = 20_000

/**
 * Fills a database with accounts like its only one: the same password, a session, an authenticator
 * and what happened so far. The service must not be running.
 *
 * @returns their addresses
 */
export function seedAccounts(database: string, count: number): string[] {
  const db = new DatabaseSync(database)
  db.exec('pragma journal_mode = wal; pragma synchronous = off; pragma foreign_keys = on')
  const firstRow = (table: string, where = '1') =>
    db.prepare(`select * from ${table} where ${where} limit 1`).get() as Row
  const [account, session, authenticator] = [
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
    if (index % rowsPerTransaction === 0) db.exec(index === 0 ? 'begin' : 'commit; begin')
    const id = randomUUIDv7()
    // Addresses come in no order: neighbours in time are strangers in the index.
    const email = `${((index * 7919) % 1_000_003).toString(36)}-${index}@example.com`
    emails.push(email)
    insert('account', { ...account, id, email, email_key: email, mfa_on_since: null })
    for (const [table, row] of [
      ['session', session],
      ['totp_secret', authenticator],
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
