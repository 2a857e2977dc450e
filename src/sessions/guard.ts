import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Client, clientOf } from '../lib/client.ts'
import { now, second } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { rateLimits } from '../rate-limits/limits.ts'
import type { Bucket, RateLimiter } from '../rate-limits/rate-limiter.ts'
import { isMfaOn, type MfaColumns, mfaOnSince } from '../store/mfa-state.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'
import type { AccessTokens, Claims } from './access-token.ts'
import { acrOf, hasMfa, parseAmr } from './assurance.ts'
import { findLiveSession, type LiveSession } from './live-session.ts'
import { type LockedAccount, lockAccount } from './locked-account.ts'
import { confirmRefresh } from './refresh-token.ts'
import { isSetupSession, type SessionRules } from './session.ts'

/** The account and session that a valid access token authenticates. */
export interface Principal {
  account: string
  session: string
  client: Client
}

/** Authenticates and authorizes requests. Its `onRequest` hooks run before the body is parsed. */
export interface Guard {
  /** An `onRequest` hook: accepts any valid token, including one of a setup-only session. */
  allowSetupSession(request: FastifyRequest): Promise<void>
  /**
   * An `onRequest` hook: accepts a setup-only session too, but requires a recent sign-in and, while
   * MFA is on, one that is strong enough.
   */
  allowRecentSetupSession(request: FastifyRequest): Promise<void>
  /** An `onRequest` hook: accepts any valid token except one of a setup-only session. */
  requireSignIn(request: FastifyRequest): Promise<void>
  /**
   * An `onRequest` hook: requires a recent sign-in and, while MFA is on, one with a second factor other
   * than email (AAL2). Where only codes by email sign in, they suffice.
   */
  requireRecentSignIn(request: FastifyRequest): Promise<void>
  /**
   * Locks the account’s row until the transaction ends and checks again that the session is live, the
   * sign-in recent and strong enough: since the hook ran, the session may have ended or MFA been
   * turned on.
   *
   * @throws Problem `invalid_token`, `insufficient_user_authentication`
   */
  lockAccount(tx: Tx, principal: Principal): Promise<LockedAccount>
  /**
   * Locks the account for a call that adds or changes something, and counts it. Calls that remove
   * something use `lockAccount`: no thief can keep the owner from them.
   *
   * @param countedAs counts the call apart from others
   * @throws Problem `too_many_attempts` as well
   */
  lockForChange(tx: Tx, principal: Principal, countedAs?: 'password'): Promise<LockedAccount>
  /**
   * An `onRequest` hook: requires an operator who signed in recently and with MFA.
   */
  requireOperator(request: FastifyRequest): Promise<void>
  /**
   * Repeats the check of `requireOperator` inside the transaction of an operator’s action: the role
   * may have been revoked since. Does not lock the operator’s row, so that two operators who act on
   * each other cannot deadlock.
   *
   * @throws Problem `invalid_token`, `not_an_operator` and others of `requireOperator`
   */
  recheckOperator(tx: Tx, principal: Principal): Promise<void>
}

/** The request decorator that holds the principal. */
const principalDecorator = 'principal'

/**
 * The account and session that the guard authenticated for this request.
 *
 * @throws Error on a route without a guard
 */
export function principalOf(request: FastifyRequest): Principal {
  const principal = request.getDecorator<Principal | null>(principalDecorator)
  if (!principal) throw new Error('This route has no guard.')
  return principal
}

/**
 * @param options.stepUpMaxAge seconds; 0 accepts a sign-in of any age. Its strength always counts.
 * @param options.isEmailOnly whether MFA of an account is on by codes by email alone
 */
