import type { RenderedMessage } from '../transport.ts'

/** One kind of SMS provider: how its URL is read, and how it is asked to send. */
export interface SmsProvider {
  /** Whether it sends nothing without being told whom from. */
  needsFrom: boolean
  /** What a URL of its scheme leads to, or what is wrong with it, as the rest of a sentence. */
  createSender(url: string): SmsSender | { problem: string }
}

export interface SmsSender {
  /**
   * Sends one text, to a number in E.164.
   *
   * @param from as the provider wants it; undefined leaves it to the provider
   * @param timeoutMs how long to wait for the provider; undefined is as `ask` says
   */
  send(
    message: RenderedMessage,
    from: string | undefined,
    timeoutMs: number | undefined,
  ): Promise<void>
}

/** User and password of a URL; undefined if one is missing or wrongly percent-encoded. */
export function credentialsOf(url: URL): { user: string; password: string } | undefined {
  try {
    const user = decodeURIComponent(url.username)
    const password = decodeURIComponent(url.password)
    return user && password ? { user, password } : undefined
  } catch {
    return undefined
  }
}
