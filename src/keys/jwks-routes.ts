import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { problemResponses } from '../http/schemas.ts'
import { second } from '../lib/clock.ts'
import { jwksMaxAgeMs } from './rotate-signing-key.ts'
import type { SigningKeys } from './signing-keys.ts'

const Jwks = Type.Object(
  {
    keys: Type.Array(
      Type.Object({
        kty: Type.String(),
        crv: Type.Optional(Type.String()),
        x: Type.Optional(Type.String()),
        y: Type.Optional(Type.String()),
        n: Type.Optional(Type.String()),
        e: Type.Optional(Type.String()),
        kid: Type.String(),
        alg: Type.String(),
        use: Type.String(),
      }),
    ),
  },
  { description: 'The keys.' },
)

export function jwksRoutes(app: App, { signingKeys }: { signingKeys: SigningKeys }): void {
  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        operationId: 'getJwks',
        tags: ['Service'],
        summary: 'Read the keys that verify access tokens and ID tokens',
        description: 'A JSON Web Key Set (RFC 7517), for any JOSE library.',
        response: { 200: Jwks, ...problemResponses() },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', `public, max-age=${jwksMaxAgeMs / second}`)
      return signingKeys.jwks()
    },
  )
}
