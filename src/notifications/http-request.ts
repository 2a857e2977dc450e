import { now, second } from '../lib/clock.ts'
import { RetryAfterError } from './transport.ts'

/** More than any answer that says something, and too little to hurt. */
const maxBodyLength = 16_384

/** What was answered; of the text only the beginning. */
export interface HttpResponse {
  status: number
  text: string
  /** Milliseconds that it asks to wait before the next try (RFC 9110 §10.2.3). */
  retryAfterMs: number | undefined
}

/**
 * Asks a program that takes messages and returns its answer, whatever the status. Redirects are
 * answers like any other: whoever could send one must not get the message.
 *
 * Whoever is asked may have taken a message and be slow to say so, and a second try makes it two:
 * so it gets half a minute, unless `waitMs` says otherwise.
 *
 * @param peer is asked, as the subject of a sentence
 * @throws Error if no status came in time, naming nothing of the request
 */
export async function sendRequest(
  peer: string,
  url: URL,
  request: { method: 'GET' | 'POST'; headers?: Record<string, string>; body?: string },
  timeoutMs: number = 30 * second,
): Promise<HttpResponse> {
  try {
    const response = await fetch(url, {
      ...request,
      headers: { 'User-Agent': 'Latchkey', ...request.headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const { status, headers } = response
    const text = await readBodyStart(response)
    return { status, text, retryAfterMs: parseRetryAfter(headers.get('retry-after')) }
  } catch (error) {
    throw new Error(`${peer} ${reasonOf(error, timeoutMs)}.`)
  }
}

/** An answer that is no yes, as an error that is worth another try: not before it asks for one. */
export function retryableError(message: string, { retryAfterMs }: HttpResponse): Error {
  return retryAfterMs === undefined
    ? new Error(message)
    : new RetryAfterError(message, retryAfterMs)
}

async function readBodyStart(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length >= maxBodyLength) break
    }
  } catch {
    // The status has said whether the message was taken. To fail now would send it again.
  }
  return text.slice(0, maxBodyLength)
}

/** Seconds, or a date. */
function parseRetryAfter(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined
  const retryAfterMs = /^[0-9]{1,9}$/.test(retryAfter)
    ? Number(retryAfter) * second
    : Date.parse(retryAfter) - now()
  return retryAfterMs > 0 ? retryAfterMs : undefined
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return `did not answer within ${timeoutMs / second} s`
  }
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no code'
  return `could not be reached (${code})`
}
