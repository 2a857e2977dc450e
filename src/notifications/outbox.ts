import { sql } from 'kysely'
import type { TemplateName, TemplateParams } from '../i18n/notification-catalogue.ts'
import { now } from '../lib/clock.ts'
import type { Language } from '../lib/language.ts'
import { newId } from '../lib/random.ts'
import { databaseNow } from '../store/database-now.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { OutboxTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import { type MessageSecret, sealMessageSecret } from './message-secret.ts'
import { digestWaitMs, hasWaited, joinDigest, type Notice, reportsEvent } from './notice-digest.ts'
import type { Channel } from './transport.ts'

/** The destination of a message. */
export interface Recipient {
  channel: Channel
  /** One email address or one number in E.164. */
  destination: string
}

/** A message to be sent. */
export interface Notification<Name extends keyof TemplateParams> {
  /** The recipient's account; null before sign-up is complete. */
  accountId: string | null
  to: Recipient
  template: Name
  params: TemplateParams[Name]
  /** Stored sealed. A message whose code has expired is not sent. */
  secret?: MessageSecret | undefined
  /** The language for a recipient without an account. */
  language?: Language
}

/**
 * Enqueues a message in the transaction of the change it reports: both are written or neither. It is
 * sent after the commit; a notice that repeats one again and again, later, in a digest.
 */
export async function enqueueNotification<Name extends keyof TemplateParams>(
  tx: Tx,
  message: Notification<Name>,
): Promise<void> {
  const notice = asNotice(message)
  if (notice && (await joinDigest(tx, notice))) return

  const { accountId, to, template, params, secret, language = 'en' } = message
  const id = newId()
  const waitMs = notice ? await digestWaitMs(tx, notice) : 0
  await insertMessage(tx, {
    id,
    account_id: accountId,
    language,
    channel: to.channel,
    recipient: to.destination,
    template,
    params: JSON.stringify(params),
    secret_sealed: sealMessageSecret(tx.keyring, id, secret),
    expires_at: secret && expiringKinds.includes(secret.kind) ? secret.expiresAt : null,
    at: now(),
    waitMs,
  })
  // A decoy is counted like a code: the two must take the same time.
  if (secret?.kind === 'code' || secret?.kind === 'decoy') {
    tx.emit({ kind: 'code', channel: to.channel, purpose: template })
  }
}

/** Secrets without which a message is worthless. A notice is worth sending when its link has expired. */
const expiringKinds: MessageSecret['kind'][] = ['code', 'invitation']

/** A message to insert: its times follow the database’s clock, its language the account’s if it has one. */
type NewMessage = Pick<
  OutboxTable,
  | 'id'
  | 'account_id'
  | 'language'
  | 'channel'
  | 'recipient'
  | 'template'
  | 'params'
  | 'secret_sealed'
  | 'expires_at'
> & { at: number; waitMs: number }

const insertMessage = prepared((db, { at, waitMs, language, ...row }: NewMessage) => {
  const createdAt = databaseNow(db, at)
  const dueAt = sql<number>`${createdAt} + ${waitMs}`
  return db.insertInto('outbox').values(({ fn, selectFrom, val }) => ({
    ...row,
    language: fn.coalesce(
      selectFrom('account').select('language').where('id', '=', row.account_id),
      val(language),
    ),
    created_at: createdAt,
    // Null for a message that does not wait.
    waits_until: sql<number | null>`nullif(${dueAt}, ${createdAt})`,
    digest: null,
    next_attempt_at: dueAt,
    attempts: 0,
    sent_at: null,
    failed_at: null,
    last_error: null,
  }))
})

/** @returns undefined for a message that is never delayed */
function asNotice({
  accountId,
  to,
  template,
  params,
  secret,
}: Notification<TemplateName>): Notice | undefined {
  if (accountId === null || !reportsEvent(template)) return undefined
  return {
    accountId,
    recipient: to.destination,
    template,
    params: params as { at: number },
    secret,
  }
}

/** The number of unsent messages that are due by channel, and since when the oldest one is. */
export function countPendingMessages(db: Db) {
  return db
    .selectFrom('outbox')
    .select(({ fn }) => [
      'channel',
      fn.countAll<number>().as('waiting'),
      fn.min(fn.coalesce('waits_until', 'created_at')).as('oldest'),
    ])
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    .where(hasWaited(db))
    .groupBy('channel')
    .execute()
}
