import { Secret, TOTP } from 'otpauth'
import { sealContext } from '../../keys/sealed-columns.ts'
import { now } from '../../lib/clock.ts'
import type { Sealer, Tx } from '../../store/transaction.ts'
import type { CodeMethod } from './method.ts'

/** How many steps before and after the one of now are taken. */
const windowSteps = 1

/** How many codes are right at any time. */
export const acceptedSteps = windowSteps + 1 + windowSteps

/** A code from an app that holds a shared secret (TOTP, RFC 6238). */
export const authenticator: CodeMethod = {
  amr: 'otp',
  isEnrolled: (enrollment) => enrollment.authenticator,

  async verifyCode(tx, keyring, { account }, code) {
    const row = await tx
      .selectFrom('totp_secret')
      .select(['id', 'secret_sealed'])
      .where('account_id', '=', account)
      .where('confirmed_at', 'is not', null)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    const step =
      row && matchTimeStep(openTotpSecret(keyring, account, row.secret_sealed), code, now())
    return step !== undefined && consumeTimeStep(tx, row?.id ?? '', step)
  },
}

/**
 * The time step that `code` belongs to, or undefined if it fits none.
 *
 * The step of `at` counts, and one on either side of it, for slow networks and clocks that
 * disagree (RFC 6238 §5.2, §6). It remembers nothing: the caller must refuse every step up to
 * the last one used, since a code may be accepted only once (§5.2).
 *
 * @param secret as enrolled, unsealed, in base 32
 * @param code what was typed; anything but six ASCII digits, spaces aside, fits no step
 * @param at milliseconds since 1970
 */
export function matchTimeStep(secret: string, code: string, at: number): number | undefined {
  const digits = code.replaceAll(' ', '')
  if (!/^[0-9]{6}$/.test(digits)) return undefined
  const totp = new TOTP({ secret: Secret.fromBase32(secret) })
  const delta = totp.validate({ token: digits, timestamp: at, window: windowSteps })
  return delta === null ? undefined : totp.counter({ timestamp: at }) + delta
}

/** Marks a step as used. Of many who bring its code, one is told yes. */
async function consumeTimeStep(tx: Tx, id: string, step: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('totp_secret')
    .set({ last_step: step })
    .where('id', '=', id)
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
