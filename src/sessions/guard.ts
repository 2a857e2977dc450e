import type { FastifyRequest } from 'fastify'
import { type Client, clientOf } from '../lib/client.ts'
import { now, second } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { Db, Tx } from '../store/open.ts'
import { prepared } from '../store/prepared.ts'
import type { AccessTokens, Claims } from './access-token.ts'
import { isLimited, type SessionRules } from './session.ts'
import { isStrong, parseAmr } from './strength.ts'

/** Whom a valid access token speaks for. */
export interface SignedIn {
  account: string
  session: string
  client: Client
}

/** How to ask for a token before anything else of a request is looked at. */
export interface Guard {
  /** An `onRequest` hook: any valid token will do, also one that may only set MFA up. */
  settingUp(request: FastifyRequest): Promise<void>
  /** The same, but the sign-in must be recent and, while MFA is on, made with MFA. */
  settingUpRecently(request: FastifyRequest): Promise<void>
  /** An `onRequest` hook: any valid token will do that may do everything. */
  signedIn(request: FastifyRequest): Promise<void>
  /** An `onRequest` hook: the sign-in must be recent and, while MFA is on, made with MFA. */
  recentSignIn(request: FastifyRequest): Promise<void>
  /**
   * The account's row, held until the transaction ends, once more judged as `recentSignIn` does:
   * between the first look and now, someone else may have ended the session or turned MFA on.
   *
   * @throws Problem
   */
  hold(tx: Tx, who: SignedIn): Promise<HeldAccount>
  /**
   * An `onRequest` hook: for operators alone, who signed in recently and with MFA. Also where no
   * sign-in is too old (a `stepUpMaxAge` of 0), it was made with MFA.
   */
  operator(request: FastifyRequest): Promise<void>
  /**
   * The operator, judged once more in the transaction of what they do, for they may have been one
   * until just now. Their row is not held: two who act on each other must not wait for each other.
   *
   * @throws Problem
   */
  operating(tx: Tx, who: SignedIn): Promise<{ email: string }>
}

const known = new WeakMap<FastifyRequest, SignedIn>()

/** Whom the guard let in. */
export function signedIn(request: FastifyRequest): SignedIn {
  const who = known.get(request)
  if (!who) throw new Error('This route has no guard.')
  return who
}

/** @param stepUpMaxAge seconds; 0 takes any sign-in, old or weak */
export function createGuard(options: {
  db: Db
  accessTokens: AccessTokens
  stepUpMaxAge: number
  rules: Pick<SessionRules, 'mfaPolicy'>
}): Guard {
  const { db, accessTokens, stepUpMaxAge, rules } = options

  async function identify(request: FastifyRequest): Promise<LiveSession> {
    const token = bearerToken(request)
    const claims = accessTokens.read(token) ?? (await accessTokens.readAgain(token))
    const session = claims && (await liveSession(db, claims.session))
    if (!claims || session?.account_id !== claims.account || isOutdated(claims, session)) {
      throw new Problem('invalid_token', 'Refresh the access token, or sign in again.')
    }
    known.set(request, {
      account: claims.account,
      session: claims.session,
      client: clientOf(request),
    })
    return session
  }

  function ensureRecent(session: LiveSession): void {
    if (stepUpMaxAge > 0) ensureStrong(session)
  }

  function ensureStrong({ authenticated_at, amr, mfa_on_since, mfa_method }: LiveSession): void {
    const strong = mfa_on_since === null || isStrong(parseAmr(amr))
    const recent = stepUpMaxAge === 0 || now() - authenticated_at <= stepUpMaxAge * second
    if (strong && recent) return
    throw new Problem(
      'insufficient_user_authentication',
      strong
        ? 'You signed in a while ago. Please confirm that it’s you, then try again.'
        : 'Please sign in with your second step, then try again.',
      {
        stepUp: {
          ...(stepUpMaxAge > 0 && { maxAge: stepUpMaxAge }),
          acrValues: mfa_on_since === null || mfa_method === 'email' ? 'aal1' : 'aal2',
        },
      },
    )
  }

  function ensureNotLimited(session: LiveSession): LiveSession {
    if (!isLimited(rules, session)) return session
    throw new Problem(
      'mfa_set_up_required',
      'Everyone here signs in with a second step. Please set yours up first.',
    )
  }

  function ensureOperator(session: LiveSession): void {
    const { operator_since, mfa_on_since } = session
    if (operator_since === null) {
      throw new Problem('not_an_operator', 'This is for those who run the service.')
    }
    // Whoever has learned an operator's password could turn it on themselves.
    if (mfa_on_since === null || mfa_on_since > operator_since) {
      throw new Problem(
        'not_an_operator',
        'Your second step was off after you had become an operator. Please turn it on, and have whoever runs the service make you one again.',
      )
    }
    ensureStrong(session)
  }

  return {
    async settingUp(request) {
      await identify(request)
    },

    async settingUpRecently(request) {
      ensureRecent(await identify(request))
    },

    async signedIn(request) {
      ensureNotLimited(await identify(request))
    },

    async recentSignIn(request) {
      ensureRecent(ensureNotLimited(await identify(request)))
    },

    async hold(tx, who) {
      const account = await holdAccount(tx, who.account)
      const session = account && (await liveSession(tx, who.session))
      if (!account || !session) {
        throw new Problem('invalid_token', 'This session has ended. Please sign in again.')
      }
      ensureRecent(session)
      return account
    },

    async operator(request) {
      ensureOperator(ensureNotLimited(await identify(request)))
    },

    async operating(tx, who) {
      const session = await liveSession(tx, who.session)
      if (!session) {
        throw new Problem('invalid_token', 'This session has ended. Please sign in again.')
      }
      ensureOperator(ensureNotLimited(session))
      return tx
        .selectFrom('account')
        .select('email')
        .where('id', '=', who.account)
        .executeTakeFirstOrThrow()
    },
  }
}

