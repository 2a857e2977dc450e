/** The OpenAPI document: made from the routes' own schemas, served at /openapi.json. */
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { compressBody, serveAsset } from '../asset.ts'
import { requiresBody } from '../body.ts'
import { shareProblemResponses } from './problem-components.ts'

/**
 * Describes every route that is registered after it. `app.swagger()` is the document once the
 * app is ready; a route stays out of it with `schema: { hide: true }`.
 *
 * @param options.publicUrl where people reach the service, without a slash at its end
 */
export async function serveOpenapi(
  app: FastifyInstance,
  options: { publicUrl: string; version: string },
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Latchkey',
        version: options.version,
        description: description(options.publicUrl),
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: options.publicUrl }],
      tags,
      // What asks for a token says so itself; the rest is for everyone.
      security: [],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'The `accessToken` of a sign-in.',
          },
        },
      },
    },
    // Schemas that have a name keep it: the typed client calls its types by these, and by titles.
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, index) =>
        typeof schema.$id === 'string' ? schema.$id : `def-${index}`,
    },
    transformObject: (built) => {
      if (!('openapiObject' in built)) throw new Error('The document is not OpenAPI 3.')
      const document = built.openapiObject as OpenApiDocument
      markOptionalBodies(document)
      shareProblemResponses(document)
      return document
    },
  })

  serveAsset(app, '/openapi.json', {
    type: 'application/json; charset=utf-8',
    cache: 'revalidate',
    load: () => compressBody(JSON.stringify(app.swagger())),
  })
}

type OpenApiDocument = Parameters<typeof shareProblemResponses>[0] &
  Parameters<typeof markOptionalBodies>[0]

/** Removes `required` from bodies that may be left out: the plugin sets it on all of them. */
function markOptionalBodies(document: {
  paths?: Record<
    string,
    Record<
      string,
      {
        requestBody?: {
          required?: boolean
          content: { 'application/json': { schema: { required?: string[] } } }
        }
      }
    >
  >
}): void {
  for (const { requestBody } of Object.values(document.paths ?? {}).flatMap(Object.values)) {
    if (requestBody && !requiresBody(requestBody.content['application/json'].schema)) {
      delete requestBody.required
    }
  }
}

const description = (publicUrl: string) =>
  `
The sign-in service in which people own their second factor.

To try a call here, sign in with \`POST /auth/SignIn\`, copy the \`accessToken\` of its answer into
**Bearer Token**, and press **Test Request**.

Errors are \`application/problem+json\` (RFC 9457). Their \`code\` is stable:
[all codes and what they mean](${publicUrl}/docs/errors).
`.trim()

const tags = [
  {
    name: 'Multi-factor sign-in',
    description: 'Turn the second step on and off, and manage what can be used for it.',
  },
  {
    name: 'Signing in',
    description: 'From signing up to signing out: passwords, second steps, passkeys, tokens.',
  },
  {
    name: 'Passkeys',
    description: 'Add, name and remove what signs in with a finger, a face, a PIN or a touch.',
  },
  { name: 'Accounts', description: 'What an account holds, and how its owner changes it.' },
  {
    name: 'Activity',
    description: 'What happened to an account, where it is signed in, and the way back.',
  },
  {
    name: 'Operators',
    description: 'How whoever runs the service helps with other people’s accounts.',
  },
  { name: 'Service', description: 'What keys, health checks and monitoring need.' },
]
