import { now, second } from '../lib/clock.ts'
import { NotBefore } from './gateway.ts'

/** More than any answer that says something, and too little to hurt. */
const longestAnswer = 16_384

/** What was answered; of the text only the beginning. */
export interface Reply {
  status: number
  text: string
  /** Milliseconds that it asks to wait before the next try (RFC 9110 §10.2.3). */
  waitMs: number | undefined
}

/**
 * Asks a program that takes messages and returns its answer, whatever the status. Redirects are
 * answers like any other: whoever could send one must not get the message.
 *
 * Whoever is asked may have taken a message and be slow to say so, and a second try makes it two:
 * so it gets half a minute, unless `waitMs` says otherwise.
 *
 * @param who is asked, as the subject of a sentence
 * @throws Error if no status came in time, naming nothing of the request
 */
export async function ask(
  who: string,
  url: URL,
  request: { method: 'GET' | 'POST'; headers?: Record<string, string>; body?: string },
  waitMs: number = 30 * second,
): Promise<Reply> {
  try {
    const response = await fetch(url, {
      ...request,
      headers: { 'User-Agent': 'Latchkey', ...request.headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(waitMs),
    })
    const { status, headers } = response
    const text = await beginningOf(response)
    return { status, text, waitMs: waitIn(headers.get('retry-after')) }
  } catch (error) {
    throw new Error(`${who} ${reasonOf(error, waitMs)}.`)
  }
}

/** An answer that is no yes, as an error that is worth another try: not before it asks for one. */
export function notTaken(problem: string, { waitMs }: Reply): Error {
  return waitMs === undefined ? new Error(problem) : new NotBefore(problem, waitMs)
}

async function beginningOf(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length >= longestAnswer) break
    }
  } catch {
    // The status has said whether the message was taken. To fail now would send it again.
  }
  return text.slice(0, longestAnswer)
}

/** Seconds, or a date. */
function waitIn(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined
  const waitMs = /^[0-9]{1,9}$/.test(retryAfter)
    ? Number(retryAfter) * second
    : Date.parse(retryAfter) - now()
  return waitMs > 0 ? waitMs : undefined
}

function reasonOf(error: unknown, waitMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return `did not answer within ${waitMs / second} s`
  }
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no code'
  return `could not be reached (${code})`
}