/** The token of `Authorization: Bearer …` (RFC 6750 §2.1). It is taken from nowhere else. */
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

interface LiveSession {
  account_id: string
  authenticated_at: number
  amr: string
  mfa_on_since: number | null
  mfa_method: string | null
  operator_since: number | null
}

const readLiveSession = prepared((db, id: string, at: number) =>
  db
    .selectFrom('session')
    .innerJoin('account', 'account.id', 'session.account_id')
    .select([
      'account_id',
      'authenticated_at',
      'amr',
      'mfa_on_since',
      'mfa_method',
      'operator_since',
    ])
    .where('session.id', '=', id)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', at)
    .where('idle_until', '>', at)
    .where('suspended_since', 'is', null),
)

function liveSession(db: Db | Tx, id: string): Promise<LiveSession | undefined> {
  return readLiveSession(db, id, now())
}

/**
 * Whether the owner has confirmed who they are since: the token of before must not become recent
 * with its session, for it may be in other hands.
 */
function isOutdated({ authTime }: Claims, { authenticated_at }: LiveSession): boolean {
  return authTime < Math.floor(authenticated_at / second)
}

/** What decides how an account signs in, as it stays until the transaction ends. */
export interface HeldAccount {
  id: string
  email: string
  email_key: string
  password_hash: string
  password_reset_required_since: number | null
  reset_by_email_at: number | null
  deleted_at: number | null
  suspended_since: number | null
  phone_number: string | null
  mfa_email: string | null
  mfa_on_since: number | null
  mfa_method: string | null
  mfa_changed_at: number | null
  credential_version: number
}

export const heldColumns = [
  'id',
  'email',
  'email_key',
  'password_hash',
  'password_reset_required_since',
  'reset_by_email_at',
  'deleted_at',
  'suspended_since',
  'phone_number',
  'mfa_email',
  'mfa_on_since',
  'mfa_method',
  'mfa_changed_at',
  'credential_version',
] as const satisfies (keyof HeldAccount)[]

/** Every change of an account begins here: changes of one account come one after another. */
export function holdAccount(tx: Tx, id: string): Promise<HeldAccount | undefined> {
  return (
    tx
      .selectFrom('account')
      .select(heldColumns)
      .where('id', '=', id)
      // Not `for update`: that would also stop whoever only refers to the account, as activity does.
      .forNoKeyUpdate()
      .executeTakeFirst()
  )
}
