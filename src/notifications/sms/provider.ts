import type { RenderedMessage } from '../transport.ts'

/**
 * Sends one SMS to a number in E.164.
 *
 * @param from the sender in the provider's own format; undefined leaves it to the provider
 * @param timeoutMs how long to wait for the provider; undefined is the default of `sendRequest`
 */
export type SmsSender = (
  message: RenderedMessage,
  from: string | undefined,
  timeoutMs: number | undefined,
) => Promise<void>
