import { Secret, TOTP } from 'otpauth'
import { encode } from 'uqr'
import type * as activity from '../../activity/activity.ts'
import type { MfaMethod } from '../../config/settings.ts'
import { toIsoString } from '../../lib/clock.ts'
import { Problem } from '../../lib/problem.ts'
import { newId } from '../../lib/random.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import type { Db } from '../../store/open.ts'
import type { Tx } from '../../store/transaction.ts'
import { codeAttemptBuckets } from '../../verification/send-code.ts'
import type { ChallengeDeps } from '../challenge.ts'
import {
  authenticator,
  matchTimeStep,
  openTotpSecret,
  sealTotpSecret,
} from '../methods/authenticator.ts'
import { availableMethods, readEnrollment } from '../methods/methods.ts'
import { type FactorVerification, removeMethod } from '../mfa-sign-in.ts'

/** 160 bits, as RFC 4226 §4 recommends and every app takes. */
const secretBytes = 20

/** A new secret to be put into an app. */
export interface NewTotpSecret {
  secret: string
  otpauthUri: string
  qrCode: string
  confirmed: false
}

/**
 * Makes a new secret, in place of one that was never confirmed. The one in use stays in use until
 * a code of the new one is brought to `POST /settings/MfaSignIn`.
 *
 * @param issuer the name that the app shows beside the address
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
    })
    .execute()

  const otpauthUri = new TOTP({ issuer, label: account.email, secret }).toString()
  return { secret: secret.base32, otpauthUri, qrCode: qrCode(otpauthUri), confirmed: false }
}

export interface TotpSecretState {
  confirmed: boolean
  confirmedAt: string | null
}

/** Whether an authenticator app is set up. The secret itself is never shown again. */
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

/** Takes the app away, and a secret that waits to be confirmed. Without one, nothing happens. */
export async function removeTotpSecret(
  tx: Tx,
  account: LockedAccount,
  ranking: readonly MfaMethod[],
  cause: activity.Cause,
): Promise<void> {
  await deleteUnconfirmedSecret(tx, account)
  const enrollment = await readEnrollment(tx, account)
  if (!enrollment.authenticator) return

  const remaining = availableMethods({ ...enrollment, authenticator: false }, ranking)
  const updateRows = () => removeConfirmedSecret(tx, account)
  await removeMethod(tx, account, { removed: 'authenticator', remaining, updateRows }, cause)
}

/**
 * Judges a code from the app. The first right one of a new secret confirms it, and takes the
 * place of the secret used so far.
 *
 * @throws Problem `method_not_set_up` without any secret, `invalid_request` without a code
 */
export async function verifyTotpFactor(
  tx: Tx,
  { keyring, rateLimiter }: Pick<ChallengeDeps, 'keyring' | 'rateLimiter'>,
  account: LockedAccount,
  code: string | undefined,
): Promise<FactorVerification> {
  const secrets = await tx
    .selectFrom('totp_secret')
    .select(['id', 'secret_sealed', 'confirmed_at'])
    .where('account_id', '=', account.id)
    .where('removed_at', 'is', null)
    .execute()
  const waiting = secrets.find((row) => row.confirmed_at === null)
  if (secrets.length === 0) {
    throw new Problem(
      'method_not_set_up',
      'Set up an authenticator app first: POST /settings/MfaSecret.',
    )
  }
  if (code === undefined) {
    const isOn = account.mfa_on_since !== null && account.mfa_method === 'authenticator'
    if (isOn && !waiting) return 'onAlready'
    const errors = [{ path: '/code', message: 'is missing: type the code that the app shows' }]
    throw new Problem('invalid_request', 'Give the code that the app shows.', { errors })
  }

  const reservation = await rateLimiter.consume(tx, ...codeAttemptBuckets(account.id))
  const step =
    waiting &&
    matchTimeStep(openTotpSecret(keyring, account.id, waiting.secret_sealed), code, tx.now())
  if (waiting && step !== undefined) {
    await rateLimiter.refund(tx, reservation)
    const updateRows = () => confirmSecret(tx, account, waiting.id, step)
    return {
      factor: { method: 'authenticator', amr: [authenticator.amr], isNew: true, updateRows },
    }
  }
  const enrollment = await readEnrollment(tx, account)
  const noneSent = { challengeId: '', codeHash: null, expiresAt: null }
  if (!(await authenticator.verifyCode(tx, keyring, enrollment, code, noneSent))) return 'wrong'
  await rateLimiter.refund(tx, reservation)
  return { factor: { method: 'authenticator', amr: [authenticator.amr], isNew: false } }
}

/** Puts the new secret in the place of the one used so far. */
async function confirmSecret(
  tx: Tx,
  account: LockedAccount,
  id: string,
  step: number,
): Promise<void> {
  await removeConfirmedSecret(tx, account)
  await tx
    .updateTable('totp_secret')
    // This step is used now, too: the code that confirmed does not sign in as well.
    .set({ confirmed_at: tx.now(), last_step: step })
    .where('id', '=', id)
    .execute()
}

/** Marks it as removed: the change can be undone, and the steps it used stay used. */
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

/** A picture of `text` for cameras, dark on light whatever the page's colours, as a data URI. */
function qrCode(text: string): string {
  const { data, size } = encode(text, { border: 4, ecc: 'M' })
  const runs = data.flatMap((row, y) =>
    [
      ...row
        .map((dark) => (dark ? '1' : '0'))
        .join('')
        .matchAll(/1+/g),
    ].map((run) => `M${run.index} ${y}h${run[0].length}v1h-${run[0].length}z`),
  )
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${runs.join('')}"/></svg>`
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`
}