export function createGuard(options: {
  app: FastifyInstance
  db: Db
  accessTokens: AccessTokens
  stepUpMaxAge: number
  isEmailOnly: (db: Db | Tx, account: MfaColumns & { id: string }) => Promise<boolean>
  rules: Pick<SessionRules, 'mfaPolicy'>
  rateLimiter: RateLimiter
}): Guard {
  const { app, db, accessTokens, stepUpMaxAge, isEmailOnly, rules, rateLimiter } = options
  app.decorateRequest(principalDecorator, null)

  async function authenticate(request: FastifyRequest): Promise<LiveSession> {
    const token = bearerToken(request)
    const claims = accessTokens.verify(token) ?? (await accessTokens.verifyWithNewKeys(token))
    const session = claims && (await findLiveSession(db, claims.session))
    if (!claims || session?.account_id !== claims.account || isOutdated(claims, session)) {
      throw new Problem('invalid_token', 'Refresh the access token, or sign in again.')
    }
    if (session.repeatable_until === null && claims.generation === session.generation) {
      await confirmRefresh(db, claims)
    }
    request.setDecorator<Principal>(principalDecorator, {
      account: claims.account,
      session: claims.session,
      client: clientOf(request),
    })
    return session
  }

  /** Codes by email reach AAL1 only, so more is required wherever the owner has more. */
  async function requiredAcr(tx: Db | Tx, session: LiveSession): Promise<'aal1' | 'aal2'> {
    if (!isMfaOn(session)) return 'aal1'
    return (await isEmailOnly(tx, { ...session, id: session.account_id })) ? 'aal1' : 'aal2'
  }

  async function ensureStepUp(tx: Db | Tx, session: LiveSession): Promise<void> {
    const amr = parseAmr(session.amr)
    const recent = stepUpMaxAge === 0 || now() - session.authenticated_at <= stepUpMaxAge * second
    const isStrongest = !isMfaOn(session) || acrOf(amr) === 'aal2'
    if (isStrongest && recent) return
    const acrValues = await requiredAcr(tx, session)
    const mfaSatisfied = isStrongest || (acrValues === 'aal1' && hasMfa(amr))
    if (mfaSatisfied && recent) return
    throw new Problem(
      'insufficient_user_authentication',
      mfaSatisfied
        ? 'You signed in a while ago. Please confirm that it’s you, then try again.'
        : acrValues === 'aal2' && hasMfa(amr)
          ? 'A code by email is not enough for this. Please sign in with another second step, then try again.'
          : 'Please sign in with your second step, then try again.',
      {
        stepUp: {
          ...(stepUpMaxAge > 0 && { maxAge: stepUpMaxAge }),
          acrValues,
        },
      },
    )
  }

  async function lockAndRecheck(tx: Tx, principal: Principal): Promise<LockedAccount> {
    const account = await lockAccount(tx, principal.account)
    const session = account && (await findLiveSession(tx, principal.session))
    if (!account || !session) {
      throw new Problem('invalid_token', 'This session has ended. Please sign in again.')
    }
    await ensureStepUp(tx, session)
    return account
  }

  function ensureNotSetupSession(session: LiveSession): LiveSession {
    if (!isSetupSession(rules, session)) return session
    throw new Problem(
      'mfa_set_up_required',
      'This service requires a second step. Please set yours up first.',
    )
  }

  async function ensureOperator(tx: Db | Tx, session: LiveSession): Promise<void> {
    const { operator_since } = session
    const onSince = mfaOnSince(session)
    if (operator_since === null) {
      throw new Problem('not_an_operator', 'Only operators of this service can do this.')
    }
    // A thief of an operator’s password could have turned MFA on with their own factor.
    if (onSince === null || onSince > operator_since) {
      throw new Problem(
        'not_an_operator',
        'Your second step was off after you became an operator. Please turn it on, then ask the administrator of this service to make you an operator again.',
      )
    }
    await ensureStepUp(tx, session)
  }

  return {
    async allowSetupSession(request) {
      await authenticate(request)
    },

    async allowRecentSetupSession(request) {
      await ensureStepUp(db, await authenticate(request))
    },

    async requireSignIn(request) {
      ensureNotSetupSession(await authenticate(request))
    },

    async requireRecentSignIn(request) {
      await ensureStepUp(db, ensureNotSetupSession(await authenticate(request)))
    },

    lockAccount: lockAndRecheck,

    async lockForChange(tx, principal, countedAs) {
      const account = await lockAndRecheck(tx, principal)
      await rateLimiter.countSuccess(tx, changeBucket(account.id, countedAs))
      return account
    },

    async requireOperator(request) {
      await ensureOperator(db, ensureNotSetupSession(await authenticate(request)))
    },

    async recheckOperator(tx, principal) {
      const session = await findLiveSession(tx, principal.session)
      if (!session) {
        throw new Problem('invalid_token', 'This session has ended. Please sign in again.')
      }
      await ensureOperator(tx, ensureNotSetupSession(session))
    },
  }
}

/** The bucket of a change of an account, or of its password alone. */
export function changeBucket(account: string, countedAs?: 'password'): Bucket {
  const key = countedAs ? `${account} ${countedAs}` : account
  return { limit: rateLimits.changesPerAccount, key }
}

/** The token of `Authorization: Bearer …` (RFC 6750 §2.1), the only place where one is accepted. */
function bearerToken(request: FastifyRequest): string {
  const { authorization } = request.headers
  if (authorization === undefined) {
    throw new Problem('missing_token', 'Send the access token as Authorization: Bearer <token>.')
  }
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization)?.[1]
  if (token === undefined) {
    throw new Problem('invalid_token', 'Send the access token as Authorization: Bearer <token>.')
  }
  return token
}

/**
 * Whether the owner reauthenticated after the token was issued. An older token must not become
 * recent along with its session: it may have been stolen.
 */
function isOutdated({ generation }: Claims, session: LiveSession): boolean {
  return generation < session.authenticated_generation
}
