import type { FastifyInstance, HTTPMethods } from 'fastify'
import { Problem } from '../lib/problem.ts'

/** Every method that Fastify supports. */
const allMethods: HTTPMethods[] = [
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'],
]

/**
 * Records the methods of each route that is registered after this call.
 *
 * @returns registers, once all routes are known, a 405 response with `Allow` (RFC 9110 §15.5.6) for
 * every other method of each path
 */
export function collectMethods(app: FastifyInstance): () => void {
  const methodsByUrl = new Map<string, Set<string>>()

  app.addHook('onRoute', ({ url, method }) => {
    const registered = methodsByUrl.get(url) ?? new Set<string>()
    for (const name of [method].flat()) registered.add(name)
    methodsByUrl.set(url, registered)
  })

  return function rejectOtherMethods() {
    for (const [url, registered] of [...methodsByUrl]) {
      const allow = [...registered].sort()
      const unregistered = allMethods.filter((method) => !registered.has(method))
      if (url.includes('*') || unregistered.length === 0) continue
      app.route({
        url,
        method: unregistered,
        schema: { hide: true },
        // Before the body and the token are read: neither changes the response.
        onRequest: async (request) => {
          const detail = `${request.method} is not allowed here. Allowed methods: ${allow.join(', ')}.`
          throw new Problem('method_not_allowed', detail, { allow })
        },
        handler: async () => {},
      })
    }
  }
}
