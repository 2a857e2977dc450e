/** Limits that need no service: password hashes and durable transactions, and nothing around them. */
import { availableParallelism } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { verify } from '@node-rs/argon2'
import { timed } from './caller.ts'
import { createTurnOff } from './turn-off.ts'

/** Password checks a second with all cores, at the cost of the stored hashes. */
export async function rawHashes(database: string, ms: number): Promise<number> {
  const stored = storedHash(database)
  const end = Date.now() + ms
  let done = 0
  const totalMs = await timed(() =>
    Promise.all(
      Array.from({ length: availableParallelism() }, async () => {
        while (Date.now() < end) {
          await verify(stored, 'some password')
          done += 1
        }
      }),
    ),
  )
  return done / (totalMs / 1000)
}

/** A stored hash: it says itself what checking it costs. */
export function storedHash(database: string): string {
  const db = new DatabaseSync(database)
  const stored = String(db.prepare('select password_hash from account').get()?.password_hash)
  db.close()
  return stored
}

/** Turn-offs a second with a commit each: every account of a database in which MFA is on. */
export async function rawTurnOffs(database: string): Promise<number> {
  const db = new DatabaseSync(database)
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
  const sessions = db.prepare('select account_id, min(id) as id from session group by 1').all()
  const turnOff = createTurnOff(db)
  const totalMs = await timed(async () => {
    for (const { account_id, id } of sessions) turnOff(String(account_id), String(id))
  })
  db.close()
  return sessions.length / (totalMs / 1000)
}
