/** Several nodes of one service, and a caller that finds one which answers, as a proxy would. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Answered {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: each answer has its own shape, and tests look into all of them
  body: any
}

/** Nobody can know whether it was done: the node was gone, or said that it can’t tell. */
export const unknown = Symbol('unknown')

/** How long a caller waits for a node at all. Above every time-out of the service. */
const patienceMs = 20_000

export class Nodes {
  /** Where they listen, alive or not. */
  readonly origins: string[]
  /** Answers by status; `lost` where a connection broke. */
  readonly counts: Record<string, number> = {}
  /** Milliseconds from asking to the answer, but for those that were never answered. */
  readonly times: number[] = []

  constructor(origins: string[]) {
    this.origins = origins
  }

  /** Asks one of them, another if that one does not listen. Anything but a right answer throws. */
  async ask(
    method: string,
    path: string,
    { token, body }: { token?: string | undefined; body?: unknown } = {},
  ): Promise<Answered | typeof unknown> {
    const deadline = performance.now() + 60_000
    for (let turn = Math.floor(Math.random() * 2); performance.now() < deadline; turn += 1) {
      const origin = this.origins[turn % this.origins.length] ?? ''
      const began = performance.now()
      try {
        const response = await fetch(origin + path, {
          method,
          headers: {
            ...(token && { authorization: `Bearer ${token}` }),
            ...(body !== undefined && { 'content-type': 'application/json' }),
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(patienceMs),
        })
        const text = await response.text()
        this.times.push(performance.now() - began)
        this.#count(String(response.status))
        const answered = {
          status: response.status,
          body: text === '' ? undefined : JSON.parse(text),
        }
        if (response.status !== 503) return answered
        assert.equal(answered.body.code, 'unavailable', text)
        assert.ok(Number(response.headers.get('retry-after')) > 0, 'a 503 says when to come again')
        await sleep(200)
        return unknown
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error
        const { cause, name } = error as Error & { cause?: { code?: string } }
        assert.notEqual(name, 'TimeoutError', `${method} ${path} hung at ${origin}`)
        if (cause?.code !== 'ECONNREFUSED') {
          this.#count('lost')
          return unknown
        }
        await sleep(20)
      }
    }
    throw new Error(`No node answered ${method} ${path} for a minute.`)
  }

  /** Asks until somebody knows. For what may be done twice. */
  async askAgain(...request: Parameters<Nodes['ask']>): Promise<Answered> {
    for (;;) {
      const answered = await this.ask(...request)
      if (answered !== unknown) return answered
    }
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }
}
