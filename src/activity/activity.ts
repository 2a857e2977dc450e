import type { Client } from '../lib/client.ts'
import { now } from '../lib/clock.ts'
import { newId } from '../lib/random.ts'
import type { Db, Tx } from '../store/open.ts'
import { tell } from '../store/watch.ts'

/** What can happen to an account. A type never changes its meaning. */
export type ActivityType =
  | 'account.created'
  | 'signin.succeeded'
  | 'signin.failed'
  | 'session.ended'
  | 'mfa.on'
  | 'mfa.off'
  | 'mfa.method_added'
  | 'mfa.method_changed'
  | 'mfa.method_removed'
  | 'passkey.added'
  | 'passkey.renamed'
  | 'passkey.removed'
  | 'passkey.refused'
  | 'recovery_codes.made'
  | 'recovery_code.used'
  | 'password.changed'
  | 'password.reset'
  | 'email.changed'
  | 'phone.changed'
  | 'language.changed'
  | 'account.deleted'
  | 'account.erased'
  | 'device.trusted'
  | 'device.forgotten'
  | 'change.undone'

/** Who or what brought a change about. */
export type Cause =
  | { by: 'owner'; session: string; client: Client }
  /** Whoever holds the mailbox. */
  | { by: 'mailbox'; client: Client }

/** For the owner's eyes: no secret in it. */
export type Detail = Record<string, string | number | boolean | null>

export interface NewActivity {
  type: ActivityType
  client: Client
  session?: string
  detail?: Detail
}

/** Writes down what happened, in the transaction in which it happens. */
export async function record(tx: Tx, account: string | null, entry: NewActivity): Promise<void> {
  await tx
    .insertInto('activity')
    .values({
      id: newId(),
      account_id: account,
      type: entry.type,
      at: now(),
      session_id: entry.session ?? null,
      address: entry.client.address,
      device: entry.client.device,
      detail: JSON.stringify(entry.detail ?? {}),
    })
    .execute()
  const mfaMethod = entry.detail?.mfaMethod
  await tell(tx, {
    about: 'activity',
    type: entry.type,
    ...(typeof mfaMethod === 'string' && { mfaMethod }),
  })
}

export interface Page {
  activity: {
    id: string
    type: string
    at: number
    address: string | null
    device: string | null
    detail: Record<string, unknown>
  }[]
  /** Where the next page begins; null at the end. */
  nextCursor: string | null
}

/** One account's entries, newest first. @param before the id of the entry that was seen last */
export async function page(
  db: Db,
  account: string,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<Page> {
  const rows = await db
    .selectFrom('activity')
    .select(['id', 'type', 'at', 'address', 'device', 'detail'])
    .where('account_id', '=', account)
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  return {
    activity: shown.map((row) => ({ ...row, detail: JSON.parse(row.detail) })),
    nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
  }
}
