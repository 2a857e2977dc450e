/** Baselines without a service: password hashes and durable transactions alone. */
import { availableParallelism } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { verify } from '@node-rs/argon2'
import { measureMs } from './http-client.ts'
import { prepareTurnOff } from './turn-off.ts'

/** Measures password verifications per second on all cores, at the cost of the stored hashes. */
export async function measureRawHashes(database: string, durationMs: number): Promise<number> {
  const hash = readPasswordHash(database)
  const end = Date.now() + durationMs
  let done = 0
  const totalMs = await measureMs(() =>
    Promise.all(
      Array.from({ length: availableParallelism() }, async () => {
        while (Date.now() < end) {
          await verify(hash, 'some password')
          done += 1
        }
      }),
    ),
  )
  return done / (totalMs / 1000)
}

/** Reads a stored hash, which contains its cost parameters. */
export function readPasswordHash(database: string): string {
  const db = new DatabaseSync(database)
  const hash = String(db.prepare('select password_hash from account').get()?.password_hash)
  db.close()
  return hash
}

/** Measures turn-offs per second, a commit each, over all accounts of a database with MFA on. */
export async function measureRawTurnOffs(database: string): Promise<number> {
  const db = new DatabaseSync(database)
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
  const sessions = db.prepare('select account_id, min(id) as id from session group by 1').all()
  const turnOff = prepareTurnOff(db)
  const totalMs = await measureMs(async () => {
    for (const { account_id, id } of sessions) {
      turnOff.begin()
      turnOff.change(String(account_id), String(id))
      turnOff.commit()
    }
  })
  db.close()
  return sessions.length / (totalMs / 1000)
}
