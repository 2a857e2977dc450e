// What every function of the typed client does. `npm run generate` copies it into client/latchkey.ts.
import type { Always, Problem, ProblemCode, ProblemStatus } from '../../client/latchkey.ts'

export interface Options {
  /** Where Latchkey is, such as `https://accounts.example.com`; `''` for a page of that origin. */
  baseUrl: string
  /** The access token. It is asked for before each call that takes one; what it throws is thrown. */
  token?: (() => string | undefined | Promise<string | undefined>) | undefined
  /** Sent with every call, such as `Accept-Language`. */
  headers?: Record<string, string> | undefined
  /** As `fetch` takes it. */
  credentials?: RequestInit['credentials'] | undefined
  /** Instead of the global `fetch`. */
  fetch?: typeof fetch | undefined
}

/** It worked. `status` tells which of the good answers it is. */
export interface Success<Status extends number, Data> {
  ok: true
  status: Status
  data: Data
}

/** It did not work. Decide by `problem.code`; `problem.detail` is for people. */
export interface Failure<Code extends ProblemCode> {
  ok: false
  status: ProblemStatus[Code]
  problem: Problem<Code>
  /** With `network`: what `fetch` threw, or the `Response` that was not Latchkey’s. */
  cause?: unknown
}

interface CallOptions {
  /** Whether it takes the access token. */
  token?: true
  body?: object
  query?: object
}

export function createCall(options: Options) {
  const baseUrl = options.baseUrl.replace(/\/$/, '')

  return async <Good, Code extends ProblemCode>(
    method: string,
    path: string,
    { token, body, query }: CallOptions = {},
  ): Promise<Good | Failure<Code | Always>> => {
    const accessToken = token && (await options.token?.())
    const headers = new Headers(options.headers)
    if (body) headers.set('Content-Type', 'application/json')
    if (accessToken) headers.set('Authorization', `Bearer ${accessToken}`)
    const request: RequestInit = {
      method,
      headers,
      // Latchkey never redirects a call: a password must not go where somebody else points.
      redirect: 'manual',
      ...(body && { body: JSON.stringify(body) }),
      ...(options.credentials && { credentials: options.credentials }),
    }

    let cause: unknown
    try {
      // Not as a method of `options`: browsers want their `fetch` called without an object.
      const response = await (options.fetch ?? fetch)(baseUrl + path + queryString(query), request)
      const { ok, status } = response
      const type = response.headers.get('Content-Type') ?? ''
      if (status === 204) return { ok, status, data: undefined } as Good
      if (ok && type.startsWith('application/json')) {
        return { ok, status, data: await response.json() } as Good
      }
      if (!ok && type.startsWith('application/problem+json')) {
        return { ok, status, problem: await response.json() } as Failure<Code>
      }
      cause = response
    } catch (thrown) {
      cause = thrown
    }
    return { ok: false, status: 0, problem: networkProblem, cause } as Failure<'network'>
  }
}

const networkProblem: Problem<'network'> = {
  type: 'about:blank',
  title: 'No answer',
  status: 0,
  code: 'network',
  detail:
    'No answer came back, so this may have worked or not. Check the connection and try again.',
  requestId: '',
}

function queryString(query: object = {}): string {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== null)
  return entries.length > 0 ? `?${new URLSearchParams(entries)}` : ''
}
