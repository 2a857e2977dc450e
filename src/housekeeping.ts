import { day, hour, now } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import type { Db } from './store/open.ts'

/** Limits look back a day at most. */
const attemptsKeptMs = day

/** Long enough to look into why a message did not come. */
const messagesKeptMs = 7 * day

/** So long an ended session still tells which networks its owner came from. */
const sessionsKeptMs = 90 * day

/** A thief uses a refresh token soon or never; a busy session leaves a hundred of them a day. */
const usedTokensKeptMs = 7 * day

/** Attempts on addresses that have no account belong to nobody. */
const strangersKeptMs = 30 * day

/** Deletes, once an hour, what nobody will ask for again. @returns what stops it */
export function keepHouse(db: Db, log: Log): () => void {
  const timer = setInterval(() => {
    tidy(db).catch((error) => log.error({ err: error }, 'housekeeping failed'))
  }, hour)
  timer.unref()
  return () => clearInterval(timer)
}

export async function tidy(db: Db): Promise<void> {
  const at = now()
  await db
    .deleteFrom('attempt')
    .where('at', '<', at - attemptsKeptMs)
    .execute()
  await db.deleteFrom('sign_up').where('expires_at', '<', at).execute()
  await db.deleteFrom('challenge').where('expires_at', '<', at).execute()
  await db
    .deleteFrom('outbox')
    .where('sent_at', '<', at - messagesKeptMs)
    .execute()
  await db
    .deleteFrom('outbox')
    .where('given_up_at', '<', at - messagesKeptMs)
    .execute()
  await db
    .deleteFrom('session')
    .where('idle_until', '<', at - sessionsKeptMs)
    .execute()
  await db
    .deleteFrom('refresh_token')
    .where('used_at', '<', at - usedTokensKeptMs)
    .execute()
  await db
    .deleteFrom('activity')
    .where('account_id', 'is', null)
    .where('at', '<', at - strangersKeptMs)
    .execute()
}
