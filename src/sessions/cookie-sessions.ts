import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { second } from '../lib/clock.ts'
import { readCookie } from '../lib/cookies.ts'
import { Problem } from '../lib/problem.ts'
import { deviceLifetimeMs, joinDeviceTokens } from './device.ts'

/**
 * Request header by which a page opts into cookies: the response’s long-lived tokens go into
 * cookies that scripts cannot read, and the request’s cookies are accepted. From another origin the
 * header requires a CORS preflight.
 */
const cookieModeHeader = 'latchkey-session'

/** Cookie handling for sessions of browser pages. */
export interface CookieSessions {
  /** Whether the request opts into cookies. */
  usesCookies(request: FastifyRequest): boolean
  /** The refresh token from its cookie, if the request opts into cookies. */
  refreshTokenOf(request: FastifyRequest): string | undefined
  /** The `deviceToken` of the body or, if the request opts into cookies, those of this browser. */
  deviceTokenOf(request: FastifyRequest): string | undefined
  /** Whether a page navigation may turn out to be signed in. */
  mayBeSignedIn(request: FastifyRequest): boolean
  /** Deletes the session cookie. */
  clearSessionCookie(reply: FastifyReply): void
}

/**
 * The names of the cookies. Over HTTPS they have the `__Host-` prefix (RFC 6265bis §4.1.3.2), so that no
 * other host can set or read them.
 */
export function cookieNamesOf(publicUrl: string) {
  const secure = new URL(publicUrl).protocol === 'https:'
  const prefix = secure ? '__Host-' : ''
  return {
    refresh: `${prefix}latchkey`,
    device: `${prefix}latchkey-device`,
    /** The session for applications: `SameSite=Lax`, for navigations that come from them. */
    apps: `${prefix}latchkey-apps`,
    /** Proves that the browser that goes on to an application is the one that signed in. */
    continuation: `${prefix}latchkey-continue`,
    secure,
  }
}

/**
 * Keeps sessions of pages in cookies.
 *
 * @param options.allowedOrigins origins besides our own whose pages may use cookies
 */
export function registerCookieSessions(
  app: FastifyInstance,
  options: { publicUrl: string; allowedOrigins: readonly string[] },
): CookieSessions {
  const { publicUrl, allowedOrigins } = options
  const cookieNames = cookieNamesOf(publicUrl)
  const { secure } = cookieNames
  const origins = [new URL(publicUrl).origin, ...allowedOrigins]

  app.addHook('onRequest', async (request) => {
    if (usesCookies(request)) ensureAllowedOrigin(request, origins)
  })

  // A hook, so that every route that issues tokens is covered.
  app.addHook('preSerialization', async (request, reply, payload) => {
    if (!usesCookies(request) || !isTokenResponse(payload)) return payload
    const { refreshToken, deviceToken, ...rest } = payload
    setCookie(reply, cookieNames.refresh, refreshToken, payload.refreshExpiresIn)
    if (deviceToken !== undefined) {
      // Applications get the person who has just signed in, not the one before.
      if (readCookie(request.headers.cookie, cookieNames.apps)) {
        setCookie(reply, cookieNames.apps, '', 0)
      }
      const tokens = joinDeviceTokens(
        deviceToken,
        readCookie(request.headers.cookie, cookieNames.device),
      )
      setCookie(reply, cookieNames.device, tokens, deviceLifetimeMs / second)
    }
    return rest
  })

  function setCookie(reply: FastifyReply, name: string, value: string, maxAge: number): void {
    const attributes = ['Path=/', `Max-Age=${maxAge}`, 'HttpOnly', 'SameSite=Strict']
    if (secure) attributes.push('Secure')
    reply.header('set-cookie', [`${name}=${value}`, ...attributes].join('; '))
  }

  return {
    usesCookies,
    refreshTokenOf: (request) =>
      usesCookies(request) ? readCookie(request.headers.cookie, cookieNames.refresh) : undefined,
    deviceTokenOf: (request) =>
      bodyTokenOf(request) ??
      (usesCookies(request) ? readCookie(request.headers.cookie, cookieNames.device) : undefined),
    mayBeSignedIn: (request) =>
      readCookie(request.headers.cookie, cookieNames.refresh) !== undefined || isCrossSite(request),
    clearSessionCookie: (reply) => setCookie(reply, cookieNames.refresh, '', 0),
  }
}

/** Never for GET and HEAD: they return no tokens, and browsers may send them without Origin. */
function usesCookies({ headers, method }: FastifyRequest): boolean {
  return headers[cookieModeHeader] !== undefined && method !== 'GET' && method !== 'HEAD'
}

/** Prevents CSRF: browsers attach cookies to any request, so only allowed origins may use them. */
function ensureAllowedOrigin({ headers }: FastifyRequest, origins: readonly string[]): void {
  const { origin, 'sec-fetch-site': site } = headers
  const allowed = origin !== undefined && origins.includes(origin)
  // Older browsers omit the header. SameSite=Strict cookies are sent with these two values only.
  const sameSite = site === undefined || site === 'same-origin' || site === 'same-site'
  if (headers[cookieModeHeader] === 'cookie' && allowed && sameSite) return
  throw new Problem(
    'cross_site_request',
    'Only pages of this service can keep sessions in cookies. Omit the Latchkey-Session header and send the tokens instead.',
  )
}

/** A navigation from another site, or an unknown one: browsers omit SameSite=Strict cookies. */
function isCrossSite({ headers }: FastifyRequest): boolean {
  return (headers['sec-fetch-site'] ?? 'cross-site') === 'cross-site'
}

/** The field of a body that its schema has checked. */
function bodyTokenOf({ body }: FastifyRequest): string | undefined {
  return (body as { deviceToken?: string }).deviceToken
}

interface TokenResponse {
  status: 'signedIn'
  refreshToken: string
  refreshExpiresIn: number
  deviceToken?: string
}

function isTokenResponse(payload: unknown): payload is TokenResponse {
  return typeof payload === 'object' && payload !== null && 'refreshToken' in payload
}
