import type { IncomingMessage } from 'node:http'
import { Problem } from '../../lib/problem.ts'

/** The request that a reverse proxy asks about. */
export interface ForwardedRequest {
  method: string
  /** The scheme, host and port that the browser asked for. */
  origin: string
  /** Path and query as the browser sent them. */
  uri: string
  headers: IncomingMessage['headers']
}

/** Requests of WebSockets have the origin of the page. */
const schemes: Record<string, string> = {
  https: 'https',
  http: 'http',
  wss: 'https',
  ws: 'http',
}

/**
 * Reads what a reverse proxy states about a request (`X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri`).
 * Each header must be there exactly once: of two, proxy and service could read different ones.
 *
 * @param request from a trusted proxy; others can state anything
 * @throws Problem `malformed_request`
 */
export function readForwardedRequest({ headers, headersDistinct }: IncomingMessage) {
  const [method, proto, host, uri] = ['method', 'proto', 'host', 'uri'].map((name) => {
    const values = headersDistinct[`x-forwarded-${name}`] ?? []
    if (values.length === 1 && values[0] !== undefined) return values[0]
    throw new Problem(
      'malformed_request',
      `A reverse proxy sends X-Forwarded-${name.replace(/^./, (first) => first.toUpperCase())} exactly once. See docs/forward-auth.md.`,
    )
  }) as [method: string, proto: string, host: string, uri: string]

  const scheme = schemes[proto]
  // Characters that could move the end of the host are no part of one.
  const url = scheme && /^[\w.:[\]-]+$/.test(host) ? URL.parse(`${scheme}://${host}`) : null
  if (!url || !/^[A-Z]+$/.test(method) || !/^\/[\x21-\x7e]*$/.test(uri)) {
    throw new Problem(
      'malformed_request',
      'The reverse proxy sends a method, a scheme, a host or a path in another form than browsers do.',
    )
  }
  return { method, origin: url.origin, uri, headers } satisfies ForwardedRequest
}

/**
 * Whether a person opens a page, which may lead to signing in. A form that is sent would be lost on the
 * way, a script would read the page of another site, and a frame does not show ours.
 */
export function isNavigation({ method, headers }: ForwardedRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined) return mode === 'navigate' && headers['sec-fetch-dest'] === 'document'
  // Browsers without Fetch Metadata.
  return headers['x-requested-with'] === undefined && (headers.accept ?? '').includes('text/html')
}
