import { Secret, TOTP } from 'otpauth'
import { encode } from 'uqr'
import type * as activity from '../activity/activity.ts'
import { guessAt } from '../codes/send-code.ts'
import { instant, now } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { Problem } from '../lib/problem.ts'
import { newId } from '../lib/random.ts'
import type { HeldAccount } from '../sessions/guard.ts'
import type { MfaMethod } from '../settings.ts'
import type { Db, Tx } from '../store/open.ts'
import type { Asker } from './challenge.ts'
import { authenticator, openSecret, sealSecret, stepOf } from './methods/authenticator.ts'
import { availableMethods, readSetUp } from './methods/methods.ts'
import { type Proven, removeMethod } from './mfa-sign-in.ts'

/** 160 bits, as RFC 4226 §4 recommends and every app takes. */
const secretBytes = 20

/** A new secret to be put into an app. */
export interface NewSecret {
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
export async function createSecret(
  tx: Tx,
  keys: Keys,
  account: HeldAccount,
  issuer: string,
): Promise<NewSecret> {
  const secret = new Secret({ size: secretBytes })
  await deleteWaiting(tx, account)
  await tx
    .insertInto('totp_secret')
    .values({
      id: newId(),
      account_id: account.id,
      secret_sealed: sealSecret(keys, account.id, secret.base32),
      created_at: now(),
      confirmed_at: null,
      last_step: null,
      removed_at: null,
    })
    .execute()

  const otpauthUri = new TOTP({ issuer, label: account.email, secret }).toString()
  return { secret: secret.base32, otpauthUri, qrCode: qrCode(otpauthUri), confirmed: false }
}

export interface SecretState {
  confirmed: boolean
  confirmedAt: string | null
}

/** Whether an authenticator app is set up. The secret itself is never shown again. */
export async function readSecret(db: Db | Tx, account: string): Promise<SecretState> {
  const row = await db
    .selectFrom('totp_secret')
    .select('confirmed_at')
    .where('account_id', '=', account)
    .where('confirmed_at', 'is not', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  return {
    confirmed: row !== undefined,
    confirmedAt: row?.confirmed_at ? instant(row.confirmed_at) : null,
  }
}

/** Takes the app away, and a secret that waits to be confirmed. Without one, nothing happens. */
export async function removeSecret(
  tx: Tx,
  keys: Keys,
  account: HeldAccount,
  ranking: readonly MfaMethod[],
  cause: activity.Cause,
): Promise<void> {
  await deleteWaiting(tx, account)
  const setUp = await readSetUp(tx, account)
  if (!setUp.authenticator) return

  const left = availableMethods({ ...setUp, authenticator: false }, ranking)
  const rows = () => removeConfirmed(tx, account)
  await removeMethod(tx, keys, account, { removed: 'authenticator', left, rows }, cause)
}

/**
 * Judges a code from the app. The first right one of a new secret confirms it, and takes the
 * place of the secret used so far.
 *
 * @throws Problem `method_not_set_up` without any secret, `invalid_request` without a code
 */
export async function proveAuthenticator(
  tx: Tx,
  { keys, limits }: Pick<Asker, 'keys' | 'limits'>,
  account: HeldAccount,
  code: string | undefined,
): Promise<Proven> {
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

  const taken = await limits.take(tx, ...guessAt(account.id))
  const step = waiting && stepOf(openSecret(keys, account.id, waiting.secret_sealed), code, now())
  if (waiting && step !== undefined) {
    await limits.giveBack(tx, taken)
    const rows = () => confirm(tx, account, waiting.id, step)
    return { proof: { method: 'authenticator', amr: [authenticator.amr], isNew: true, rows } }
  }
  const setUp = await readSetUp(tx, account)
  const noneSent = { challenge: '', codeHash: null, expiresAt: null }
  if (!(await authenticator.accept(tx, keys, setUp, code, noneSent))) return 'wrong'
  await limits.giveBack(tx, taken)
  return { proof: { method: 'authenticator', amr: [authenticator.amr], isNew: false } }
}

/** Puts the new secret in the place of the one used so far. */
async function confirm(tx: Tx, account: HeldAccount, id: string, step: number): Promise<void> {
  await removeConfirmed(tx, account)
  await tx
    .updateTable('totp_secret')
    // This step is used now, too: the code that confirmed does not sign in as well.
    .set({ confirmed_at: now(), last_step: step })
    .where('id', '=', id)
    .execute()
}

/** Marks it as removed: the change can be undone, and the steps it used stay used. */
async function removeConfirmed(tx: Tx, account: HeldAccount): Promise<void> {
  await tx
    .updateTable('totp_secret')
    .set({ removed_at: now() })
    .where('account_id', '=', account.id)
    .where('confirmed_at', 'is not', null)
    .where('removed_at', 'is', null)
    .execute()
}

async function deleteWaiting(tx: Tx, account: HeldAccount): Promise<void> {
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
