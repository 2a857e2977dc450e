import type { Updateable } from 'kysely'
import * as activity from '../activity/activity.ts'
import type { TemplateName, TemplateParams } from '../i18n/notification-catalogue.ts'
import type { Keyring } from '../keys/keyring.ts'
import { day } from '../lib/clock.ts'
import { enqueueNotification } from '../notifications/outbox.ts'
import type { MessageSecret } from '../notifications/templates.ts'
import type { Tx } from '../store/open.ts'
import type { AccountTable } from '../store/schema.ts'
import { issueUndoToken } from './undo-token.ts'

/** How long a weakening can be undone: over a holiday, and before its traces are gone. */
export const weakeningUndoMs = 7 * day

/**
 * How long a strengthening can be undone: long enough that a password thief can't lock the owner
 * out by turning MFA on, and not so long that a mailbox thief could undo what has stood for a day.
 */
export const strengtheningUndoMs = day

/** What a change of how one signs in is called, and how its owner hears of it. */
export interface CredentialChange<Name extends TemplateName> {
  type: activity.ActivityType
  cause: activity.Cause
  detail: activity.Detail
  notice: Name
  params: TemplateParams[Name]
  /** Milliseconds in which it can be undone; 0 if not at all. */
  undoForMs: number
}

/** The account as it was held: before a change, for its owner is told at the addresses of then. */
interface NotifiableAccount {
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
 * @param updateRows what changes in other rows; it runs after the snapshot was taken
 */
export async function changeCredentials<Name extends TemplateName>(
  tx: Tx,
  keyring: Keyring,
  account: NotifiableAccount,
  change: CredentialChange<Name>,
  set: Updateable<AccountTable>,
  updateRows: () => Promise<unknown> = async () => {},
): Promise<void> {
  const { type, cause, detail, notice, params, undoForMs } = change
  const secret =
    undoForMs > 0
      ? await issueUndoToken(tx, keyring, account.id, { type, lifetimeMs: undoForMs })
      : undefined

  await tx
    .updateTable('account')
    .set((row) => ({ ...set, credential_version: row('credential_version', '+', 1) }))
    .where('id', '=', account.id)
    .execute()
  await updateRows()
  const { detail: operatorDetail, ...attribution } = activity.attributionOf(cause)
  await activity.record(tx, account.id, {
    type,
    ...attribution,
    detail: { ...detail, ...operatorDetail },
  })
  await notifyOwner(tx, keyring, account, { template: notice, params, secret })
}

/** Tells at every address that the owner has proven. */
export async function notifyOwner<Name extends TemplateName>(
  tx: Tx,
  keyring: Keyring,
  { id, email, mfa_email }: NotifiableAccount,
  message: { template: Name; params: TemplateParams[Name]; secret?: MessageSecret | undefined },
): Promise<void> {
  for (const address of new Set([email, mfa_email ?? email])) {
    await enqueueNotification(tx, keyring, {
      accountId: id,
      to: { channel: 'email', destination: address },
      ...message,
    })
  }
}
