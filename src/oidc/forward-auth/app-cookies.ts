import type { Keyring } from '../../keys/keyring.ts'
import { hour, now, second } from '../../lib/clock.ts'
import { readCookie } from '../../lib/cookies.ts'
import { newToken } from '../../lib/random.ts'
import { acrOf, parseAmr } from '../../sessions/assurance.ts'
import { isSetupSession, type SessionRules } from '../../sessions/session.ts'
import { mfaColumns } from '../../store/mfa-state.ts'
import type { Db } from '../../store/open.ts'
import { prepared } from '../../store/prepared-query.ts'
import type { Identity } from './identity-headers.ts'

/** The person’s sign-in to the application; browsers keep one per host. */
const signInCookie = '__Host-latchkey-app'
/** Proves that the browser that comes back from signing in is the one that left (RFC 7636). */
const verifierCookie = '__Host-latchkey-app-verifier'

/** A working day. Each request asks the session anyway; renewing takes a redirect. */
export const signInTtlMs = 8 * hour
/** As long as the page to sign in waits. */
const verifierTtlMs = hour

const purpose = 'forward_auth_cookie'

/** The cookies of applications: each is for one host, and worth nothing at another. */
export interface AppCookies {
  /** The person of a live session that signed in to the application at `origin` in this browser. */
  findIdentity(
    cookieHeader: string | undefined,
    origin: string,
  ): Promise<Identity | 'too_weak' | undefined>
  /** Signs a session in to an application. @returns the `Set-Cookie` header */
  signIn(app: string, session: string): Promise<string>
}

export function createAppCookies(deps: {
  db: Db
  keyring: Keyring
  rules: SessionRules
}): AppCookies {
  const { db, keyring, rules } = deps
  return {
    async findIdentity(cookieHeader, origin) {
      const token = readCookie(cookieHeader, signInCookie)
      if (token === undefined) return undefined
      const hashes = keyring.hashWithAllKeys(token, purpose)
      const [row] = await selectSignIn(db, { hashes, origin, at: now() })
      if (!row || isSetupSession(rules, row)) return undefined
      const isStrong = row.required_acr === null || acrOf(parseAmr(row.amr)) === row.required_acr
      return isStrong ? { id: row.id, email: row.email } : 'too_weak'
    },

    async signIn(app, session) {
      const token = newToken()
      await db
        .insertInto('forward_auth_cookie')
        .values({
          token_hash: keyring.hash(token, purpose),
          app_id: app,
          session_id: session,
          expires_at: now() + signInTtlMs,
        })
        .execute()
      return formatCookie(signInCookie, token, signInTtlMs)
    },
  }
}

/** One indexed statement decides each request. */
const selectSignIn = prepared(
  (db, { hashes, origin, at }: { hashes: string[]; origin: string; at: number }) =>
    db
      .selectFrom('forward_auth_cookie')
      .innerJoin('app', 'app.id', 'forward_auth_cookie.app_id')
      .innerJoin('session', 'session.id', 'forward_auth_cookie.session_id')
      .innerJoin('account', 'account.id', 'session.account_id')
      .select(['account.id', 'account.email', 'session.amr', 'app.required_acr'])
      .select(mfaColumns)
      .where('token_hash', 'in', hashes)
      .where('app.forward_auth_origin', '=', origin)
      .where('forward_auth_cookie.expires_at', '>', at)
      .where('session.ended_at', 'is', null)
      .where('session.expires_at', '>', at)
      .where('session.idle_until', '>', at)
      .where('account.suspended_since', 'is', null),
)

/**
 * The verifier of this browser, made by its first sign-in and shared by its tabs.
 *
 * @returns it with the `Set-Cookie` header that keeps it
 */
export function ensureVerifier(cookieHeader: string | undefined) {
  const verifier = readVerifier(cookieHeader) ?? newToken()
  return { verifier, setCookie: formatCookie(verifierCookie, verifier, verifierTtlMs) }
}

export function readVerifier(cookieHeader: string | undefined): string | undefined {
  const value = readCookie(cookieHeader, verifierCookie)
  return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined
}

/**
 * `__Host-` keeps other hosts of the domain from setting it. Lax: people come from elsewhere, to read a
 * page and not to change something.
 */
function formatCookie(name: string, value: string, ttlMs: number): string {
  return `${name}=${value}; Path=/; Max-Age=${ttlMs / second}; HttpOnly; SameSite=Lax; Secure`
}
