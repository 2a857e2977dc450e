import type { Client } from '../lib/client.ts'
import { newId } from '../lib/random.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { ActivityTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import { enqueueWebhookEvent } from '../webhooks/events.ts'

/**
 * The kinds of activity. Webhook receivers, metrics and pages match on a type, so it never changes
 * its meaning.
 *
 * A change gets a type of its own if its owner should read another sentence or a receiver should
 * react in another way: another thing changed (`phone.changed`), the same thing changed in another
 * direction (`mfa.on`, `mfa.off`), or another proof authorised it (`password.reset` took the
 * mailbox, `password.changed` the old password). Actor, reason and method do not make a type:
 * an operator who turns MFA off records `mfa.off` with a cause, and `detail` has the `reason` why a
 * session ended and the `mfaMethod` that was added. A consequence
 * (other sessions end, another method becomes the default) belongs to the entry of the change that
 * caused it, unless it gives out a credential: recovery codes generated when MFA is turned on and a
 * device trusted during a sign-in have entries of their own.
 *
 * A new type needs a sentence in `web/src/security/activity-sentence.ts` and `src/i18n`, and
 * belongs in the documentation of webhooks.
 */
export type ActivityType =
  | 'account.created'
  | 'invitation.created'
  | 'invitation.revoked'
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
  | 'recovery_codes.generated'
  | 'recovery_code.used'
  | 'password.changed'
  | 'password.reset'
  | 'password.reset_required'
  | 'email.changed'
  | 'phone.changed'
  | 'language.changed'
  | 'profile.changed'
  | 'username.changed'
  | 'groups.changed'
  | 'account.deleted'
  | 'account.erased'
  | 'account.suspended'
  | 'account.unsuspended'
  | 'device.trusted'
  | 'device.revoked'
  | 'app.allowed'
  | 'app.removed'
  | 'change.undone'
  | 'undo.failed'
  | 'admin.added'
  | 'admin.removed'

/** The actor of a change, and how the actor was authenticated. */
export type Cause =
  | { by: 'owner'; session: string; client: Client }
  /** Somebody who proved access to the account's mailbox. */
  | { by: 'mailbox'; client: Client }
  | OperatorCause

/** A change by an operator, over HTTP or on the command line. */
export interface OperatorCause {
  by: 'operator'
  /** The id of the operator's account, or `commandLine`. */
  operator: string
  /** The operator's session; absent on the command line. */
  session?: string
  /** Free text, which the account's owner reads. */
  reason: string | null
}

/** The operator of a command. */
export const commandLine = 'the command line'

/** Details that the owner may see. Never a secret. */
export type Detail = Record<string, string | number | boolean | null>

export interface NewActivity {
  type: ActivityType
  /** Null for operators: owners see who acted, but not from which network. */
  client: Client | null
  session?: string
  detail?: Detail
}

/** The fields of an activity entry that name the actor. */
export function attributionOf(cause: Cause): Pick<NewActivity, 'client' | 'session' | 'detail'> {
  if (cause.by === 'mailbox') return { client: cause.client }
  if (cause.by === 'owner') return { client: cause.client, session: cause.session }
  const { operator, session, reason } = cause
  return {
    client: null,
    ...(session !== undefined && { session }),
    detail: { by: operator, ...(reason !== null && { why: reason }) },
  }
}

/** Records an activity entry and enqueues its webhook event, in the transaction of the change. */
export async function record(tx: Tx, account: string | null, entry: NewActivity): Promise<void> {
  const { type, client, session = null, detail = {} } = entry
  const [id, at] = [newId(), tx.now()]
  await insertActivity(tx, {
    id,
    account_id: account,
    type,
    at,
    session_id: session,
    ip_address: client?.ipAddress ?? null,
    user_agent: client?.userAgent ?? null,
    detail: JSON.stringify(detail),
  })
  await enqueueWebhookEvent(tx, {
    id,
    accountId: account,
    type,
    at,
    sessionId: session,
    userAgent: client?.userAgent ?? null,
    detail,
  })
  const { mfaMethod } = detail
  tx.emit({
    kind: 'activity',
    type,
    ...(typeof mfaMethod === 'string' && { mfaMethod }),
  })
}

const insertActivity = prepared((db, row: ActivityTable) => db.insertInto('activity').values(row))

/** Records `account.created` for a batch of imported accounts, in one statement. */
export async function recordImportedAccounts(
  tx: Tx,
  accounts: { account: string; detail: Detail }[],
): Promise<void> {
  if (accounts.length === 0) return
  const shared = { type: 'account.created' satisfies ActivityType, at: tx.now(), user_agent: null }
  const entries = accounts.map(({ account, detail }) => ({
    id: newId(),
    ...shared,
    accountId: account,
    detail,
  }))
  await tx
    .insertInto('activity')
    .values(
      entries.map(({ accountId, detail, ...entry }) => ({
        ...entry,
        account_id: accountId,
        session_id: null,
        ip_address: null,
        detail: JSON.stringify(detail),
      })),
    )
    .execute()
  for (const { user_agent, ...entry } of entries) {
    await enqueueWebhookEvent(tx, { ...entry, sessionId: null, userAgent: user_agent })
  }
}

/** Records an erasure without the account's id; the webhook event carries the id. */
export async function recordErasure(tx: Tx, account: string): Promise<void> {
  const [id, at, type] = [newId(), tx.now(), 'account.erased'] as const
  const anonymous = { session_id: null, ip_address: null, user_agent: null, detail: '{}' }
  await tx
    .insertInto('activity')
    .values({ id, account_id: null, type, at, ...anonymous })
    .execute()
  const event = { id, accountId: account, type, at, sessionId: null, userAgent: null, detail: {} }
  await enqueueWebhookEvent(tx, event, true)
}

export interface ActivityPage {
  activity: {
    id: string
    account_id: string | null
    type: string
    at: number
    ipAddress: string | null
    userAgent: string | null
    detail: Record<string, unknown>
  }[]
  /** The `before` of the next page; null on the last page. */
  nextCursor: string | null
}

/**
 * Lists activity, newest first.
 *
 * @param account undefined for the activity of all accounts
 * @param before the id of the last entry of the previous page
 */
export async function listActivity(
  db: Db,
  account: string | undefined,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<ActivityPage> {
  const rows = await db
    .selectFrom('activity')
    .select(['id', 'account_id', 'type', 'at', 'ip_address', 'user_agent', 'detail'])
    .$if(account !== undefined, (query) => query.where('account_id', '=', account ?? ''))
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit).map(({ ip_address, user_agent, detail, ...row }) => ({
    ...row,
    ipAddress: ip_address,
    userAgent: user_agent,
    detail: JSON.parse(detail),
  }))
  await nameOperators(db, page)
  return { activity: page, nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
}

/**
 * Replaces the ids of operators in `by` with their addresses. They are not stored with other people’s
 * activity, so that an operator who leaves leaves no address behind.
 */
export async function nameOperators(db: Db | Tx, entries: { detail: Record<string, unknown> }[]) {
  const details = entries
    .map(({ detail }) => detail)
    .filter(({ by }) => by !== undefined && by !== commandLine)
  if (details.length === 0) return
  const operators = await db
    .selectFrom('account')
    .select(['id', 'email'])
    .where('id', 'in', [...new Set(details.map(({ by }) => String(by)))])
    .execute()
  const names = new Map(operators.map(({ id, email }) => [id, email]))
  for (const detail of details) detail.by = names.get(String(detail.by)) ?? 'a former operator'
}
