import { Secret, TOTP } from 'otpauth'
import type * as activity from '../../activity/activity.ts'
import type { MfaMethod } from '../../config/settings.ts'
import { toIsoString } from '../../lib/clock.ts'
import { newId } from '../../lib/random.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import { activeMfaMethod } from '../../store/mfa-state.ts'
import type { Db } from '../../store/open.ts'
import type { Tx } from '../../store/transaction.ts'
import { availableMethods, readEnrollments } from '../methods/methods.ts'
import { removeMethod } from '../mfa-sign-in.ts'
import { renderQrCode } from './qr-code.ts'
import { sealTotpSecret } from './totp.ts'

/** 160 bits: RFC 4226 §4 recommends them, and every app accepts them. */
const secretBytes = 20

/** A new secret, to be added to an authenticator app. */
export interface NewTotpSecret {
  secret: string
  otpauthUri: string
  qrCode: string
  confirmed: false
}

/**
 * Creates an unconfirmed secret, which replaces any earlier unconfirmed one. The secret in use stays
 * until a code of the new one is sent to `POST /settings/MfaSignIn`.
 *
 * @param issuer the name that the app shows beside the email address
 */
export async function createTotpSecret(
  tx: Tx,
  account: LockedAccount,
  issuer: string,
): Promise<NewTotpSecret> {
  const secret = new Secret({ size: secretBytes })
  await deleteUnconfirmedSecret(tx, account)
  await tx
    .insertInto('totp_secret')
    .values({
      id: newId(),
      account_id: account.id,
      secret_sealed: sealTotpSecret(tx.keyring, account.id, secret.base32),
      created_at: tx.now(),
      confirmed_at: null,
      last_step: null,
      removed_at: null,
      mfa_epoch: null,
    })
    .execute()

  const otpauthUri = new TOTP({ issuer, label: account.email, secret }).toString()
  return { secret: secret.base32, otpauthUri, qrCode: renderQrCode(otpauthUri), confirmed: false }
}

export interface TotpSecretState {
  confirmed: boolean
  confirmedAt: string | null
}

/** Reads whether an authenticator app is set up. The secret is never shown again. */
export async function readTotpSecretState(db: Db | Tx, account: string): Promise<TotpSecretState> {
  const row = await db
    .selectFrom('totp_secret')
    .select('confirmed_at')
    .where('account_id', '=', account)
    .where('confirmed_at', 'is not', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  return {
    confirmed: row !== undefined,
    confirmedAt: row?.confirmed_at ? toIsoString(row.confirmed_at) : null,
  }
}

/** Removes the authenticator app and any unconfirmed secret. Does nothing if there is neither. */
export async function removeTotpSecret(
  tx: Tx,
  account: LockedAccount,
  ranking: readonly MfaMethod[],
  cause: activity.Cause,
): Promise<void> {
  await deleteUnconfirmedSecret(tx, account)
  const { current, pending } = await readEnrollments(tx, account)
  if (!current.authenticator && !pending.authenticator) return

  const remaining = availableMethods(
    { ...current, authenticator: false },
    ranking,
    activeMfaMethod(account),
  )
  const updateRows = () => removeConfirmedSecret(tx, account)
  await removeMethod(tx, account, { removed: 'authenticator', remaining, updateRows }, cause)
}

/**
 * Confirms a new secret in an MFA epoch. It replaces the one in use.
 *
 * @param step the time step of the code that confirmed it; it counts as used, so that this code
 * does not sign in as well
 */
export async function confirmTotpSecret(
  tx: Tx,
  account: LockedAccount,
  id: string,
  step: number,
  epoch: number,
): Promise<void> {
  await removeConfirmedSecret(tx, account)
  await tx
    .updateTable('totp_secret')
    .set({ confirmed_at: tx.now(), last_step: step, mfa_epoch: epoch })
    .where('id', '=', id)
    .execute()
}

/** Makes the confirmed secret a factor of an MFA epoch, after a code of it was verified. */
export async function enrollTotpSecret(
  tx: Tx,
  account: LockedAccount,
  epoch: number,
): Promise<void> {
  await tx
    .updateTable('totp_secret')
    .set({ mfa_epoch: epoch })
    .where('account_id', '=', account.id)
    .where('confirmed_at', 'is not', null)
    .where('removed_at', 'is', null)
    .execute()
}

/** Marks the secret in use as removed: an undo restores it, and used time steps stay used. */
async function removeConfirmedSecret(tx: Tx, account: LockedAccount): Promise<void> {
  await tx
    .updateTable('totp_secret')
    .set({ removed_at: tx.now() })
    .where('account_id', '=', account.id)
    .where('confirmed_at', 'is not', null)
    .where('removed_at', 'is', null)
    .execute()
}

async function deleteUnconfirmedSecret(tx: Tx, account: LockedAccount): Promise<void> {
  await tx
    .deleteFrom('totp_secret')
    .where('account_id', '=', account.id)
    .where('confirmed_at', 'is', null)
    .execute()
}
