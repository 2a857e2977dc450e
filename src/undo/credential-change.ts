import type { Updateable } from 'kysely'
import * as activity from '../activity/activity.ts'
import type { TemplateName, TemplateParams } from '../i18n/notification-catalogue.ts'
import { day } from '../lib/clock.ts'
import { enqueueNotification } from '../notifications/outbox.ts'
import type { MessageSecret } from '../notifications/templates.ts'
import type { AccountTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import { issueUndoToken } from './undo-token.ts'

/**
 * How long a weakening change can be undone: long enough to cover a holiday. Retention keeps removed
 * credentials for longer, so that the rows of a snapshot still exist.
 */
export const weakeningUndoMs = 7 * day

/**
 * How long a strengthening change can be undone: long enough that somebody with a stolen password
 * cannot lock the owner out by turning MFA on, and short enough that somebody who gets into the
 * mailbox later cannot turn MFA off by undoing.
 */
export const strengtheningUndoMs = day

/** A change of how an account signs in, its cause, and the notification to the owner. */
export interface CredentialChange<Name extends TemplateName> {
  type: activity.ActivityType
  cause: activity.Cause
  detail?: activity.Detail
  notice: Name
  params: TemplateParams[Name]
  /** Milliseconds during which the change can be undone; 0 if it cannot. */
  undoForMs: number
  /** New values of the account's columns. */
  set?: Updateable<AccountTable>
  /** Changes rows of other tables; runs after the snapshot was taken. */
  updateRows?: (() => Promise<unknown>) | undefined
}

/** The columns of an account that `notifyOwner` needs. */
interface NotifiableAccount {
  id: string
  email: string
  mfa_email: string | null
}

/**
 * Changes an account’s credentials; beside `undo`, the only function that does. Issues an undo token
 * with a snapshot if the change can be undone, raises the credential version, which voids everything
 * pending, records the activity, and notifies the owner at every address that was verified before
 * the change.
 *
 * @param account as it was before the change
 */
export async function changeCredentials<Name extends TemplateName>(
  tx: Tx,
  account: NotifiableAccount,
  change: CredentialChange<Name>,
): Promise<void> {
  const { type, cause, detail, notice, params, undoForMs, set, updateRows } = change
  const secret =
    undoForMs > 0
      ? await issueUndoToken(tx, account.id, { type, lifetimeMs: undoForMs })
      : undefined

  await tx
    .updateTable('account')
    .set((row) => ({ ...set, credential_version: row('credential_version', '+', 1) }))
    .where('id', '=', account.id)
    .execute()
  await updateRows?.()
  const { detail: operatorDetail, ...attribution } = activity.attributionOf(cause)
  await activity.record(tx, account.id, {
    type,
    ...attribution,
    detail: { ...detail, ...operatorDetail },
  })
  await notifyOwner(tx, account, { template: notice, params, secret })
}

/**
 * Sends a notification to every email address that the account has verified. Only the account’s own
 * address gets an undo link: a link sets a password, which another mailbox must not.
 */
export async function notifyOwner<Name extends TemplateName>(
  tx: Tx,
  { id, email, mfa_email }: NotifiableAccount,
  message: { template: Name; params: TemplateParams[Name]; secret?: MessageSecret | undefined },
): Promise<void> {
  const notify = (address: string, secret: MessageSecret | undefined) =>
    enqueueNotification(tx, {
      accountId: id,
      to: { channel: 'email', destination: address },
      ...message,
      secret,
    })
  const { secret } = message
  await notify(email, secret)
  if (mfa_email === null || mfa_email === email) return
  await notify(mfa_email, secret && { ...secret, kind: 'undoElsewhere', value: '' })
}
