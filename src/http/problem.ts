import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { Problem, type ProblemCode } from '../lib/problem.ts'
import { readable } from './validation.ts'

/** How each failure is answered (RFC 9457). The meaning is for the documentation. */
export const answers = {
  invalid_request: {
    status: 400,
    title: 'The request is not as described',
    meaning: 'A field is missing, unknown or not of its form. `errors` says which and why.',
  },
  malformed_request: {
    status: 400,
    title: 'The request could not be read',
    meaning: 'The address, the headers or the JSON are broken, or the text is not valid UTF-8.',
  },
  invalid_password: {
    status: 400,
    title: 'This password can’t be used',
    meaning: 'The new password is too short, too long, or among those that are guessed first.',
  },
  missing_token: {
    status: 401,
    title: 'Signing in comes first',
    meaning: 'There is no access token. Send one as `Authorization: Bearer <token>`.',
  },
  invalid_token: {
    status: 401,
    title: 'The access token was not accepted',
    meaning:
      'The access token is malformed, expired, from somebody else, or its session has ended. Refresh, or sign in again.',
  },
  insufficient_user_authentication: {
    status: 401,
    title: 'Please confirm that it’s you',
    meaning:
      'The token is valid, but the sign-in behind it is too old or too weak for this change (RFC 9470). `POST /auth/Reauthenticate` gets a fresh one.',
  },
  invalid_credentials: {
    status: 401,
    title: 'Address or password is not right',
    meaning:
      'No account has this address and this password. Which of the two is wrong is not told.',
  },
  invalid_code: {
    status: 401,
    title: 'The code was not accepted',
    meaning:
      'The code is wrong, too old, or was used before. Where it matters, `attemptsLeft` says how many more this sign-in takes.',
  },
  mfa_token_expired: {
    status: 401,
    title: 'This sign-in is no longer open',
    meaning:
      'The `mfaToken` is unknown, used, too old, had too many wrong answers, or was made void by a change of the account. Sign in again.',
  },
  invalid_refresh_token: {
    status: 401,
    title: 'The refresh token was not accepted',
    meaning: 'The refresh token is unknown or used, or its session has ended. Sign in again.',
  },
  password_reset_required: {
    status: 401,
    title: 'A new password comes first',
    meaning:
      'A change of this account was undone. Nobody can sign in until its owner has set a new password: with the `resetToken` of the undo, or by `POST /auth/ForgotPassword`.',
  },
  reset_token_expired: {
    status: 401,
    title: 'This can’t set a password any more',
    meaning:
      'The `resetToken` is unknown, used or too old. `POST /auth/ForgotPassword` sends a code.',
  },
  undo_token_expired: {
    status: 401,
    title: 'This can’t be undone any more',
    meaning:
      'The token is unknown, used, too old, or belongs to a change that was undone with an earlier one.',
  },
  mfa_required_by_policy: {
    status: 403,
    title: 'Everyone here uses a second step',
    meaning: 'The operator requires multi-factor sign-in of everyone: it can’t be turned off.',
  },
  mfa_set_up_required: {
    status: 403,
    title: 'A second step comes first',
    meaning:
      'The operator requires multi-factor sign-in of everyone, and this account has none yet. Set it up by `/settings/MfaSecret` and `POST /settings/MfaSignIn`, then refresh the token.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    meaning: 'This path, or what it names, does not exist.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This path takes other methods',
    meaning: 'The path exists, but not with this method. `Allow` lists those it takes.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    meaning: 'A request must have arrived in full after 30 seconds.',
  },
  method_not_set_up: {
    status: 409,
    title: 'This method is not set up yet',
    meaning: 'The account has nothing yet by which this method could be proven. Set it up first.',
  },
  last_method: {
    status: 409,
    title: 'This is the last method',
    meaning:
      'While multi-factor sign-in is on, its last method can’t be removed. Turn it off first.',
  },
  address_taken: {
    status: 409,
    title: 'Another account has this address',
    meaning:
      'The code was right, but the address belongs to another account, or did until a few days ago and may come back to it.',
  },
  payload_too_large: {
    status: 413,
    title: 'The request is too large',
    meaning: 'A request body may have 16 KiB at most.',
  },
  uri_too_long: {
    status: 414,
    title: 'The address is too long',
    meaning: 'A part of the path is longer than any that exists.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body must be JSON',
    meaning: 'A request body is sent as `Content-Type: application/json`.',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many attempts',
    meaning: 'There were too many wrong attempts. `Retry-After` says when to try again.',
  },
  too_many_messages: {
    status: 429,
    title: 'Too many messages',
    meaning: 'There were too many codes asked for. `Retry-After` says when to ask again.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    meaning: 'All headers together may have 16 KiB at most.',
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong on our side',
    meaning:
      'The request could not be carried out, and nothing was changed. It is safe to try again.',
  },
  sms_unavailable: {
    status: 503,
    title: 'No text can be sent now',
    meaning: 'Texts are not set up here, or the day’s number of them is used up.',
  },
  unavailable: {
    status: 503,
    title: 'Too busy right now',
    meaning: 'The service can’t take this on now. `Retry-After` says when to try again.',
  },
} as const satisfies Record<ProblemCode, { status: number; title: string; meaning: string }>

