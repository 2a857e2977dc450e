import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import type { App } from '../http/app.ts'
import { securityHeaders } from '../http/security-headers.ts'
import type { Log } from '../lib/log.ts'
import { networkOf } from '../lib/network.ts'
import { Problem } from '../lib/problem.ts'
import { rateLimits } from '../rate-limits/limits.ts'
import type { RateLimiter } from '../rate-limits/rate-limiter.ts'
import type { RunTransaction } from '../store/transaction.ts'
import type { Oidc } from './oidc.ts'

/** The endpoints of the OpenID Provider, which speak as their standards say. */
const endpoints: Record<string, HTTPMethods[]> = {
  '/.well-known/openid-configuration': ['GET', 'OPTIONS'],
  '/.well-known/oauth-authorization-server': ['GET', 'OPTIONS'],
  '/oidc/auth': ['GET'],
  '/oidc/auth/:interaction': ['GET'],
  '/oidc/token': ['POST', 'OPTIONS'],
  '/oidc/userinfo': ['GET', 'POST', 'OPTIONS'],
  '/oidc/introspect': ['POST', 'OPTIONS'],
  '/oidc/revoke': ['POST', 'OPTIONS'],
  '/oidc/par': ['POST', 'OPTIONS'],
  '/oidc/logout': ['GET'],
  '/oidc/logout/confirm': ['POST'],
  '/oidc/logout/success': ['GET'],
}

/** Endpoints that store requests before anybody has signed in. */
const storingEndpoints = new Set(['/oidc/auth', '/oidc/par'])

/**
 * The policy of responses that are no page of ours. The library adds the digest of its script to the page
 * that sends a form to an application, wherever that sends the person then: so it has no `form-action`.
 */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'report-sample'; frame-ancestors 'none'; base-uri 'none'"

/** The library decides by application, not by LATCHKEY_ALLOWED_ORIGINS. */
const withoutCors: object = { cors: false }

/** Bytes of a body. */
const bodyLimit = 16 * 1024

/** Hands requests over to the OpenID Provider: nothing of it is loaded before an application exists. */
export function oidcRoutes(
  app: App,
  deps: {
    oidc: () => Promise<Oidc | undefined>
    transaction: RunTransaction
    rateLimiter: RateLimiter
    publicUrl: string
    log: Log
    isStopping: () => boolean
  },
): void {
  const { oidc, transaction, rateLimiter, publicUrl, log, isStopping } = deps
  const headers = {
    ...securityHeaders(publicUrl),
    'content-security-policy': contentSecurityPolicy,
  }
  const { host, protocol } = new URL(publicUrl)

  for (const [url, method] of Object.entries(endpoints)) {
    app.route({
      url,
      method,
      schema: { hide: true },
      config: withoutCors,
      // Before the body is read, which is a form.
      onRequest: handOver,
      handler: () => {
        throw new Error('The provider answers.')
      },
    })
  }

  async function handOver(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const provider = await oidc()
    if (!provider) {
      throw new Problem(
        'not_found',
        'This path does not exist. The reference at /docs lists all paths.',
      )
    }
    if (Number(request.headers['content-length'] ?? 0) > bodyLimit) {
      throw new Problem('payload_too_large', 'Send at most 16 KiB.')
    }
    if (storingEndpoints.has(request.routeOptions.url ?? '')) {
      const key = networkOf(request.ip)
      await transaction((tx) =>
        rateLimiter.consume(tx, { limit: rateLimits.authorizationsPerNetwork, key }),
      )
    }
    // From here on no hook sets headers.
    reply.hijack()
    prepareResponse(reply.raw, request.id)
    prepareRequest(request.raw, request.ip)
    try {
      await provider.handle(request.raw, reply.raw)
    } catch (error) {
      log.error({ err: error }, 'request failed')
      reply.raw.destroy()
    }
  }

  /** Endpoint addresses come from the request, so the public URL replaces what the client sent. */
  function prepareRequest(request: IncomingMessage, ip: string): void {
    delete request.headers.forwarded
    request.headers.host = host
    request.headers['x-forwarded-host'] = host
    request.headers['x-forwarded-proto'] = protocol.replace(':', '')
    request.headers['x-forwarded-for'] = ip
  }

  function prepareResponse(response: ServerResponse, requestId: string): void {
    response.setHeader('x-request-id', requestId)
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    if (isStopping()) response.setHeader('connection', 'close')
  }
}
