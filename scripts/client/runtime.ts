// The code that every function of the typed client runs. `npm run generate` copies it into client/latchkey.ts.
import type {
  CommonProblemCode,
  Problem,
  ProblemCode,
  ProblemStatus,
} from '../../client/latchkey.ts'

export interface Options {
  /** Latchkey’s URL, such as `https://accounts.example.com`; `''` on a page of that origin. */
  baseUrl: string
  /** Returns the access token. Called before each call that takes one; its errors are thrown. */
  token?: (() => string | undefined | Promise<string | undefined>) | undefined
  /** Sent with every call, such as `Accept-Language`. */
  headers?: Record<string, string> | undefined
  /** Passed to `fetch`. */
  credentials?: RequestInit['credentials'] | undefined
  /** Replaces the global `fetch`. */
  fetch?: typeof fetch | undefined
}

/** A successful response. `status` distinguishes several kinds of success. */
export interface Success<Status extends number, Data> {
  ok: true
  status: Status
  data: Data
}

/** An error response. Match on `problem.code`; `problem.detail` is for people. */
export interface Failure<Code extends ProblemCode> {
  ok: false
  status: ProblemStatus[Code]
  problem: Problem<Code>
  /** With `network`: the error that `fetch` threw, or the `Response` that is not Latchkey’s. */
  cause?: unknown
}

interface CallOptions {
  /** Whether the call takes the access token. */
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
  ): Promise<Good | Failure<Code | CommonProblemCode>> => {
    const accessToken = token && (await options.token?.())
    const headers = new Headers(options.headers)
    if (body) headers.set('Content-Type', 'application/json')
    if (accessToken) headers.set('Authorization', `Bearer ${accessToken}`)
    const request: RequestInit = {
      method,
      headers,
      // Latchkey never redirects a call, and a redirect could send a password elsewhere.
      redirect: 'manual',
      ...(body && { body: JSON.stringify(body) }),
      ...(options.credentials && { credentials: options.credentials }),
    }

    let cause: unknown
    try {
      // Not called as a method of `options`: browsers reject a `fetch` with another `this`.
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
  title: 'No response',
  status: 0,
  code: 'network',
  detail:
    'No response arrived, so the request may or may not have worked. Check the connection and try again.',
  requestId: '',
}

function queryString(query: object = {}): string {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== null)
  return entries.length > 0 ? `?${new URLSearchParams(entries)}` : ''
}