/** A problem as it goes over the wire. */
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

/** Answers every failure with a problem. @param docsUrl where the errors page is */
export function problemAnswers(docsUrl: string) {
  function body(problem: Problem, requestId: string): ProblemBody {
    const { code, message, members } = problem
    const { status, title } = answers[code]
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
    onError(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply) {
      const problem = error instanceof Problem ? error : problemOf(error)
      const { code, members } = problem
      if (code === 'internal_error') request.log.error({ err: error }, 'request failed')
      const { status } = answers[code]
      if (status === 401) reply.header('www-authenticate', challenge(problem))
      if (members.retryAfter !== undefined) reply.header('retry-after', members.retryAfter)
      if (members.allow) reply.header('allow', members.allow.join(', '))
      return reply
        .code(status)
        .header('content-type', 'application/problem+json')
        .send(JSON.stringify(body(problem, request.id)))
    },

    /**
     * For `clientErrorHandler`: what Node's own parser refuses, before there is a request. Nothing
     * but the socket is there to answer with.
     */
    onUnreadable(
      error: Error & { code?: string },
      socket: Socket,
      requestId: string,
      headers: Record<string, string>,
    ) {
      if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy()
      const problem = unreadable(error.code)
      const json = JSON.stringify(body(problem, requestId))
      const { status } = answers[problem.code]
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
    },
  }
}

/** @param code what Node calls it */
function unreadable(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers_too_large', 'Send fewer or shorter headers.')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request_timeout', 'Send the whole request at once, and try again.')
    default:
      return new Problem('malformed_request', 'This is no HTTP request that could be read.')
  }
}

/** What Fastify itself refuses, and whatever else goes wrong, as a problem. */
function problemOf(error: FastifyError): Problem {
  if (error.validation) {
    const errors = readable(error.validation, error.validationContext)
    const [first] = errors
    const detail = first ? `${first.path || 'The request'} ${first.message}.` : 'Check the request.'
    return new Problem('invalid_request', detail, { errors })
  }
  switch (error.statusCode) {
    case 400:
      return new Problem(
        'malformed_request',
        error.code === 'FST_ERR_BAD_URL'
          ? 'The address holds a % that begins no valid character.'
          : 'The body is not what its headers say.',
      )
    case 413:
      return new Problem('payload_too_large', 'Send at most 16 KiB.')
    case 414:
      return new Problem('uri_too_long', 'Shorten the path: no part of it is that long here.')
    case 415:
      return new Problem(
        'unsupported_media_type',
        'Send the body as Content-Type: application/json.',
      )
    default:
      return new Problem(
        'internal_error',
        'This did not work, and nothing was changed. Please try again; if it goes on, tell whoever runs this service the request id.',
      )
  }
}

/** `WWW-Authenticate` (RFC 6750 §3, RFC 9470 §3). */
function challenge({ code, members }: Problem): string {
  if (code === 'invalid_token') return 'Bearer error="invalid_token"'
  if (code !== 'insufficient_user_authentication') return 'Bearer'
  const { maxAge, acrValues } = members.stepUp ?? {}
  return [
    `Bearer error="${code}"`,
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
    ...(acrValues === undefined ? [] : [`acr_values="${acrValues}"`]),
  ].join(', ')
}
