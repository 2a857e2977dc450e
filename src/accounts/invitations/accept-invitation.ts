import * as activity from '../../activity/activity.ts'
import type { Client } from '../../lib/client.ts'
import { networkOf } from '../../lib/network.ts'
import { unusablePassword } from '../../lib/password-hasher.ts'
import { Problem } from '../../lib/problem.ts'
import { insertPasskey, newPasskeyRow } from '../../mfa/passkey/passkey-row.ts'
import type { VerifiedRegistration } from '../../mfa/passkey/webauthn.ts'
import { rateLimits } from '../../rate-limits/limits.ts'
import type { RateLimiter } from '../../rate-limits/rate-limiter.ts'
import type { Amr } from '../../sessions/assurance.ts'
import { issueSession } from '../../sessions/issue-session.ts'
import type { IssuedSession, SessionRules } from '../../sessions/session.ts'
import type { Tx } from '../../store/transaction.ts'
import { isAddressReserved } from '../../undo/undo-token.ts'
import { createAccount } from '../create-account.ts'
import { insertGroups } from '../groups.ts'
import { insertProfiles } from '../profile.ts'
import { consumeInvitation } from './open-invitation.ts'

/** How the new account signs in: by a password, or by a passkey alone. */
export type FirstCredential =
  | { passwordHash: string }
  | { registration: VerifiedRegistration; userHandle: string; name: string | undefined }

/**
 * Counts the acceptance of an invitation, before anything is hashed or verified.
 *
 * @throws Problem with `retryAfter`
 */
export async function consumeAcceptanceLimit(
  tx: Tx,
  rateLimiter: RateLimiter,
  client: Client,
): Promise<void> {
  const key = networkOf(client.ipAddress)
  await rateLimiter.consume(tx, { limit: rateLimits.signUpsPerNetwork, key })
}

/**
 * Accepts an invitation: creates the account with its name and groups, and signs in. The token proves
 * the mailbox, so no code is asked.
 *
 * @throws Problem `invitation_expired`; `address_taken` if an account got the address meanwhile, which
 * leaves the invitation open; `passkey_known`
 */
export async function acceptInvitation(
  tx: Tx,
  { rules, rateLimiter }: { rules: SessionRules; rateLimiter: RateLimiter },
  acceptance: { token: string; credential: FirstCredential; client: Client },
): Promise<IssuedSession> {
  const { token, credential, client } = acceptance
  const invitation = await consumeInvitation(tx, token)
  const { email, email_key, name, groups } = invitation
  const withPasskey = 'registration' in credential
  const account = (await isAddressReserved(tx, email_key))
    ? undefined
    : await createAccount(tx, {
        email,
        email_key,
        password_hash: withPasskey ? unusablePassword() : credential.passwordHash,
        language: client.language,
        user_handle: withPasskey ? credential.userHandle : null,
      })
  if (!account) {
    throw new Problem(
      'address_taken',
      'This address has an account already. Please sign in with it.',
    )
  }
  await insertProfiles(tx, [{ account: account.id, profile: { name } }])
  await insertGroups(tx, [{ account: account.id, groups }])
  if (withPasskey) {
    const { registration, name: passkeyName = 'Passkey 1' } = credential
    const passkey = { registration, name: passkeyName, mfaEpoch: account.mfa_epoch }
    await insertPasskey(tx, newPasskeyRow(tx, account, passkey))
  }
  await activity.record(tx, account.id, {
    type: 'account.created',
    client,
    detail: {
      invitation: invitation.id,
      by: invitation.invited_by,
      ...(groups.length > 0 && { groups: groups.join(' ') }),
    },
  })
  const amr = withPasskey ? amrOf(credential.registration) : (['pwd'] satisfies Amr[])
  const issued = await issueSession(tx, { account, amr, client, rules, rateLimiter })
  if (!issued) throw new Error('The account was created, but no session was issued.')
  return issued
}

/** Without `mfa`: to register a passkey is not to sign in with it. */
function amrOf({ backupEligible }: VerifiedRegistration): Amr[] {
  return [backupEligible ? 'swk' : 'hwk', 'user']
}
