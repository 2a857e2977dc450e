import { Problem } from '../../lib/problem.ts'
import { lockEmails } from '../../store/locks.ts'
import type { Sealer, Tx } from '../../store/transaction.ts'

const tokenPurpose = 'invitation_token'

/** Hashes the token of a link, to store it. */
export function hashInvitationToken(keyring: Pick<Sealer, 'hash'>, token: string): string {
  return keyring.hash(token, tokenPurpose)
}

/** An invitation whose link works. */
export interface OpenInvitation {
  id: string
  email: string
  email_key: string
  name: string | null
  groups: string[]
  /** The id of the operator, or `commandLine`. */
  invited_by: string
  expires_at: number
}

const columns = [
  'id',
  'email',
  'email_key',
  'name',
  'group_names',
  'invited_by',
  'expires_at',
] as const

/** Finds the invitation of a link, and leaves it open. @throws Problem `invitation_expired` */
export async function findInvitation(tx: Tx, token: string): Promise<OpenInvitation> {
  const row = await tx
    .selectFrom('invitation')
    .select(columns)
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(token, tokenPurpose))
    .where('expires_at', '>', tx.now())
    .executeTakeFirst()
  return openInvitationOf(row)
}

/**
 * Uses an invitation up: of concurrent calls with its token, one gets it. Locks its address until the
 * transaction ends.
 *
 * @throws Problem `invitation_expired`
 */
export async function consumeInvitation(tx: Tx, token: string): Promise<OpenInvitation> {
  const { email_key } = await findInvitation(tx, token)
  // Before the row: replacing an invitation locks them in this order, too.
  await lockEmails(tx, email_key)
  const row = await tx
    .deleteFrom('invitation')
    .where('token_hash', 'in', tx.keyring.hashWithAllKeys(token, tokenPurpose))
    .where('expires_at', '>', tx.now())
    .returning(columns)
    .executeTakeFirst()
  return openInvitationOf(row)
}

function openInvitationOf(
  row: (Omit<OpenInvitation, 'groups'> & { group_names: string }) | undefined,
): OpenInvitation {
  if (!row) {
    throw new Problem(
      'invitation_expired',
      'This invitation was accepted, replaced or revoked, or has expired. If you have accepted it, sign in. Otherwise ask the person who invited you for another one.',
    )
  }
  const { group_names, ...invitation } = row
  return { ...invitation, groups: JSON.parse(group_names) }
}
