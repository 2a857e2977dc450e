import { randomUUIDv7 } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

/** The parts of turning MFA off. With `synchronous = full`, `commit` returns once it is on the disk. */
export interface TurnOff {
  begin(): void
  change(account: string, session: string): void
  commit(): void
}

/** Turns MFA off with the fewest statements: begin, account, activity, outbox, commit. */
export function prepareTurnOff(db: DatabaseSync): TurnOff {
  const begin = db.prepare('begin immediate')
  const update = db.prepare(
    `update account
     set mfa_on_since = null, mfa_epoch = null, mfa_changed_at = ?, credential_version = credential_version + 1
     where id = ? and mfa_on_since is not null
     returning email`,
  )
  const record = db.prepare(
    `insert into activity (id, account_id, type, at, session_id, ip_address, user_agent, detail)
     values (?, ?, 'mfa.off', ?, ?, '127.0.0.1', '', '{"mfaMethod":"authenticator"}')`,
  )
  const enqueue = db.prepare(
    `insert into outbox (id, account_id, channel, recipient, template, params, created_at, next_attempt_at, attempts)
     values (?, ?, 'email', ?, 'mfa-off', ?, ?, ?, 0)`,
  )
  const commit = db.prepare('commit')

  return {
    begin: () => begin.run(),
    change(account, session) {
      const at = Date.now()
      const updated = update.get(at, account)
      if (!updated) throw new Error('MFA was off already: this would measure nothing.')
      record.run(randomUUIDv7(), account, at, session)
      enqueue.run(randomUUIDv7(), account, String(updated.email), JSON.stringify({ at }), at, at)
    },
    commit: () => commit.run(),
  }
}
