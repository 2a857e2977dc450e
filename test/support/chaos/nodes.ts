/** Several nodes of one service, called as through a proxy. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

export interface NodeResponse {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
  body: any
}

/** The request may have taken effect: the connection broke, or the node responded 503. */
export const outcomeUnknown = Symbol('unknown')

/** The client’s timeout, longer than every timeout of the service. */
const requestTimeoutMs = 20_000

export class Nodes {
  /** The origins of all nodes, running or not. */
  readonly origins: string[]
  /** Responses by status; `lost` counts broken connections. */
  readonly responseCounts: Record<string, number> = {}
  /** Milliseconds from request to response, without lost ones. */
  readonly latenciesMs: number[] = []

  constructor(origins: string[]) {
    this.origins = origins
  }

  /** Calls a node, or the next one if it does not listen. @throws on an invalid response */
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
        assert.ok(Number(response.headers.get('retry-after')) > 0, 'a 503 has a Retry-After')
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

  /** Repeats a request until its outcome is known. The request must be safe to repeat. */
  async requestUntilKnown(...request: Parameters<Nodes['request']>): Promise<NodeResponse> {
    for (;;) {
      const result = await this.request(...request)
      if (result !== outcomeUnknown) return result
    }
  }

  #count(outcome: string): void {
    this.responseCounts[outcome] = (this.responseCounts[outcome] ?? 0) + 1
  }
}
