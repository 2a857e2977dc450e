/**
 * Notices of one kind, about one account and to one recipient: three within ten minutes are sent at
 * once. The fourth waits for ten minutes, and those that come meanwhile join its message, the digest.
 * So a script that repeats a change does not flood the owner’s mailbox, and no notice is dropped.
 */
import { type ExpressionBuilder, sql } from 'kysely'
import { type TemplateName, templateParams } from '../i18n/notification-catalogue.ts'
import { minute, now } from '../lib/clock.ts'
import { databaseNow } from '../store/database-now.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { OutboxTable, Schema } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import { type MessageSecret, openMessageSecret, sealMessageSecret } from './message-secret.ts'

const maxSentAtOnce = 3

/** The window in which notices are counted, and how long a digest waits. */
const windowMs = 10 * minute

/** Notices of a digest whose parameters are kept: the first and the newest, half each. */
const maxListed = 20

/** A notice that reports an event, with the time of the event. */
export interface Notice {
  accountId: string
  recipient: string
  template: TemplateName
  params: { at: number }
  secret: MessageSecret | undefined
}

/** The notices of a digest beyond its first. */
export interface Digest {
  /** How many there are, at most `maxListed` of them with parameters. */
  count: number
  /** Oldest first. */
  params: Notice['params'][]
}

/** Whether a message reports an event. Codes, and replies to requests, do not, and are never delayed. */
export function reportsEvent(template: TemplateName): boolean {
  return 'at' in templateParams[template]
}

/**
 * Adds a notice to the waiting digest of its kind. The digest keeps its oldest undo link, which leads
 * back furthest.
 *
 * @returns false if no digest waits
 */
export async function joinDigest(tx: Tx, notice: Notice): Promise<boolean> {
  const [waiting] = await selectWaiting(tx, kindOf(notice))
  if (!waiting) return false

  const { count, params } = parseDigest(waiting.digest)
  const listed = [...params, notice.params]
  if (listed.length >= maxListed) listed.splice(maxListed / 2, 1)
  const secrets = [openMessageSecret(tx.keyring, waiting), notice.secret]
  const secret = secrets.find((one) => one?.kind === 'undo') ?? secrets.find(Boolean)
  await updateDigest(tx, {
    id: waiting.id,
    digest: JSON.stringify({ count: count + 1, params: listed } satisfies Digest),
    secret_sealed: sealMessageSecret(tx.keyring, waiting.id, secret),
  })
  return true
}

const selectWaiting = prepared((db, kind: NoticeKind) =>
  noticesOfKind(db, kind)
    .select(['id', 'digest', 'secret_sealed'])
    .where('waits_until', '>', databaseNow(db, kind.at))
    // A worker that has claimed it sends it as it was. Checked again once its claim has committed.
    .where('attempts', '=', 0)
    .forUpdate(),
)

const updateDigest = prepared(
  (db, { id, ...set }: Pick<OutboxTable, 'id' | 'digest' | 'secret_sealed'>) =>
    db.updateTable('outbox').set(set).where('id', '=', id),
)

/** How long a notice waits that joins no digest, in milliseconds. */
export async function digestWaitMs(tx: Tx, notice: Notice): Promise<number> {
  const rows = await selectRecent(tx, kindOf(notice))
  const reported: Notice['params'][] = rows.flatMap(({ params, digest }) => [
    JSON.parse(params),
    ...parseDigest(digest).params,
  ])
  const count = reported.filter(({ at }) => at > tx.now() - windowMs).length
  return count < maxSentAtOnce ? 0 : windowMs
}

const selectRecent = prepared((db, kind: NoticeKind) => {
  const recent = sql<number>`${databaseNow(db, kind.at)} - ${windowMs}`
  return noticesOfKind(db, kind)
    .select(['params', 'digest'])
    .where((row) => row.or([row('created_at', '>', recent), row('waits_until', '>', recent)]))
})

/**
 * Makes the waiting digests of an account due. Call it when undo links end: a later change has a link
 * that still works, and must not join a digest whose link does not.
 */
export async function releaseDigests(tx: Tx, account: string): Promise<void> {
  await tx
    .updateTable('outbox')
    .set({ waits_until: databaseNow(tx, now()), next_attempt_at: databaseNow(tx, now()) })
    .where('account_id', '=', account)
    .where('waits_until', '>', databaseNow(tx, now()))
    .where('attempts', '=', 0)
    .execute()
}

/** Condition that excludes digests that still wait. */
export function hasWaited(db: Db) {
  return (row: ExpressionBuilder<Schema, 'outbox'>) =>
    row.or([row('waits_until', 'is', null), row('waits_until', '<=', databaseNow(db, now()))])
}

export function parseDigest(digest: string | null): Digest {
  return digest === null ? { count: 0, params: [] } : JSON.parse(digest)
}

/** Notices of one kind, and the time of this machine. */
type NoticeKind = Pick<Notice, 'accountId' | 'template' | 'recipient'> & { at: number }

function kindOf({ accountId, template, recipient }: Notice): NoticeKind {
  return { accountId, template, recipient, at: now() }
}

function noticesOfKind(db: Db, { accountId, template, recipient }: NoticeKind) {
  return db
    .selectFrom('outbox')
    .where('account_id', '=', accountId)
    .where('template', '=', template)
    .where('recipient', '=', recipient)
}
