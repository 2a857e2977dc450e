/** Several nodes of one service, and a caller that finds one which answers, as a proxy would. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

export interface NodeResponse {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: each answer has its own shape, and tests look into all of them
  body: any
}

/** Nobody can know whether it was done: the node was gone, or said that it can’t tell. */
export const outcomeUnknown = Symbol('unknown')

/** How long a caller waits for a node at all. Above every time-out of the service. */
const requestTimeoutMs = 20_000

export class Nodes {
  /** Where they listen, alive or not. */
  readonly origins: string[]
  /** Answers by status; `lost` where a connection broke. */
  readonly responseCounts: Record<string, number> = {}
  /** Milliseconds from asking to the answer, but for those that were never answered. */
  readonly latenciesMs: number[] = []

  constructor(origins: string[]) {
    this.origins = origins
  }

  /** Asks one of them, another if that one does not listen. Anything but a right answer throws. */
  async request(
    method: string,
    path: string,
    { token, body }: { token?: string | undefined; body?: unknown } = {},
  ): Promise<NodeResponse | typeof outcomeUnknown> {
    const deadline = performance.now() + 60_000
    for (let attempt = Math.floor(Math.random() * 2); performance.now() < deadline; attempt += 1) {
      const origin = this.origins[attempt % this.origins.length] ?? ''
      const startedAt = performance.now()
      try {
        const response = await fetch(origin + path, {
          method,
          headers: {
            ...(token && { authorization: `Bearer ${token}` }),
            ...(body !== undefined && { 'content-type': 'application/json' }),
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(requestTimeoutMs),
        })
        const text = await response.text()
        this.latenciesMs.push(performance.now() - startedAt)
        this.#count(String(response.status))
        const result = {
          status: response.status,
          body: text === '' ? undefined : JSON.parse(text),
        }
        if (response.status !== 503) return result
        assert.equal(result.body.code, 'unavailable', text)
        assert.ok(Number(response.headers.get('retry-after')) > 0, 'a 503 says when to come again')
        await sleep(200)
        return outcomeUnknown
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error
        const { cause, name } = error as Error & { cause?: { code?: string } }
        assert.notEqual(name, 'TimeoutError', `${method} ${path} hung at ${origin}`)
        if (cause?.code !== 'ECONNREFUSED') {
          this.#count('lost')
          return outcomeUnknown
        }
        await sleep(20)
      }
    }
    throw new Error(`No node answered ${method} ${path} for a minute.`)
  }

  /** Asks until somebody knows. For what may be done twice. */
  async requestUntilKnown(...request: Parameters<Nodes['request']>): Promise<NodeResponse> {
    for (;;) {
      const result = await this.request(...request)
      if (result !== outcomeUnknown) return result
    }
  }

  #count(what: string): void {
    this.responseCounts[what] = (this.responseCounts[what] ?? 0) + 1
  }
}
