import { now, second } from '../lib/clock.ts'
import { RetryAfterError } from './transport.ts'

/** More than any useful response body. */
const maxBodyLength = 16_384

/** The response of a provider or receiver, its body truncated. */
export interface HttpResponse {
  status: number
  text: string
  /** The Retry-After header, in milliseconds from now (RFC 9110 §10.2.3). */
  retryAfterMs: number | undefined
}

/**
 * Sends a request and returns the response, whatever its status. Redirects are not followed: the
 * message must reach no host but the configured one.
 *
 * A peer that is slow to respond may have accepted the message, and a retry would duplicate it: so
 * the default time-out is long.
 *
 * @param peer the subject of error messages, such as "The SMS provider"
 * @throws Error if no response came in time; its message contains nothing of the request
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

/** A non-2xx response, as a retryable error; the retry is not before its Retry-After. */
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
    // The status decides whether the message was accepted. An error here would send it again.
  }
  return text.slice(0, maxBodyLength)
}

/** Parses seconds or an HTTP date. */
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
