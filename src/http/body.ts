import type { FastifyInstance } from 'fastify'
import { Problem } from '../lib/problem.ts'

/** Far more than any request needs. */
export const bodyLimitBytes = 16 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Takes JSON and nothing else, and no JSON that a database or another reader would understand
 * differently: invalid UTF-8, NUL and lone surrogates are refused, not replaced. An empty body
 * is no body, whatever its type says.
 */
export function acceptJson(app: FastifyInstance): void {
  // `__proto__` and `constructor` as keys are errors.
  const parse = app.getDefaultJsonParser('error', 'error')

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined)
    let json: string
    try {
      json = utf8.decode(body as Buffer)
    } catch {
      return done(new Problem('malformed_request', 'The body is not valid UTF-8.'))
    }
    parse(request, json, (error, value) => {
      if (error) return done(new Problem('malformed_request', 'The body is not valid JSON.'))
      done(unstorable(value) ?? null, value)
    })
  })

  app.addHook('preValidation', async (request) => {
    const problem = unstorable([request.params, request.query])
    if (problem) throw problem
  })
}

/** Looks at every text, also those that are names. Without recursion: nesting may be deep. */
function unstorable(value: unknown): Problem | undefined {
  const pending = [value]
  while (pending.length > 0) {
    const next = pending.pop()
    if (typeof next === 'string') {
      if (next.includes('\0') || !next.isWellFormed()) {
        return new Problem('malformed_request', 'A text holds NUL or half a character.')
      }
    } else if (typeof next === 'object' && next !== null) {
      pending.push(...Object.keys(next), ...Object.values(next))
    }
  }
  return undefined
}
