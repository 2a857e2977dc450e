import type { Client } from '../lib/client.ts'
import { newId } from '../lib/random.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'
import { enqueueWebhookEvent } from '../webhooks/events.ts'

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
  | 'recovery_codes.generated'
  | 'recovery_code.used'
  | 'password.changed'
  | 'password.reset'
  | 'password.reset_required'
  | 'email.changed'
  | 'phone.changed'
  | 'language.changed'
  | 'account.deleted'
  | 'account.erased'
  | 'account.suspended'
  | 'account.unsuspended'
  | 'device.trusted'
  | 'device.revoked'
  | 'change.undone'
  | 'admin.added'
  | 'admin.removed'

/** Who or what brought a change about. */
export type Cause =
  | { by: 'owner'; session: string; client: Client }
  /** Whoever holds the mailbox. */
  | { by: 'mailbox'; client: Client }
  | OperatorCause

/** Whoever runs the service. */
export interface OperatorCause {
  by: 'operator'
  /** Their address, or `the command line`. */
  operator: string
  /** Theirs; there is none on the command line. */
  session?: string
  /** Why, in their own words: its owner reads it. */
  reason: string | null
}

/** For the owner's eyes: no secret in it. */
export type Detail = Record<string, string | number | boolean | null>

export interface NewActivity {
  type: ActivityType
  /** Null for what operators do: the owner's list tells who they are, not where. */
  client: Client | null
  session?: string
  detail?: Detail
}

/** What is written down of who or what brought something about. */
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

/** Writes down what happened, in the transaction in which it happens. */
export async function record(tx: Tx, account: string | null, entry: NewActivity): Promise<void> {
  const { type, client, session = null, detail = {} } = entry
  const [id, at] = [newId(), tx.now()]
  await tx
    .insertInto('activity')
    .values({
      id,
      account_id: account,
      type,
      at,
      session_id: session,
      ip_address: client?.ipAddress ?? null,
      user_agent: client?.userAgent ?? null,
      detail: JSON.stringify(detail),
    })
    .execute()
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

/** Writes down of many accounts that they were brought over, at once. */
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

/** Writes down that an account is gone, and not whose it was; programs are told, by its id. */
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
  /** Where the next page begins; null at the end. */
  nextCursor: string | null
}

/**
 * One account's entries, newest first, or everyone's.
 *
 * @param before the id of the entry that was seen last
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
  const pageRows = rows.slice(0, limit)
  return {
    activity: pageRows.map(({ ip_address: ipAddress, user_agent: userAgent, ...row }) => ({
      ...row,
      ipAddress,
      userAgent,
      detail: JSON.parse(row.detail),
    })),
    nextCursor: rows.length > limit ? (pageRows.at(-1)?.id ?? null) : null,
  }
}
