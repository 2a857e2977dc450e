import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import {
  bearer,
  bodyProblems,
  problemResponses,
  StrictObject,
  stepUpProblems,
} from '../http/schemas.ts'
import { minute, second } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { type CookieSessions, cookieNamesOf } from '../sessions/cookie-sessions.ts'
import { type Guard, principalOf } from '../sessions/guard.ts'
import { findSessionOfToken } from '../sessions/refresh-token.ts'
import type { RunTransaction } from '../store/transaction.ts'
import type { Continuation, Oidc } from './oidc.ts'

/** Enough to follow a redirect. */
const continuationTtl = (5 * minute) / second

const Interaction = Type.String({
  minLength: 16,
  maxLength: 64,
  pattern: '^[A-Za-z0-9_-]+$',
  description: 'The `interaction` of the page’s address.',
})

const Continue = Type.Object(
  { redirectTo: Type.String({ description: 'The address that the browser opens next.' }) },
  { title: 'Continuation', description: 'The browser goes on.' },
)

/** Calls of the pages to which applications send people. */
export function authorizationRoutes(
  app: App,
  deps: {
    oidc: () => Promise<Oidc | undefined>
    guard: Guard
    transaction: RunTransaction
    cookieSessions: CookieSessions
    publicUrl: string
  },
): void {
  const { oidc, guard, transaction, cookieSessions, publicUrl } = deps
  const cookies = cookieNamesOf(publicUrl)

  async function provider(): Promise<Oidc> {
    const loaded = await oidc()
    if (!loaded) throw new Problem('authorization_expired', 'No application is registered here.')
    return loaded
  }

  app.get(
    '/auth/Authorization',
    {
      schema: {
        operationId: 'getAuthorization',
        tags: ['Signing in'],
        summary: 'Read what an application asks for',
        description:
          'An application sent the person here, to sign in or to be asked for permission (OpenID Connect).',
        querystring: Type.Object({ interaction: Interaction }),
        response: {
          200: Type.Object(
            {
              app: Type.Object({ name: Type.String(), url: Type.String() }),
              prompt: Type.Enum(['login', 'consent'], {
                description: 'Whether it waits for a sign-in, or for permission.',
              }),
              scopes: Type.Array(Type.String(), { description: 'Names of what it may know then.' }),
            },
            { title: 'Authorization', description: 'The request of the application.' },
          ),
          ...problemResponses('authorization_expired', 'invalid_request'),
        },
      },
    },
    async (request) => (await provider()).describe(request.query.interaction),
  )

  app.post(
    '/auth/Authorization',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'authorize',
        tags: ['Signing in'],
        summary: 'Go on to an application',
        description:
          'The person of the access token goes on to the application that sent them here. If it asks for a more recent or a stronger sign-in, the response is a step-up challenge (RFC 9470). The browser must keep the cookie of the response.',
        security: bearer,
        body: StrictObject({ interaction: Interaction }),
        response: {
          200: Continue,
          ...problemResponses('authorization_expired', ...stepUpProblems, ...bodyProblems),
        },
      },
    },
    async (request, reply) => {
      const { interaction } = request.body
      return goOn(reply, await (await provider()).authorize(interaction, principalOf(request)))
    },
  )

  app.post(
    '/auth/Authorization/Consent',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'consent',
        tags: ['Signing in'],
        summary: 'Allow an application, or not',
        description:
          'For the page of this service alone: an access token is not enough, the session’s cookie must come with it.',
        security: bearer,
        body: StrictObject({
          interaction: Interaction,
          allowed: Type.Boolean({ description: 'Whether it may know what it asks for.' }),
        }),
        response: {
          200: Continue,
          ...problemResponses('authorization_expired', ...stepUpProblems, ...bodyProblems),
        },
      },
    },
    async (request, reply) => {
      await ensureOwnPage(request)
      const { interaction, allowed } = request.body
      const principal = principalOf(request)
      return goOn(reply, await (await provider()).consent(interaction, principal, allowed))
    },
  )

  /** A stolen access token must not give an application access that lasts. */
  async function ensureOwnPage(request: FastifyRequest): Promise<void> {
    const refreshToken = cookieSessions.refreshTokenOf(request)
    const session =
      refreshToken === undefined || request.headers.origin !== new URL(publicUrl).origin
        ? undefined
        : await transaction((tx) => findSessionOfToken(tx, refreshToken))
    if (session === principalOf(request).session) return
    throw new Problem(
      'cross_site_request',
      'Only the page of this service can allow an application.',
    )
  }

  function goOn(reply: FastifyReply, { redirectTo, token }: Continuation) {
    if (token === undefined) return { redirectTo }
    const attributes = ['Path=/', `Max-Age=${continuationTtl}`, 'HttpOnly', 'SameSite=Strict']
    if (cookies.secure) attributes.push('Secure')
    reply.header('set-cookie', [`${cookies.continuation}=${token}`, ...attributes].join('; '))
    return { redirectTo }
  }
}
