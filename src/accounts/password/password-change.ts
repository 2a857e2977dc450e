import type * as activity from '../../activity/activity.ts'
import { toIsoString } from '../../lib/clock.ts'
import type { PasswordHasher } from '../../lib/password-hasher.ts'
import { type Confirmation, ensureConfirmed } from '../../mfa/confirm-owner.ts'
import { keepDeviceKnown } from '../../sessions/device.ts'
import type { Guard, Principal } from '../../sessions/guard.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import { endSessions } from '../../sessions/session.ts'
import { removeTrust } from '../../sessions/trusted-device.ts'
import type { RunTransaction, Tx } from '../../store/transaction.ts'
import { changeCredentials } from '../../undo/credential-change.ts'

/**
 * Changes the password once the owner has confirmed it. Every other session ends, no device stays
 * trusted, and only the session’s device stays known.
 *
 * @throws Problem `unavailable`, or `invalid_credentials` if the credentials have changed meanwhile
 */
export async function changePassword(
  deps: { transaction: RunTransaction; passwords: PasswordHasher; guard: Guard },
  principal: Principal,
  { confirmation, newPassword }: { confirmation: Confirmation; newPassword: string },
): Promise<{ changedAt: string }> {
  const { transaction, passwords, guard } = deps
  const newHash = await passwords.hash(newPassword)

  return transaction(async (tx) => {
    // Apart, so that a thief with an access token alone does not keep the owner from it.
    const account = await guard.lockForChange(tx, principal, 'password')
    ensureConfirmed(account, confirmation)
    const cause = { by: 'owner', ...principal } as const
    await setPassword(tx, account, newHash, { type: 'password.changed', cause })
    await keepDeviceKnown(tx, account, principal)
    await endSessions(tx, account.id, principal.session)
    return { changedAt: toIsoString(tx.now()) }
  })
}

/**
 * Sets the password. No device stays trusted, or known unless the caller keeps it so. Ending sessions
 * is up to the caller.
 */
export async function setPassword(
  tx: Tx,
  account: LockedAccount,
  passwordHash: string,
  entry: { type: 'password.changed' | 'password.reset'; cause: activity.Cause },
): Promise<void> {
  const at = tx.now()
  await changeCredentials(tx, account, {
    ...entry,
    notice: 'password-changed',
    params: { at },
    set: {
      password_hash: passwordHash,
      password_changed_at: at,
      password_reset_required_since: null,
      ...(entry.type === 'password.reset' && { reset_by_email_at: at }),
    },
    updateRows: () => removeTrust(tx, account.id),
  })
}
