import type { FastifyInstance } from 'fastify'

/** Defaults for every response; a route can set its own values. */
const baseHeaders = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** @param publicUrl if it is https, the headers include HSTS for two years (RFC 6797) */
export function securityHeaders(publicUrl: string): Record<string, string> {
  return publicUrl.startsWith('https://')
    ? { ...baseHeaders, 'strict-transport-security': 'max-age=63072000; includeSubDomains' }
    : baseHeaders
}

/** Adds the request id and `headers` to every response. @param headers of `securityHeaders` */
export function setSecurityHeaders(app: FastifyInstance, headers: Record<string, string>): void {
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id)
    for (const [name, value] of Object.entries(headers)) {
      if (!reply.hasHeader(name)) reply.header(name, value)
    }
  })
}
