import { second } from '../../lib/clock.ts'

/** More than any provider's answer, and too little to hurt. */
const longestAnswer = 16_384

/**
 * Asks an SMS provider and returns its answer, whatever the status; of the text only the
 * beginning. Redirects are answers like any other: whoever could send one must not get the text.
 *
 * @param waitMs ten seconds unless told
 * @throws Error if no status came in time, naming nothing of the request
 */
export async function ask(
  url: URL,
  request: { method: 'GET' | 'POST'; headers?: Record<string, string>; body?: string },
  waitMs: number = 10 * second,
): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, {
      ...request,
      headers: { 'User-Agent': 'Latchkey', ...request.headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(waitMs),
    })
    return { status: response.status, text: await beginningOf(response) }
  } catch (error) {
    throw new Error(`The SMS provider ${reasonOf(error, waitMs)}.`)
  }
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
    // The status has said whether the text was taken. To fail now would send it again.
  }
  return text.slice(0, longestAnswer)
}

function reasonOf(error: unknown, waitMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return `did not answer within ${waitMs / second} s`
  }
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no code'
  return `could not be reached (${code})`
}
