import * as activity from '../../activity/activity.ts'
import { day, toIsoString } from '../../lib/clock.ts'
import type { EmailAddress } from '../../lib/email-address.ts'
import type { Language } from '../../lib/language.ts'
import { Problem } from '../../lib/problem.ts'
import { newId, newToken } from '../../lib/random.ts'
import { enqueueNotification } from '../../notifications/outbox.ts'
import { lockEmails } from '../../store/locks.ts'
import type { Db } from '../../store/open.ts'
import type { Tx } from '../../store/transaction.ts'
import { isAddressReserved } from '../../undo/undo-token.ts'
import { hashInvitationToken } from './open-invitation.ts'

/** Long enough for somebody on holiday, short enough that old mail opens nothing. */
const invitationLifetimeMs = 7 * day

/** An invitation whose link works, as operators see it. */
export interface Invitation {
  id: string
  email: string
  /** The display name that the account will have. */
  name: string | null
  /** The groups that the account will have. */
  groups: string[]
  /** The operator’s address, or `commandLine`. */
  invitedBy: string
  createdAt: string
  expiresAt: string
}

/**
 * Invites an address: mails a link by which its owner creates an account. Replaces an earlier
 * invitation of the address, whose link stops working.
 *
 * @param invitation.name checked; undefined for none
 * @param invitation.groups checked
 * @param invitation.language of the message
 * @throws Problem `address_taken`: operators may know which addresses have accounts
 */
export async function createInvitation(
  tx: Tx,
  invitation: {
    email: EmailAddress
    name: string | undefined
    groups: readonly string[]
    language: Language
  },
  cause: activity.OperatorCause,
): Promise<Invitation> {
  const { email, name = null, groups, language } = invitation
  await lockEmails(tx, email.key)
  await ensureAddressIsFree(tx, email.key)
  await tx.deleteFrom('invitation').where('email_key', '=', email.key).execute()
  const token = newToken()
  const row = {
    id: newId(),
    email: email.address,
    name,
    group_names: JSON.stringify(groups),
    invited_by: cause.operator,
    created_at: tx.now(),
    expires_at: tx.now() + invitationLifetimeMs,
  }
  const token_hash = hashInvitationToken(tx.keyring, token)
  await tx
    .insertInto('invitation')
    .values({ ...row, email_key: email.key, token_hash })
    .execute()
  await recordInvitation(tx, 'invitation.created', row.id, cause)
  await enqueueNotification(tx, {
    accountId: null,
    language,
    to: { channel: 'email', destination: email.address },
    template: 'invitation',
    params: {},
    secret: { kind: 'invitation', value: token, expiresAt: row.expires_at },
  })
  const [created] = await viewsOf(tx, [row])
  return created as Invitation
}

/** @throws Problem `address_taken` by an account, or by one that may get the address back by an undo */
async function ensureAddressIsFree(tx: Tx, emailKey: string): Promise<void> {
  const account = await tx
    .selectFrom('account')
    .select('deleted_at')
    .where('email_key', '=', emailKey)
    .executeTakeFirst()
  if (account) {
    throw new Problem(
      'address_taken',
      account.deleted_at === null
        ? 'This address has an account already, so there is nothing to invite it to.'
        : 'The account of this address was deleted a few days ago, and its owner can still undo that.',
    )
  }
  if (await isAddressReserved(tx, emailKey)) {
    throw new Problem(
      'address_taken',
      'Another account had this address recently, and can still get it back by an undo.',
    )
  }
}

/**
 * Revokes an invitation: its link stops working at once.
 *
 * @returns whether there was one; an accepted, replaced or expired one is gone already
 */
export async function revokeInvitation(
  tx: Tx,
  id: string,
  cause: activity.OperatorCause,
): Promise<boolean> {
  const revoked = await tx
    .deleteFrom('invitation')
    .where('id', '=', id)
    .where('expires_at', '>', tx.now())
    .returning('id')
    .executeTakeFirst()
  if (!revoked) return false
  await recordInvitation(tx, 'invitation.revoked', id, cause)
  return true
}

/** The entry belongs to no account yet. `account.created` repeats the id of the invitation. */
function recordInvitation(
  tx: Tx,
  type: activity.ActivityType,
  id: string,
  cause: activity.OperatorCause,
): Promise<void> {
  const { detail, ...attribution } = activity.attributionOf(cause)
  return activity.record(tx, null, { type, ...attribution, detail: { invitation: id, ...detail } })
}

/** Greater than every UUID, so that the first page is a range of the index, like all others. */
const afterAllIds = 'g'

/**
 * Lists the invitations whose links work, newest first.
 *
 * @param page.before the id of the last one of the previous page
 * @returns also the `before` of the next page; null on the last one
 */
export async function listInvitations(
  db: Db,
  { before, limit, at }: { before: string | undefined; limit: number; at: number },
): Promise<{ invitations: Invitation[]; nextCursor: string | null }> {
  const rows = await db
    .selectFrom('invitation')
    .select(['id', 'email', 'name', 'group_names', 'invited_by', 'created_at', 'expires_at'])
    .where('id', '<', before ?? afterAllIds)
    .where('expires_at', '>', at)
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  const nextCursor = rows.length > limit ? (page.at(-1)?.id ?? null) : null
  return { invitations: await viewsOf(db, page), nextCursor }
}

interface InvitationRow {
  id: string
  email: string
  name: string | null
  group_names: string
  invited_by: string
  created_at: number
  expires_at: number
}

async function viewsOf(db: Db | Tx, rows: InvitationRow[]): Promise<Invitation[]> {
  const operators = rows.map((row) => ({ detail: { by: row.invited_by } }))
  await activity.nameOperators(db, operators)
  return rows.map((row, i) => ({
    id: row.id,
    email: row.email,
    name: row.name,
    groups: JSON.parse(row.group_names),
    invitedBy: String(operators[i]?.detail.by),
    createdAt: toIsoString(row.created_at),
    expiresAt: toIsoString(row.expires_at),
  }))
}
