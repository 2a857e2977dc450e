/** Checks of the service's responses, which fail with the request, the status and the body. */
import assert from 'node:assert/strict'
import type { ApiResponse } from './latchkey.ts'

/** Asserts the status. */
export function assertStatus(response: ApiResponse, expected: number): ApiResponse {
  assert.equal(response.status, expected, describe(response))
  return response
}

/** Asserts the status and the named fields of the body, and ignores its other fields. */
export function assertBody(response: ApiResponse, status: number, fields: object): void {
  assertStatus(response, status)
  const named = Object.keys(fields).map((name) => [name, response.body[name]])
  assert.deepEqual(Object.fromEntries(named), fields)
}

/** Asserts the status and code of a problem response. @returns the response */
export function assertProblem(response: ApiResponse, status: number, code: string): ApiResponse {
  assertBody(response, status, { code })
  return response
}

/** @returns the body of a response that signs in, with its tokens */
export function assertSignedIn(response: ApiResponse): ApiResponse['body'] {
  assert.equal(response.body?.status, 'signedIn', describe(response))
  return response.body
}

/** @returns the body of a response that requires the second factor, with its `mfaToken` */
export function assertMfaRequired(response: ApiResponse): ApiResponse['body'] {
  assert.equal(response.body?.status, 'mfaRequired', describe(response))
  return response.body
}

/** @returns the seconds to wait, which header and body agree on */
export function assertRateLimited(response: ApiResponse, code: string): number {
  assertBody(response, 429, { code })
  const { retryAfter } = response.body
  assert.equal(response.headers.get('retry-after'), String(retryAfter))
  return retryAfter
}

/** The members of a problem (`Problem` in the OpenAPI document), and those that assertions read. */
const readable = new Set(
  'type title status code detail requestId errors attemptsLeft retryAfter toJSON then'.split(' '),
)

/**
 * The body of a response. The body of an error response fails a test that reads a field that it
 * lacks, such as `accessToken` of an unexpected 401, unless other problems have that field.
 */
export function guardBody(response: ApiResponse): ApiResponse['body'] {
  const { status, body } = response
  if (status < 400 || typeof body !== 'object' || body === null) return body
  return new Proxy(body, {
    get(problem, name) {
      if (typeof name === 'string' && !(name in problem) && !readable.has(name)) {
        assert.fail(`No ${name}: ${describe(response)}`)
      }
      return Reflect.get(problem, name)
    },
  })
}

function describe({ request, status, body }: ApiResponse): string {
  return `${request} responded ${status}: ${JSON.stringify(body)}`
}
