import { Secret, TOTP } from 'otpauth'
import { sealContext } from '../../keys/sealed-columns.ts'
import type { Sealer, Tx } from '../../store/transaction.ts'

/** Time steps accepted on each side of the current one. */
const windowSteps = 1

/** The number of codes that are valid at any time. */
export const acceptedSteps = windowSteps + 1 + windowSteps

/**
 * The time step whose code is `code`; undefined if it matches none.
 *
 * Accepts the current step and one on each side, for slow networks and clocks that disagree
 * (RFC 6238 §5.2, §6). Keeps no state: a code is valid once (§5.2), so the caller must reject every
 * step up to the last one used.
 *
 * @param secret the shared secret in base 32
 * @param code as typed; anything but six ASCII digits, spaces aside, matches no step
 * @param at milliseconds since 1970
 */
export function matchTimeStep(secret: string, code: string, at: number): number | undefined {
  const digits = code.replaceAll(' ', '')
  if (!/^[0-9]{6}$/.test(digits)) return undefined
  const totp = new TOTP({ secret: Secret.fromBase32(secret) })
  const delta = totp.validate({ token: digits, timestamp: at, window: windowSteps })
  return delta === null ? undefined : totp.counter({ timestamp: at }) + delta
}

/** Marks a time step as used. @returns false if it, or a later step, was used before */
export async function consumeTimeStep(tx: Tx, secretId: string, step: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('totp_secret')
    .set({ last_step: step })
    .where('id', '=', secretId)
    .where((row) => row.or([row('last_step', 'is', null), row('last_step', '<', step)]))
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0
}

export function sealTotpSecret(keyring: Sealer, account: string, secret: string): string {
  return keyring.seal(secret, sealContext('totp_secret', account))
}

export function openTotpSecret(keyring: Sealer, account: string, sealed: string): string {
  return keyring.open(sealed, sealContext('totp_secret', account))
}

/** Verifies a code of a confirmed secret, and consumes its time step, so that it is accepted once. */
export async function verifyTotpCode(
  tx: Tx,
  account: string,
  secret: { id: string; secret_sealed: string },
  code: string,
): Promise<boolean> {
  const base32 = openTotpSecret(tx.keyring, account, secret.secret_sealed)
  const step = matchTimeStep(base32, code, tx.now())
  return step !== undefined && consumeTimeStep(tx, secret.id, step)
}
