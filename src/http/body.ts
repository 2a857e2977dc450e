import type { FastifyInstance } from 'fastify'
import { Problem } from '../lib/problem.ts'
import { escapePointer } from './validation.ts'

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
    // Where nothing need be said, saying nothing is no error either.
    else if (!requiresBody(bodySchema)) request.body ??= {}
  })
}

/** Whether a request with this body schema is refused without a body: it has a required field. */
export function requiresBody(schema: { required?: string[] }): boolean {
  return (schema.required?.length ?? 0) > 0
}

/** Broken escapes would be passed on as they are written. */
function findInvalidQuery(url = ''): Problem | undefined {
  try {
    decodeURIComponent(url.slice(url.indexOf('?') + 1))
    return undefined
  } catch {
    return new Problem('malformed_request', 'The address holds a % that begins no valid character.')
  }
}

/**
 * Where nothing need be said, `{}` may be, and `null`, which some clients send for nothing. Whoever
 * sends more believes that it does something.
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
      : [{ path: '', message: 'must be left out, or be {}' }]
  const [first] = errors
  if (!first) return
  throw new Problem('invalid_request', `${first.path || 'The body'} ${first.message}.`, { errors })
}

/** Looks at every text, also those that are names. Without recursion: nesting may be deep. */
function findInvalidText(value: unknown): Problem | undefined {
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
