import type { Updateable } from 'kysely'
import * as activity from '../activity/activity.ts'
import type { TemplateName, TemplateParams } from '../i18n/notification-catalogue.ts'
import type { MessageSecret } from '../notifications/message-secret.ts'
import { enqueueNotification } from '../notifications/outbox.ts'
import { prepared } from '../store/prepared-query.ts'
import type { AccountTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import { takeSnapshot } from './snapshot.ts'
import { issueUndoToken } from './undo-token.ts'

/** A change of how an account signs in, its cause, and the notification to the owner. */
export interface CredentialChange<Name extends TemplateName> {
  type: activity.ActivityType
  cause: activity.Cause
  detail?: activity.Detail
  notice: Name
  params: TemplateParams[Name]
  /** False for what an operator imposes: an undo would lift it. True by default. */
  undoable?: boolean
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
  const { type, cause, detail, notice, params, undoable = true, set, updateRows } = change
  const snapshot = undoable ? await takeSnapshot(tx, account.id) : undefined
  const secret = snapshot && (await issueUndoToken(tx, account.id, { type, snapshot }))

  await updateCredentials(tx, { ...set, id: account.id })
  await updateRows?.()
  const { detail: operatorDetail, ...attribution } = activity.attributionOf(cause)
  await activity.record(tx, account.id, {
    type,
    ...attribution,
    detail: { ...detail, ...operatorDetail },
  })
  await notifyOwner(tx, account, { template: notice, params, secret })
}

const updateCredentials = prepared(
  (db, { id, ...set }: Updateable<AccountTable> & { id: string }) =>
    db
      .updateTable('account')
      .set((row) => ({ ...set, credential_version: row('credential_version', '+', 1) }))
      .where('id', '=', id),
)

/** A notification about an account, and the undo link of the change that it is about. */
interface Notice<Name extends TemplateName> {
  template: Name
  params: TemplateParams[Name]
  secret?: MessageSecret | undefined
}

/**
 * Sends a notification to every email address that the account has verified. Only the account’s own
 * address gets an undo link: a link sets a password, which another mailbox must not.
 */
export async function notifyOwner<Name extends TemplateName>(
  tx: Tx,
  { id, email, mfa_email }: NotifiableAccount,
  notice: Notice<Name>,
): Promise<void> {
  const { secret } = notice
  await notifyAddress(tx, id, email, notice)
  if (mfa_email === null || mfa_email === email) return
  await notifyAddress(tx, id, mfa_email, {
    ...notice,
    secret: secret && { ...secret, kind: 'undoElsewhere', value: '' },
  })
}

export function notifyAddress<Name extends TemplateName>(
  tx: Tx,
  account: string,
  address: string,
  notice: Notice<Name>,
): Promise<void> {
  const to = { channel: 'email', destination: address } as const
  return enqueueNotification(tx, { accountId: account, to, ...notice })
}
