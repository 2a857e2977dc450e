import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { now, second } from '../lib/clock.ts'
import { networkOf } from '../lib/network.ts'
import { Problem } from '../lib/problem.ts'
import { newId } from '../lib/random.ts'
import { rateLimits } from '../rate-limits/limits.ts'
import type { RateLimiter } from '../rate-limits/rate-limiter.ts'
import { isMfaOn } from '../store/mfa-state.ts'
import { prepared } from '../store/prepared-query.ts'
import type { SessionTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import type { AccessTokens } from './access-token.ts'
import { type Amr, acrOf, combineAmr, hasMfa } from './assurance.ts'
import { findDevice, newDeviceIdentity, recordDevice } from './device.ts'
import type { LockedAccount } from './locked-account.ts'
import { issueRefreshToken } from './refresh-token.ts'
import { type IssuedSession, isSetupSession, type SessionRules } from './session.ts'
import { ensureNotSuspended } from './suspension.ts'
import { isTrustedDevice, trustDevice } from './trusted-device.ts'

/**
 * Issues a session: the only function that does, whatever the first factor was. While the account
 * has MFA on, it requires a second factor or a trusted device; a session on a trusted device has
 * only the AMR values that were verified now.
 *
 * @param options.amr all factors that were verified just now
 * @param options.session the session to renew instead of creating one
 * @returns undefined if a second factor is required first
 * @throws Problem `invalid_credentials` for a deleted account; `account_suspended`;
 * `password_reset_required` after an undo or on an operator’s request; `too_many_attempts`
 */
export async function issueSession(
  tx: Tx,
  options: {
    account: LockedAccount
    amr: Amr[]
    client: Client
    session?: string | undefined
    /** The token of the client’s device; without one of this account’s, the device is new. */
    deviceToken?: string | undefined
    /** The device that a sign-in began on, for a client that sent its token only then. */
    deviceId?: string | undefined
    /** Trusts the device, so that it skips the second factor for a while. */
    rememberDevice?: boolean | undefined
    rules: SessionRules
    rateLimiter: RateLimiter
  },
): Promise<IssuedSession | undefined> {
  const { account, client, deviceToken, deviceId, rememberDevice, rules, rateLimiter } = options
  const amr = combineAmr(...options.amr)
  if (account.deleted_at !== null) {
    throw new Problem('invalid_credentials', 'This account was deleted by its owner.')
  }
  ensureNotSuspended(account)
  if (account.password_reset_required_since !== null) {
    throw new Problem(
      'password_reset_required',
      'This account needs a new password before you can sign in. Please choose “Forgot your password?”.',
    )
  }
  const device =
    (await findDevice(tx, tx.keyring, account.id, deviceToken)) ?? newDeviceIdentity(deviceId)
  const mfaSatisfied =
    !isMfaOn(account) || hasMfa(amr) || (await isTrustedDevice(tx, account, device.id))
  if (!mfaSatisfied) return undefined
  await rateLimiter.countSuccess(tx, {
    limit: rateLimits.signInsPerAccount,
    // A thief’s sign-ins do not keep the owner from confirming a session, which changes ask for.
    key: options.session ?? account.id,
  })

  if (account.reset_by_email_at !== null && acrOf(amr) === 'aal2') {
    // The owner has shown more than the mailbox, so codes by email count as the second factor again.
    await tx
      .updateTable('account')
      .set({ reset_by_email_at: null })
      .where('id', '=', account.id)
      .execute()
  }

  const session = options.session
    ? await renewSession(tx, options.session, amr, rules)
    : await createSession(tx, { account, amr, client, device, rules })

  await activity.record(tx, account.id, {
    type: 'signin.succeeded',
    client,
    session: session.id,
    detail: { amr: amr.join(' ') },
  })

  const isDeviceRecorded = !options.session || rememberDevice === true
  if (isDeviceRecorded) await recordDevice(tx, account, device, client)
  if (rememberDevice) {
    await trustDevice(tx, account, device.id)
    await activity.record(tx, account.id, { type: 'device.trusted', client, session: session.id })
  }

  return {
    account: account.id,
    session: session.id,
    authenticatedAt: session.authenticated_at,
    generation: session.generation,
    amr,
    setupOnly: isSetupSession(rules, account),
    refreshToken: await issueRefreshToken(tx, session),
    refreshExpiresAt: Math.min(session.idle_until, session.expires_at),
    ...(isDeviceRecorded && { deviceToken: device.token }),
  }
}

const returnedColumns = [
  'id',
  'authenticated_at',
  'generation',
  'idle_until',
  'expires_at',
] as const

/** Tokens of a sign-in or a reauthentication are issued once, and no earlier refresh is repeated. */
function notRepeatable(at: number) {
  return { refresh_token_sealed: null, repeatable_until: at, repeated_late_at: null }
}

async function createSession(
  tx: Tx,
  signIn: {
    account: { id: string }
    amr: Amr[]
    client: Client
    device: { id: string }
    rules: SessionRules
  },
) {
  const { account, amr, client, device, rules } = signIn
  const at = tx.now()
  const row = {
    id: newId(),
    account_id: account.id,
    created_at: at,
    last_used_at: at,
    authenticated_at: at,
    amr: amr.join(' '),
    ip_address: client.ipAddress,
    network: networkOf(client.ipAddress),
    network_forgotten_at: null,
    user_agent: client.userAgent,
    device_id: device.id,
    expires_at: at + rules.sessionLifetime * second,
    idle_until: at + rules.sessionIdleTimeout * second,
    ended_at: null,
    generation: 1,
    authenticated_generation: 1,
    ...notRepeatable(at),
  }
  await insertSession(tx, row)
  return row
}

const insertSession = prepared((db, row: SessionTable) => db.insertInto('session').values(row))

async function renewSession(tx: Tx, session: string, amr: Amr[], rules: SessionRules) {
  const at = tx.now()
  const renewed = await tx
    .updateTable('session')
    .set((session) => ({
      last_used_at: at,
      authenticated_at: at,
      amr: amr.join(' '),
      idle_until: at + rules.sessionIdleTimeout * second,
      generation: session('generation', '+', 1),
      authenticated_generation: session('generation', '+', 1),
      ...notRepeatable(at),
    }))
    .where('id', '=', session)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', at)
    .where('idle_until', '>', at)
    .returning(returnedColumns)
    .executeTakeFirst()
  if (!renewed) throw new Problem('invalid_token', 'This session has ended. Please sign in again.')

  // A session has one valid refresh token: the one issued next.
  await tx
    .updateTable('refresh_token')
    .set({ used_at: at })
    .where('session_id', '=', session)
    .where('used_at', 'is', null)
    .execute()
  return renewed
}

/** The token response for an issued session. Call it after the transaction: it signs a token. */
export function tokenResponse(accessTokens: AccessTokens, issued: IssuedSession) {
  const { accessToken, expiresIn } = accessTokens.issue(issued)
  return {
    status: 'signedIn' as const,
    accessToken,
    tokenType: 'Bearer' as const,
    expiresIn,
    refreshToken: issued.refreshToken,
    refreshExpiresIn: Math.floor((issued.refreshExpiresAt - now()) / second),
    ...(issued.setupOnly && { mfaSetUpRequired: true as const }),
    ...(issued.deviceToken !== undefined && { deviceToken: issued.deviceToken }),
  }
}
