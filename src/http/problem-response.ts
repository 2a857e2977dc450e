import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { second } from '../lib/clock.ts'
import { Problem, type ProblemCode } from '../lib/problem.ts'
import { problemTypes } from './problem-types.ts'
import { describeErrors } from './validation.ts'

/** For a client to read the last response, and to close the connection itself. */
const closeTimeoutMs = 2 * second

/** The body of a problem response. */
export interface ProblemBody {
  type: string
  title: string
  status: number
  code: ProblemCode
  detail: string
  requestId: string
  errors?: { path: string; message: string }[]
  attemptsLeft?: number
  retryAfter?: number
}

/** Error handlers that answer with a problem. @param docsUrl the URL that `/errors` is below */
export function createErrorHandlers(docsUrl: string) {
  function problemBody(problem: Problem, requestId: string): ProblemBody {
    const { code, message, members } = problem
    const { status, title } = problemTypes[code]
    const { errors, attemptsLeft, retryAfter } = members
    return {
      type: `${docsUrl}/errors#${code}`,
      title,
      status,
      code,
      detail: message,
      requestId,
      ...(errors && { errors }),
      ...(attemptsLeft !== undefined && { attemptsLeft }),
      ...(retryAfter !== undefined && { retryAfter }),
    }
  }

  return {
    /** For Fastify's `setErrorHandler` and `frameworkErrors`. */
    handleError(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply) {
      const problem = error instanceof Problem ? error : frameworkErrorProblem(error)
      const { code, members } = problem
      if (code === 'internal_error') request.log.error({ err: error }, 'request failed')
      const { status } = problemTypes[code]
      if (status === 401) reply.header('www-authenticate', wwwAuthenticate(problem))
      if (members.retryAfter !== undefined) reply.header('retry-after', members.retryAfter)
      if (members.allow) reply.header('allow', members.allow.join(', '))
      return reply
        .code(status)
        .header('content-type', 'application/problem+json')
        .send(JSON.stringify(problemBody(problem, request.id)))
    },

    /**
     * For `clientErrorHandler`: requests that Node's HTTP parser rejects. No reply object exists yet,
     * so the response is written to the socket.
     */
    handleClientError(
      error: Error & { code?: string },
      socket: Duplex,
      requestId: string,
      headers: Record<string, string>,
    ) {
      if (!socket.writable) return void socket.destroy()
      const problem = clientErrorProblem(error.code)
      const json = JSON.stringify(problemBody(problem, requestId))
      const { status } = problemTypes[problem.code]
      const all = {
        ...headers,
        'content-type': 'application/problem+json; charset=utf-8',
        'content-length': Buffer.byteLength(json),
        'x-request-id': requestId,
        connection: 'close',
      }
      socket.end(
        [
          `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
          ...Object.entries(all).map(([name, value]) => `${name}: ${value}`),
          '',
          json,
        ].join('\r\n'),
      )
      setTimeout(() => socket.destroy(), closeTimeoutMs).unref()
    },
  }
}

/** @param code Node's error code */
function clientErrorProblem(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers_too_large', 'Send fewer or shorter headers.')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request_timeout', 'The request did not arrive in time. Please try again.')
    default:
      return new Problem('malformed_request', 'This is not a valid HTTP request.')
  }
}

/** Maps Fastify's own errors to problems, and any other error to `internal_error`. */
function frameworkErrorProblem(error: FastifyError): Problem {
  if (error.validation) {
    const errors = describeErrors(error.validation, error.validationContext)
    const [first] = errors
    const detail = first ? `${first.path || 'The request'} ${first.message}.` : 'Check the request.'
    return new Problem('invalid_request', detail, { errors })
  }
  switch (error.statusCode) {
    case 400:
      return new Problem(
        'malformed_request',
        error.code === 'FST_ERR_BAD_URL'
          ? 'The URL contains an invalid percent-encoding.'
          : 'The body does not match its headers.',
      )
    case 413:
      return new Problem('payload_too_large', 'Send at most 16 KiB.')
    case 414:
      return new Problem('uri_too_long', 'A path segment is too long.')
    case 415:
      return new Problem(
        'unsupported_media_type',
        'Send the body as Content-Type: application/json.',
      )
    default:
      return new Problem(
        'internal_error',
        'The request failed, and nothing was changed. Please try again. If it keeps failing, send the request ID to the operator of this service.',
      )
  }
}

/** `WWW-Authenticate` (RFC 6750 §3, RFC 9470 §3). */
function wwwAuthenticate({ code, members }: Problem): string {
  if (code === 'invalid_token') return 'Bearer error="invalid_token"'
  if (code !== 'insufficient_user_authentication') return 'Bearer'
  const { maxAge, acrValues } = members.stepUp ?? {}
  return [
    `Bearer error="${code}"`,
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
    ...(acrValues === undefined ? [] : [`acr_values="${acrValues}"`]),
  ].join(', ')
}
