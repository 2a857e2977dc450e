import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../lib/problem.ts'

/**
 * A page asks with it that the long-lived tokens of its answer go into cookies, where no script
 * can read them, and that those cookies count. A page elsewhere can't send it without being asked
 * about first (CORS).
 */
const cookieModeHeader = 'latchkey-session'

/** For how long a device token is good, and the longest that browsers keep a cookie. */
const deviceCookieMaxAge = 30 * 24 * 60 * 60

/** How signing in works for pages. */
export interface CookieSessions {
  /** Whether a page asks for its session to be in cookies. */
  usesCookies(request: FastifyRequest): boolean
  /** The token to refresh with, if a page of ours asks. */
  refreshTokenOf(request: FastifyRequest): string | undefined
  /** The token of a device that is remembered, if a page of ours asks. */
  deviceTokenOf(request: FastifyRequest): string | undefined
  /** Whether a page that is being opened may find somebody signed in. */
  mayBeSignedIn(request: FastifyRequest): boolean
  /** Takes the session's cookie away. */
  clearSessionCookie(reply: FastifyReply): void
}

/**
 * Keeps sessions of pages in cookies: `__Host-` ones (RFC 6265bis §4.1.3.2), which no other host
 * can set or read, wherever the service is reached by HTTPS.
 *
 * @param origins of pages that may ask: our own, and those that the operator allows
 */
export function registerCookieSessions(
  app: FastifyInstance,
  { publicUrl, allowedOrigins }: { publicUrl: string; allowedOrigins: readonly string[] },
): CookieSessions {
  const { origin, protocol } = new URL(publicUrl)
  const secure = protocol === 'https:'
  const prefix = secure ? '__Host-' : ''
  const cookieNames = { refresh: `${prefix}latchkey`, device: `${prefix}latchkey-device` }
  const origins = [origin, ...allowedOrigins]

  app.addHook('onRequest', async (request) => {
    if (usesCookies(request)) ensureAllowedOrigin(request, origins)
  })

  // Whichever route signs somebody in, now or in future: none can forget it.
  app.addHook('preSerialization', async (request, reply, payload) => {
    if (!usesCookies(request) || !isTokenResponse(payload)) return payload
    const { refreshToken, deviceToken, ...rest } = payload
    setCookie(reply, cookieNames.refresh, refreshToken, payload.refreshExpiresIn)
    if (deviceToken !== undefined)
      setCookie(reply, cookieNames.device, deviceToken, deviceCookieMaxAge)
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
      usesCookies(request) ? readCookie(request, cookieNames.refresh) : undefined,
    deviceTokenOf: (request) =>
      usesCookies(request) ? readCookie(request, cookieNames.device) : undefined,
    mayBeSignedIn: (request) =>
      readCookie(request, cookieNames.refresh) !== undefined || isCrossSite(request),
    clearSessionCookie: (reply) => setCookie(reply, cookieNames.refresh, '', 0),
  }
}

/** Reading alone never does: it gives no token, and browsers send no Origin with it. */
function usesCookies({ headers, method }: FastifyRequest): boolean {
  return headers[cookieModeHeader] !== undefined && method !== 'GET' && method !== 'HEAD'
}

/** Cookies come along with whatever a browser sends: only a page of ours may have it send this. */
function ensureAllowedOrigin({ headers }: FastifyRequest, origins: readonly string[]): void {
  const { origin, 'sec-fetch-site': site } = headers
  const allowed = origin !== undefined && origins.includes(origin)
  // Older browsers don't say. Those that do have no other word for a page that gets the cookies.
  const sameSite = site === undefined || site === 'same-origin' || site === 'same-site'
  if (headers[cookieModeHeader] === 'cookie' && allowed && sameSite) return
  throw new Problem(
    'cross_site_request',
    'Sessions in cookies are for pages of this service. Leave the Latchkey-Session header out, and send the tokens.',
  )
}

/** Following a link of another site, or for all we know: browsers bring no SameSite=Strict cookie. */
function isCrossSite({ headers }: FastifyRequest): boolean {
  return (headers['sec-fetch-site'] ?? 'cross-site') === 'cross-site'
}

/**
 * The cookie of that name (RFC 6265 §5.4); undefined if there is none, or if there are two. What
 * browsers send is taken letter by letter: with a space of some kind before it, a name is another
 * one to them, which any host of the domain may set.
 */
function readCookie({ headers }: FastifyRequest, name: string): string | undefined {
  const pairs = (headers.cookie ?? '').split(/; ?/)
  const matches = pairs.filter((pair) => pair.startsWith(`${name}=`))
  return matches.length === 1 ? matches[0]?.slice(name.length + 1) || undefined : undefined
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
