import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { now, second } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { Problem } from '../lib/problem.ts'
import { newId } from '../lib/random.ts'
import type { Tx } from '../store/open.ts'
import type { AccessTokens } from './access-token.ts'
import type { HeldAccount } from './guard.ts'
import { newRefreshToken } from './refresh.ts'
import { type Entered, isLimited, type SessionRules } from './session.ts'
import { type Amr, isStrong, shownTogether } from './strength.ts'
import { ensureNotSuspended } from './suspension.ts'
import { isTrusted } from './trusted-device.ts'

/**
 * The one gate: whoever wants a session passes here, whatever they showed. While the account has
 * MFA on, nobody passes without a second factor, except on a device that was trusted after one; a
 * session made there is as weak as what was shown.
 *
 * @param shown factors that were just proven, all of them
 * @param session the session to renew instead of making one
 * @returns undefined if a second factor must be shown first
 * @throws Problem `account_suspended`; `password_reset_required` after an undo, or where an operator
 * asks for a new password
 */
export async function enter(
  tx: Tx,
  entry: {
    account: HeldAccount
    shown: Amr[]
    client: Client
    session?: string | undefined
    /** Of a device whose owner asked not to be asked there again. */
    deviceToken?: string | undefined
    keys: Keys
    rules: SessionRules
  },
): Promise<Entered | undefined> {
  const { account, client, keys, rules } = entry
  const amr = shownTogether(...entry.shown)
  if (account.deleted_at !== null) {
    throw new Problem('invalid_credentials', 'This account was deleted by its owner.')
  }
  ensureNotSuspended(account)
  if (account.password_reset_required_since !== null) {
    throw new Problem(
      'password_reset_required',
      'This account needs a new password before anybody can sign in. Please choose “forgotten password”.',
    )
  }
  const enough =
    account.mfa_on_since === null ||
    isStrong(amr) ||
    (await isTrusted(tx, keys, account, entry.deviceToken))
  if (!enough) return undefined

  const session = entry.session
    ? await renew(tx, entry.session, amr, rules)
    : await create(tx, account.id, amr, client, rules)

  await activity.record(tx, account.id, {
    type: 'signin.succeeded',
    client,
    session: session.id,
    detail: { amr: amr.join(' ') },
  })

  return {
    account: account.id,
    session: session.id,
    authenticatedAt: session.authenticated_at,
    amr,
    limited: isLimited(rules, account),
    refreshToken: await newRefreshToken(tx, keys, session.id),
    refreshUntil: Math.min(session.idle_until, session.expires_at),
  }
}

const kept = ['id', 'authenticated_at', 'idle_until', 'expires_at'] as const

function create(tx: Tx, account: string, amr: Amr[], client: Client, rules: SessionRules) {
  const at = now()
  return tx
    .insertInto('session')
    .values({
      id: newId(),
      account_id: account,
      created_at: at,
      last_used_at: at,
      authenticated_at: at,
      amr: amr.join(' '),
      ip_address: client.ipAddress,
      user_agent: client.userAgent,
      expires_at: at + rules.sessionMax * second,
      idle_until: at + rules.sessionIdle * second,
      ended_at: null,
    })
    .returning(kept)
    .executeTakeFirstOrThrow()
}

async function renew(tx: Tx, session: string, amr: Amr[], rules: SessionRules) {
  const at = now()
  const renewed = await tx
    .updateTable('session')
    .set({
      last_used_at: at,
      authenticated_at: at,
      amr: amr.join(' '),
      idle_until: at + rules.sessionIdle * second,
    })
    .where('id', '=', session)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', at)
    .returning(kept)
    .executeTakeFirst()
  if (!renewed) throw new Problem('invalid_token', 'This session has ended. Please sign in again.')

  // One session, one live refresh token: the one that comes with this answer.
  await tx
    .updateTable('refresh_token')
    .set({ used_at: at })
    .where('session_id', '=', session)
    .where('used_at', 'is', null)
    .execute()
  return renewed
}

/** "Signed in", as the contract has it. Call it when the transaction is over. */
export async function signedInAnswer(accessTokens: AccessTokens, entered: Entered) {
  const { accessToken, expiresIn } = await accessTokens.issue(entered)
  return {
    status: 'signedIn' as const,
    accessToken,
    tokenType: 'Bearer' as const,
    expiresIn,
    refreshToken: entered.refreshToken,
    refreshExpiresIn: Math.floor((entered.refreshUntil - now()) / second),
    ...(entered.limited && { mfaSetUpRequired: true as const }),
    ...(entered.deviceToken !== undefined && { deviceToken: entered.deviceToken }),
  }
}
