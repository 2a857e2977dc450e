import type { Updateable } from 'kysely'
import { day } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { enqueue } from '../messages/outbox.ts'
import type { Secret } from '../messages/templates.ts'
import type { Tx } from '../store/open.ts'
import type { AccountTable } from '../store/schema.ts'
import type { Template, Templates } from '../text/message.ts'
import * as activity from './activity.ts'
import { keepWayBack } from './way-back.ts'

/** How long a weakening can be undone: over a holiday, and before its traces are gone. */
export const weakeningMs = 7 * day

/**
 * How long a strengthening can be undone: long enough that a password thief can't lock the owner
 * out by turning MFA on, and not so long that a mailbox thief could undo what has stood for a day.
 */
export const strengtheningMs = day

/** What a change of how one signs in is called, and how its owner hears of it. */
export interface Change<Name extends Template> {
  type: activity.ActivityType
  cause: activity.Cause
  detail: activity.Detail
  tell: Name
  params: Templates[Name]
  /** Milliseconds in which it can be undone; 0 if not at all. */
  undoForMs: number
}

/** The account as it was held: before a change, for its owner is told at the addresses of then. */
interface Account {
  id: string
  email: string
  mfa_email: string | null
}

/**
 * Changes how an account signs in. There is no other way to: what was before is kept, whatever
 * was pending is void, the change is written down, and the owner is told at every address that was
 * proven before, with the way back.
 *
 * @param set what changes in the account's row
 * @param rows what changes in other rows; it runs after the snapshot was taken
 */
export async function change<Name extends Template>(
  tx: Tx,
  keys: Keys,
  account: Account,
  what: Change<Name>,
  set: Updateable<AccountTable>,
  rows: () => Promise<unknown> = async () => {},
): Promise<void> {
  const { type, cause, detail, tell, params, undoForMs } = what
  const secret =
    undoForMs > 0 ? await keepWayBack(tx, keys, account.id, { type, forMs: undoForMs }) : undefined

  await tx
    .updateTable('account')
    .set((row) => ({ ...set, credential_version: row('credential_version', '+', 1) }))
    .where('id', '=', account.id)
    .execute()
  await rows()
  const { detail: why, ...trace } = activity.traceOf(cause)
  await activity.record(tx, account.id, { type, ...trace, detail: { ...detail, ...why } })
  await tellOwner(tx, keys, account, { template: tell, params, secret })
}

/** Tells at every address that the owner has proven. */
export async function tellOwner<Name extends Template>(
  tx: Tx,
  keys: Keys,
  { id, email, mfa_email }: Account,
  what: { template: Name; params: Templates[Name]; secret?: Secret | undefined },
): Promise<void> {
  for (const address of new Set([email, mfa_email ?? email])) {
    await enqueue(tx, keys, { account: id, to: { channel: 'email', address }, ...what })
  }
}
