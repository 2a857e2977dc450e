import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { hasForwardAuthApps } from '../apps/forward-auth-app.ts'
import type { App } from '../http/app.ts'
import { Problem } from '../lib/problem.ts'
import type { ForwardAuthDeps } from './forward-auth/forward-auth.ts'

/**
 * The endpoint that a reverse proxy asks about each request for an application (nginx `auth_request`,
 * Caddy `forward_auth`, Traefik `forwardAuth`). Nothing of it is loaded before such an application
 * exists.
 */
export function forwardAuthRoutes(app: App, deps: ForwardAuthDeps): void {
  const { db, publicUrl } = deps
  let loading: ReturnType<typeof load> | undefined

  async function load() {
    const [{ createForwardAuth }, { readForwardedRequest }, { renderFailure }] = await Promise.all([
      import('./forward-auth/forward-auth.ts'),
      import('./forward-auth/forwarded-request.ts'),
      import('./forward-auth/failure-page.ts'),
    ])
    return { forwardAuth: createForwardAuth(deps), readForwardedRequest, renderFailure }
  }

  app.get(
    '/forward-auth/Verify',
    {
      schema: {
        hide: true,
        querystring: Type.Object({ redirect: Type.Optional(Type.Enum(['false'])) }),
      },
      // Browsers see these responses at the application’s host, whose subdomains are not ours.
      onSend: async (_request, reply) => void reply.removeHeader('strict-transport-security'),
    },
    async (request, reply) => {
      if (!loading && !(await hasForwardAuthApps(db))) {
        throw new Problem(
          'not_found',
          'No application is registered with --forward-auth. See docs/forward-auth.md.',
        )
      }
      ensureTrustedProxy(request)
      loading ??= load()
      const { forwardAuth, readForwardedRequest, renderFailure } = await loading
      const verdict = await forwardAuth.verify(
        readForwardedRequest(request.raw),
        request.query.redirect !== 'false',
      )
      if ('pass' in verdict) return reply.headers(verdict.pass).send()
      if ('redirectTo' in verdict) {
        return reply.header('set-cookie', verdict.setCookie).redirect(verdict.redirectTo, 303)
      }
      const { 'accept-language': acceptLanguage } = request.headers
      return reply
        .code(400)
        .type('text/html; charset=utf-8')
        .send(renderFailure(verdict, { publicUrl, acceptLanguage }))
    },
  )
}

/** Only a trusted proxy’s `X-Forwarded-For` makes a second address out of that of the connection. */
function ensureTrustedProxy({ ips = [] }: FastifyRequest): void {
  if (ips.length > 1) return
  throw new Problem(
    'malformed_request',
    'Only a reverse proxy of LATCHKEY_TRUST_PROXY asks here, and sends X-Forwarded-For.',
  )
}
