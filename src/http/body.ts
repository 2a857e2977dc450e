import type { FastifyInstance } from 'fastify'
import { Problem } from '../lib/problem.ts'
import { escapePointer } from './validation.ts'

/** Far above the largest valid request. */
export const bodyLimitBytes = 16 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Accepts JSON bodies only. Rejects text that databases or other parsers handle differently:
 * invalid UTF-8, NUL and lone surrogates. An empty body counts as no body, whatever its
 * Content-Type.
 */
export function acceptJson(app: FastifyInstance): void {
  // Rejects the keys `__proto__` and `constructor`.
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
      done(findInvalidText(value) ?? null, value)
    })
  })

  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    if (body.length === 0) return done(null, undefined)
    done(new Problem('unsupported_media_type', 'Send the body as Content-Type: application/json.'))
  })

  app.addHook('preValidation', async (request) => {
    const { params, query, raw, routeOptions, body } = request
    const problem = findInvalidQuery(raw.url) ?? findInvalidText([params, query])
    if (problem) throw problem
    const bodySchema = routeOptions.schema?.body as { required?: string[] } | undefined
    if (bodySchema === undefined) rejectUnexpectedBody(body)
    // A body without required fields may be left out.
    else if (!requiresBody(bodySchema)) request.body ??= {}
  })
}

/** Whether the schema has a required field, so that a request without a body is refused. */
export function requiresBody(schema: { required?: string[] }): boolean {
  return (schema.required?.length ?? 0) > 0
}

/** Rejects broken percent-encoding, which Fastify would pass on undecoded. */
function findInvalidQuery(url = ''): Problem | undefined {
  try {
    decodeURIComponent(url.slice(url.indexOf('?') + 1))
    return undefined
  } catch {
    return new Problem('malformed_request', 'The URL contains an invalid percent-encoding.')
  }
}

/**
 * For routes without a body: accepts `{}`, and `null`, which some clients send for no body. Rejects
 * anything else, because its sender expects it to have an effect.
 */
function rejectUnexpectedBody(body: unknown): void {
  if (body === undefined || body === null) return
  const errors =
    typeof body === 'object' && !Array.isArray(body)
      ? Object.keys(body)
          .slice(0, 20)
          .map((name) => ({
            path: `/${escapePointer(name)}`,
            message: 'is not a field of this request',
          }))
      : [{ path: '', message: 'must be empty or {}' }]
  const [first] = errors
  if (!first) return
  throw new Problem('invalid_request', `${first.path || 'The body'} ${first.message}.`, { errors })
}

/** Checks every string, keys included. Iterative, because nesting can be deep. */
function findInvalidText(value: unknown): Problem | undefined {
  const pending = [value]
  while (pending.length > 0) {
    const next = pending.pop()
    if (typeof next === 'string') {
      if (next.includes('\0') || !next.isWellFormed()) {
        return new Problem('malformed_request', 'A string contains NUL or a lone surrogate.')
      }
    } else if (typeof next === 'object' && next !== null) {
      pending.push(...Object.keys(next), ...Object.values(next))
    }
  }
  return undefined
}
