import type * as activity from '../../activity/activity.ts'
import type { Keyring } from '../../keys/keyring.ts'
import { toIsoString } from '../../lib/clock.ts'
import type { PasswordHasher } from '../../lib/password-hasher.ts'
import { rateLimits } from '../../rate-limits/limits.ts'
import type { RateLimiter } from '../../rate-limits/rate-limiter.ts'
import { checkPassword } from '../../sessions/check-password.ts'
import { keepDeviceKnown } from '../../sessions/device.ts'
import type { Guard, Principal } from '../../sessions/guard.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import { endSessions } from '../../sessions/session.ts'
import { removeTrust } from '../../sessions/trusted-device.ts'
import type { Db } from '../../store/open.ts'
import type { RunTransaction, Tx } from '../../store/transaction.ts'
import { changeCredentials } from '../../undo/credential-change.ts'

export interface PasswordDeps {
  db: Db
  transaction: RunTransaction
  keyring: Keyring
  rateLimiter: RateLimiter
  passwords: PasswordHasher
  guard: Guard
}

/**
 * Checks the current password of a signed-in owner. Wrong passwords count against the session.
 *
 * @returns the hash that the password matches, to be compared with the locked account before a
 * change is made; undefined for a wrong password
 * @throws Problem `too_many_attempts` or `unavailable`
 */
export function confirmPassword(
  deps: PasswordDeps,
  principal: Principal,
  password: string,
): Promise<string | undefined> {
  return deps.passwords.withSlot(() => verifyCurrentPassword(deps, principal, password))
}

async function verifyCurrentPassword(
  deps: PasswordDeps,
  principal: Principal,
  password: string,
): Promise<string | undefined> {
  const { db, transaction, rateLimiter } = deps
  const account = await db
    .selectFrom('account')
    .select(['id', 'password_hash'])
    .where('id', '=', principal.account)
    .executeTakeFirstOrThrow()
  // Counted before the check, so that concurrent guesses cannot exceed the limit.
  const reservation = await transaction((tx) =>
    rateLimiter.consume(tx, { limit: rateLimits.wrongPasswordsInSession, key: principal.session }),
  )
  const verifiedHash = await checkPassword(deps, account, password)
  if (verifiedHash === undefined) return undefined
  await transaction((tx) => rateLimiter.refund(tx, reservation))
  return verifiedHash
}

/**
 * Changes the password after checking the current one. Every other session ends, no device stays
 * trusted, and only the session’s device stays known.
 *
 * @returns undefined if the current password is wrong
 * @throws Problem `too_many_attempts` or `unavailable`
 */
export async function changePassword(
  deps: PasswordDeps,
  principal: Principal,
  { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
): Promise<{ changedAt: string } | undefined> {
  const { transaction, passwords, guard } = deps
  const verifiedHash = await confirmPassword(deps, principal, currentPassword)
  if (verifiedHash === undefined) return undefined
  const newHash = await passwords.hash(newPassword)

  return transaction(async (tx) => {
    const account = await guard.lockAccount(tx, principal)
    // Another request may have changed the password during hashing.
    if (account.password_hash !== verifiedHash) return undefined
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
