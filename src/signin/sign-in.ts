import * as activity from '../activity/activity.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Client } from '../lib/client.ts'
import type { EmailAddress } from '../lib/email-address.ts'
import { networkOf } from '../lib/network.ts'
import type { PasswordHasher } from '../lib/password-hasher.ts'
import { Problem } from '../lib/problem.ts'
import type { KeyedSemaphore } from '../lib/semaphore.ts'
import { type ChallengeDeps, type MfaRequired, startChallenge } from '../mfa/challenge.ts'
import { type Confirmation, ensureConfirmed } from '../mfa/confirm-owner.ts'
import { rateLimits } from '../rate-limits/limits.ts'
import type { Bucket } from '../rate-limits/rate-limiter.ts'
import type { Amr } from '../sessions/assurance.ts'
import { checkPassword } from '../sessions/check-password.ts'
import { findDevice } from '../sessions/device.ts'
import type { Principal } from '../sessions/guard.ts'
import { issueSession } from '../sessions/issue-session.ts'
import { isKnownNetwork } from '../sessions/known-network.ts'
import { type LockedAccount, lockAccount } from '../sessions/locked-account.ts'
import type { IssuedSession } from '../sessions/session.ts'
import { isMfaOn } from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { RunTransaction, Tx } from '../store/transaction.ts'

export interface SignInDeps extends ChallengeDeps {
  db: Db
  keyring: Pick<Keyring, 'hashWithAllKeys'>
  transaction: RunTransaction
  passwords: PasswordHasher
  attemptSemaphore: KeyedSemaphore
}

/** A session, or the challenge for the second factor. */
export type SignInResult = { issued: IssuedSession } | { mfaRequired: MfaRequired }

/**
 * Signs in with address and password. An unknown address takes equal work, so that the response time
 * does not reveal which addresses have accounts.
 *
 * @param request.email undefined for a string that is not an email address
 * @returns undefined for a wrong address or password
 * @throws Problem `too_many_attempts`, or `unavailable` at once if too many attempts are waiting
 */
export async function signIn(
  deps: SignInDeps,
  request: {
    email: EmailAddress | undefined
    password: string
    client: Client
    /** Token of a device of the account; any other token is ignored. */
    deviceToken?: string | undefined
  },
): Promise<SignInResult | undefined> {
  const { db, keyring } = deps
  const { email, password, client, deviceToken } = request
  const [account] = await selectByEmail(db, { emailKey: email?.key ?? '' })
  const isKnown = await isKnownNetwork(db, account?.id ?? '', client)
  const device = await findDevice(db, keyring, account?.id ?? '', deviceToken)
  return queueAttempt(deps, {
    account,
    password,
    client,
    deviceToken,
    deviceId: device?.id,
    queueKey: device?.isKnown ? device.id : networkOf(client.ipAddress),
    buckets: device?.isKnown
      ? [{ limit: rateLimits.wrongPasswordsPerDevice, key: device.id }]
      : strangerBuckets(email, client, isKnown),
  })
}

const selectByEmail = prepared((db, { emailKey }: { emailKey: string }) =>
  db
    .selectFrom('account')
    .select(['id', 'password_hash'])
    .where('email_key', '=', emailKey)
    .where('deleted_at', 'is', null),
)

/** The limits of an attempt that comes from no known device of the account. */
function strangerBuckets(
  email: EmailAddress | undefined,
  client: Client,
  isFromKnownNetwork: boolean,
): Bucket[] {
  const network = networkOf(client.ipAddress)
  const perNetwork = { limit: rateLimits.wrongPasswordsPerNetwork, key: network }
  if (!email) return [perNetwork]
  return [
    perNetwork,
    { limit: rateLimits.wrongPasswordsPerAddressAndNetwork, key: `${email.key} ${network}` },
    {
      limit: isFromKnownNetwork
        ? rateLimits.wrongPasswordsFromKnownNetworks
        : rateLimits.wrongPasswordsFromUnknownNetworks,
      key: email.key,
    },
  ]
}

