import { now } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { newId } from '../lib/random.ts'
import type { Tx } from '../store/open.ts'
import type { Channel } from './gateway.ts'
import type { Templates } from './templates.ts'

/** Where a message goes. */
export interface Recipient {
  channel: Channel
  /** One email address or one number in E.164. */
  address: string
}

/** Templates that anyone may read, and those that carry a code. */
export type Notice = {
  [Name in keyof Templates]: Templates[Name] extends { code: string } ? never : Name
}[keyof Templates]
export type CodeTemplate = Exclude<keyof Templates, Notice>

/**
 * Promises a message, in the transaction of what it tells of: both happen or neither. It leaves
 * after the commit.
 */
export async function enqueue<Name extends Notice>(
  tx: Tx,
  account: string | null,
  to: Recipient,
  template: Name,
  params: Templates[Name],
): Promise<void> {
  await insert(tx, { account, to, template, params: JSON.stringify(params) })
}

/** The same for a code, which nobody finds in the database and which is not sent late. */
export async function enqueueCode(
  tx: Tx,
  keys: Keys,
  account: string | null,
  to: Recipient,
  template: CodeTemplate,
  { code, expiresAt }: { code: string; expiresAt: number },
): Promise<void> {
  const id = newId()
  const secret = keys.seal(code, secretContext(id))
  await insert(tx, { id, account, to, template, params: '{}', secret, expiresAt })
}

/** What binds a sealed code to its message. */
export const secretContext = (id: string) => `outbox ${id}`

async function insert(
  tx: Tx,
  message: {
    id?: string
    account: string | null
    to: Recipient
    template: string
    params: string
    secret?: string
    expiresAt?: number
  },
): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({
      id: message.id ?? newId(),
      account_id: message.account,
      channel: message.to.channel,
      recipient: message.to.address,
      template: message.template,
      params: message.params,
      secret_sealed: message.secret ?? null,
      created_at: now(),
      expires_at: message.expiresAt ?? null,
      due_at: now(),
      tries: 0,
      sent_at: null,
      given_up_at: null,
      last_error: null,
    })
    .execute()
}
