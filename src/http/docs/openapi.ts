/** The OpenAPI document, built from the routes' schemas and served at /openapi.json. */
import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import { encodeBody, serveAsset } from '../asset.ts'
import { requiresBody } from '../body.ts'
import { shareProblemResponses } from './problem-components.ts'

/**
 * Documents every route registered after this call, except those with `schema: { hide: true }`. The
 * document is built at its first request, so that the service starts without what it takes.
 *
 * @param options.publicUrl the service's public URL, without a trailing slash
 */
export function serveOpenapi(
  app: FastifyInstance,
  options: { publicUrl: string; version: string },
): void {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    if (!route.schema?.hide && route.method !== 'HEAD') routes.push(route)
  })

  serveAsset(app, '/openapi.json', {
    type: 'application/json; charset=utf-8',
    cache: 'revalidate',
    load: async () => encodeBody(JSON.stringify(await describe(app, routes, options))),
  })
}

/** Describes routes by registering their schemas on an app of their own, which serves nothing. */
async function describe(
  app: FastifyInstance,
  routes: RouteOptions[],
  { publicUrl, version }: { publicUrl: string; version: string },
) {
  const { default: swagger } = await import('@fastify/swagger')
  const described = Fastify({ exposeHeadRoutes: false })
  described.setValidatorCompiler(() => () => true)
  described.setSerializerCompiler(() => JSON.stringify)
  for (const schema of Object.values(app.getSchemas())) described.addSchema(schema)

  await described.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Latchkey',
        version,
        description: description(publicUrl),
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl }],
      tags,
      // Routes that require a token declare it themselves.
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
    // Schemas keep their `$id` as component name, which the typed client uses as type name.
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
  for (const { method, url, schema } of routes) {
    described.route({ method, url, ...(schema && { schema }), handler: async () => {} })
  }
  await described.ready()
  return described.swagger()
}

type OpenApiDocument = Parameters<typeof shareProblemResponses>[0] &
  Parameters<typeof markOptionalBodies>[0]

/** Removes `required` from bodies that may be left out; the plugin sets it on every body. */
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

To try a call here, sign in with \`POST /auth/SignIn\`, copy the \`accessToken\` from the response into
**Bearer Token**, and press **Test Request**.

Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`:
[all codes and their meaning](${publicUrl}/docs/errors).
`.trim()

const tags = [
  {
    name: 'Multi-factor sign-in',
    description: 'Turn the second step on and off, and manage its methods.',
  },
  {
    name: 'Signing in',
    description: 'From sign-up to sign-out: passwords, second steps, passkeys, tokens.',
  },
  {
    name: 'Passkeys',
    description: 'Add, rename and remove passkeys.',
  },
  { name: 'Accounts', description: 'View and change an account as its owner.' },
  {
    name: 'Activity',
    description: 'Account history, sessions, trusted devices, and undo.',
  },
  {
    name: 'Operators',
    description: 'Manage other people’s accounts as an operator.',
  },
  { name: 'Service', description: 'Signing keys, health checks and development tools.' },
]
