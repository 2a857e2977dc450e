import type { ApiResponse, TestLatchkey } from './latchkey.ts'

/** A simulated browser that stores cookies and sends its origin. */
export class CookieClient {
  readonly cookies = new Map<string, string>()
  readonly #latchkey: TestLatchkey
  readonly origin: string

  constructor(latchkey: TestLatchkey, origin = latchkey.origin) {
    this.#latchkey = latchkey
    this.origin = origin
  }

  async post(
    path: string,
    body?: unknown,
    more: Record<string, string> = {},
  ): Promise<ApiResponse> {
    const answer = await this.postAndLeave(path, body, more)
    for (const set of answer.headers.getSetCookie()) {
      const [pair = '', ...attributes] = set.split('; ')
      const [name = '', value = ''] = pair.split('=')
      if (attributes.includes('Max-Age=0')) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return answer
  }

  /** Sends a request and leaves before the response arrives, so its cookies are lost. */
  postAndLeave(
    path: string,
    body?: unknown,
    more: Record<string, string> = {},
  ): Promise<ApiResponse> {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ')
    const headers = {
      origin: this.origin,
      'latchkey-session': 'cookie',
      ...(cookie && { cookie }),
      ...more,
    }
    return this.#latchkey.post(path, body, { headers })
  }
}
