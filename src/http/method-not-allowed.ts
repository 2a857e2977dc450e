import type { FastifyInstance, HTTPMethods } from 'fastify'
import { Problem } from '../lib/problem.ts'

/** All that Fastify knows. */
const allMethods: HTTPMethods[] = [
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'],
]

/**
 * Answers 405 with `Allow` (RFC 9110 §15.5.6) where a path exists but not with that method.
 * Call it first; it does its work when every route is known, by calling what it returns.
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
        // Before a body is read or a token looked at: neither could change the answer.
        onRequest: async (request) => {
          const detail = `${request.method} is not one of: ${allow.join(', ')}.`
          throw new Problem('method_not_allowed', detail, { allow })
        },
        handler: async () => {},
      })
    }
  }
}