/** Renews the `auth_time` of a session whose owner has confirmed that it is them. */
export function reauthenticate(
  deps: SignInDeps,
  { account: id, session, client }: Principal,
  confirmation: Confirmation,
): Promise<SignInResult> {
  const { transaction } = deps
  return transaction(async (tx) => {
    const account = await lockAccount(tx, id)
    if (!account) throw new Error('There is no such account.')
    ensureConfirmed(account, confirmation)
    return issueOrChallenge(tx, deps, { account, amr: confirmation.amr, client, session })
  })
}

/**
 * Waits for the client’s turn to hash, and runs the attempts that the same limits count one after the
 * other. Each then finds those before it counted, so none is verified beyond the limit.
 */
function queueAttempt(
  deps: SignInDeps,
  { queueKey, ...attempt }: Parameters<typeof verifyAttempt>[1] & { queueKey: string },
): Promise<SignInResult | undefined> {
  const { passwords, attemptSemaphore } = deps
  const key = attempt.buckets.map((bucket) => bucket.key).join(' ')
  return passwords.withSlot(queueKey, () =>
    attemptSemaphore.run(key, () => verifyAttempt(deps, attempt)),
  )
}

async function verifyAttempt(
  deps: SignInDeps,
  attempt: {
    account: { id: string; password_hash: string } | undefined
    password: string
    client: Client
    deviceToken?: string | undefined
    deviceId?: string | undefined
    buckets: Bucket[]
  },
): Promise<SignInResult | undefined> {
  const { account, password, client, buckets } = attempt

  return deps.rateLimiter
    .guess(deps, buckets, {
      verify: () => checkPassword(deps, account, password),

      async answer(tx, verifiedHash, countWrong) {
        if (verifiedHash !== undefined && account) {
          const verifiedAccount = { id: account.id, password_hash: verifiedHash }
          const result = await completeSignIn(tx, deps, { ...attempt, account: verifiedAccount })
          if (result) return result
        }
        await countWrong()
        const detail = { step: 'password' }
        // Recorded for unknown addresses too, because recording takes time.
        await activity.record(tx, account?.id ?? null, { type: 'signin.failed', client, detail })
        tx.emit({ kind: 'signIn', method: 'password', result: 'wrong' })
        return undefined
      },
    })
    .catch((error) => {
      if (error instanceof Problem && error.code === 'too_many_attempts') {
        deps.emit({ kind: 'signIn', method: 'password', result: 'limited' })
      }
      throw error
    })
}

/** @returns undefined if the password was changed while it was being checked */
async function completeSignIn(
  tx: Tx,
  deps: SignInDeps,
  attempt: {
    account: { id: string; password_hash: string }
    client: Client
    deviceToken?: string | undefined
    deviceId?: string | undefined
  },
): Promise<SignInResult | undefined> {
  const account = await lockAccount(tx, attempt.account.id)
  if (account?.password_hash !== attempt.account.password_hash) return undefined
  return issueOrChallenge(tx, deps, { ...attempt, account, amr: ['pwd'] })
}

/** Issues a session after the first factor, or renews one, or starts the challenge for the second. */
async function issueOrChallenge(
  tx: Tx,
  deps: SignInDeps,
  verified: {
    account: LockedAccount
    amr: Amr[]
    client: Client
    session?: string
    deviceToken?: string | undefined
    deviceId?: string | undefined
  },
): Promise<SignInResult> {
  const { account, amr, session, deviceId } = verified
  const { rules, rateLimiter } = deps
  const issued = await issueSession(tx, { ...verified, rules, rateLimiter })
  const byPassword = issued && isMfaOn(account) ? 'trustedDevice' : 'password'
  const method = amr.includes('pwd') ? byPassword : 'passkey'
  tx.emit({ kind: 'signIn', method, result: issued ? 'signedIn' : 'mfaRequired' })
  if (issued) return { issued }
  return { mfaRequired: await startChallenge(tx, deps, account, { session, deviceId }) }
}
