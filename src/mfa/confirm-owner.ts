import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { record } from '../activity/activity.ts'
import { second } from '../lib/clock.ts'
import type { EmitEvent } from '../lib/metric-events.ts'
import { networkOf } from '../lib/network.ts'
import {
  isUnusablePassword,
  maxPasswordBytes,
  type PasswordHasher,
} from '../lib/password-hasher.ts'
import { Problem } from '../lib/problem.ts'
import type { KeyedSemaphore } from '../lib/semaphore.ts'
import { rateLimits } from '../rate-limits/limits.ts'
import type { RateLimiter } from '../rate-limits/rate-limiter.ts'
import type { Amr } from '../sessions/assurance.ts'
import { checkPassword } from '../sessions/check-password.ts'
import { deviceOfSession } from '../sessions/device.ts'
import type { Principal } from '../sessions/guard.ts'
import { type LockedAccount, lockAccount } from '../sessions/locked-account.ts'
import type { RunTransaction } from '../store/transaction.ts'
import {
  invalidPasskey,
  listPasskeyDescriptors,
  type PasskeyDeps,
  recordPasskeyUse,
  verifyPasskey,
} from './passkey/assertion.ts'
import {
  type ConfirmedCall,
  challengeForCall,
  consumePasskeyChallenge,
  createPasskeyChallenge,
  findCallChallenge,
  passkeyChallengeLifetimeMs,
} from './passkey/passkey-challenge.ts'
import { buildRequestOptions, challengeOf } from './passkey/webauthn.ts'

export interface ConfirmOwnerDeps extends PasskeyDeps {
  transaction: RunTransaction
  emit: EmitEvent
  rateLimiter: RateLimiter
  passwords: PasswordHasher
  attemptSemaphore: KeyedSemaphore
}

/** The proof that a request has beside its access token. */
export interface OwnerProof {
  /** The field of the password. */
  field: 'password' | 'currentPassword'
  password?: string | undefined
  /** A passkey’s response to the options of an earlier `AssertionRequired`. */
  assertion?: AuthenticationResponseJSON | undefined
}

/** The owner confirmed a call. `ensureConfirmed` must follow, with the account locked. */
export interface Confirmation {
  amr: Amr[]
  /** Whether the proof still fits the account: its credentials may have changed since. */
  stillHolds(account: LockedAccount): boolean
}

/** The response that asks for a passkey’s signature. */
export interface AssertionRequired {
  status: 'assertionRequired'
  options: Awaited<ReturnType<typeof buildRequestOptions>>
  expiresIn: number
}

/**
 * Confirms that the owner makes a call, and not somebody with a stolen access token: by the password
 * or, if the account has none, by a passkey that signs for this call alone.
 *
 * @returns `assertionRequired` if a passkey has to sign first
 * @throws Problem `invalid_request` if the password is missing; `invalid_credentials` or
 * `invalid_passkey` if the proof is wrong, which is recorded; `method_not_set_up`,
 * `too_many_attempts` or `unavailable`
 */
export async function confirmOwner(
  deps: ConfirmOwnerDeps,
  principal: Principal,
  call: ConfirmedCall,
  { field, password, assertion }: OwnerProof,
): Promise<Confirmation | { assertionRequired: AssertionRequired }> {
  const account = await deps.db
    .selectFrom('account')
    .select(['id', 'password_hash'])
    .where('id', '=', principal.account)
    .executeTakeFirstOrThrow()
  if (password !== undefined) {
    if (Buffer.byteLength(password) > maxPasswordBytes) {
      throw invalidPassword(field, 'is longer than 1,024 bytes, the most a password can have')
    }
    return confirmByPassword(deps, principal, account, password)
  }
  if (!isUnusablePassword(account.password_hash)) {
    throw invalidPassword(field, 'is missing: an access token alone is not enough for this call')
  }
  return assertion
    ? confirmByPasskey(deps, principal, call, assertion)
    : { assertionRequired: await requestAssertion(deps, principal, call) }
}

/**
 * @param account the locked account
 * @throws Problem `invalid_credentials` if its credentials have changed since the confirmation
 */
