import type { TemplateParams } from '../i18n/notification-catalogue.ts'
import type { Keyring } from '../keys/keyring.ts'
import { sealContext } from '../keys/sealed-columns.ts'
import type { Language } from '../lib/language.ts'
import { newId } from '../lib/random.ts'
import { databaseNow } from '../store/database-now.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'
import type { MessageSecret } from './templates.ts'
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
 * sent after the commit.
 */
export async function enqueueNotification<Name extends keyof TemplateParams>(
  tx: Tx,
  { accountId, to, template, params, secret, language = 'en' }: Notification<Name>,
): Promise<void> {
  const id = newId()
  await tx
    .insertInto('outbox')
    .values({
      id,
      account_id: accountId,
      language:
        accountId === null
          ? language
          : (query) => query.selectFrom('account').select('language').where('id', '=', accountId),
      channel: to.channel,
      recipient: to.destination,
      template,
      params: JSON.stringify(params),
      secret_sealed: secret
        ? tx.keyring.seal(JSON.stringify(secret), sealContext('outbox', id))
        : null,
      created_at: databaseNow(tx),
      expires_at: secret?.kind === 'code' ? secret.expiresAt : null,
      next_attempt_at: databaseNow(tx),
      attempts: 0,
      sent_at: null,
      failed_at: null,
      last_error: null,
    })
    .execute()
  // A decoy is counted like a code: the two must take the same time.
  if (secret && secret.kind !== 'undo') {
    tx.emit({ kind: 'code', channel: to.channel, purpose: template })
  }
}

/** The number of unsent messages by channel, and the creation time of the oldest. */
export function countPendingMessages(db: Db) {
  return db
    .selectFrom('outbox')
    .select(({ fn }) => [
      'channel',
      fn.countAll<number>().as('waiting'),
      fn.min('created_at').as('oldest'),
    ])
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    .groupBy('channel')
    .execute()
}

/** Opens the secret of a row. */
export function openMessageSecret(
  keyring: Keyring,
  { id, secret_sealed }: { id: string; secret_sealed: string | null },
): MessageSecret | undefined {
  return secret_sealed === null
    ? undefined
    : JSON.parse(keyring.open(secret_sealed, sealContext('outbox', id)))
}