export function ensureConfirmed(account: LockedAccount, { stillHolds }: Confirmation): void {
  if (stillHolds(account)) return
  throw new Problem('invalid_credentials', 'This account has just changed. Please try again.')
}

async function confirmByPassword(
  deps: ConfirmOwnerDeps,
  principal: Principal,
  account: { id: string; password_hash: string },
  password: string,
): Promise<Confirmation> {
  const { rateLimiter, passwords, attemptSemaphore } = deps
  const { session, client } = principal
  const device = await deviceOfSession(deps.db, session)
  const verify = () =>
    rateLimiter.guess(deps, [{ limit: rateLimits.wrongPasswordsInSession, key: session }], {
      verify: () => checkPassword(deps, account, password),
      async answer(tx, hash, countWrong) {
        if (hash !== undefined) return hash
        await countWrong()
        const detail = { step: 'password' }
        await record(tx, account.id, { type: 'signin.failed', client, session, detail })
        tx.emit({ kind: 'signIn', method: 'password', result: 'wrong' })
        return undefined
      },
    })
  // One after the other, so that each finds those before it counted, and none is verified beyond the
  // limit.
  const verifiedHash = await passwords
    .withSlot(device ?? networkOf(client.ipAddress), () => attemptSemaphore.run(session, verify))
    .catch((error) => {
      if (error instanceof Problem && error.code === 'too_many_attempts') {
        deps.emit({ kind: 'signIn', method: 'password', result: 'limited' })
      }
      throw error
    })
  if (verifiedHash === undefined) {
    throw new Problem('invalid_credentials', 'The password isn’t right.')
  }
  return { amr: ['pwd'], stillHolds: ({ password_hash }) => password_hash === verifiedHash }
}

async function requestAssertion(
  { transaction, relyingParty }: ConfirmOwnerDeps,
  principal: Principal,
  call: ConfirmedCall,
): Promise<AssertionRequired> {
  const { session } = principal
  const { challenge, allowed } = await transaction(async (tx) => {
    const account = await lockAccount(tx, principal.account)
    const allowed = account ? await listPasskeyDescriptors(tx, account) : []
    if (!account || allowed.length === 0) {
      throw new Problem(
        'method_not_set_up',
        'This account has neither a password nor a passkey to confirm this with. Please set a password first, by POST /auth/ForgotPassword.',
      )
    }
    const { value } = await createPasskeyChallenge(tx, { purpose: 'confirm', account, session })
    return { challenge: challengeForCall(value, call), allowed }
  })
  const options = await buildRequestOptions(relyingParty, {
    challenge,
    allowed,
    requireUserVerification: true,
  })
  return { status: 'assertionRequired', options, expiresIn: passkeyChallengeLifetimeMs / second }
}

async function confirmByPasskey(
  deps: ConfirmOwnerDeps,
  principal: Principal,
  call: ConfirmedCall,
  assertion: AuthenticationResponseJSON,
): Promise<Confirmation> {
  const { db, transaction, keyring, relyingParty } = deps
  const { session, client } = principal
  const challenge = challengeOf(assertion) ?? ''
  const value = await findCallChallenge(db, { session, call, challenge })
  const consumed = await consumePasskeyChallenge(db, keyring, {
    value,
    purpose: 'confirm',
    session,
  })
  const passkey =
    consumed &&
    (await verifyPasskey(db, relyingParty, { ...consumed, value: challenge }, assertion))

  const version = consumed?.credential_version
  const isAccepted = await transaction(async (tx) => {
    const account = await lockAccount(tx, principal.account)
    if (passkey && account && account.credential_version === version) {
      if (await recordPasskeyUse(tx, deps, account, passkey, client)) return true
    }
    const detail = { step: 'passkey' }
    await record(tx, principal.account, { type: 'signin.failed', client, session, detail })
    tx.emit({ kind: 'signIn', method: 'passkey', result: 'wrong' })
    return false
  })
  if (!passkey || !isAccepted) throw invalidPasskey()
  return {
    amr: passkey.amr,
    stillHolds: ({ credential_version }) => credential_version === version,
  }
}

function invalidPassword(field: string, message: string): Problem {
  const path = `/${field}`
  return new Problem('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] })
}
