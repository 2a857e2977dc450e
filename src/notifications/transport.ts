/** By what a message may leave. */
export const channels = ['email', 'sms'] as const
export type Channel = (typeof channels)[number]

/** What leaves the outbox together: letters to people by their channel, and posts to a program. */
export const queueNames = [...channels, 'webhook'] as const
export type QueueName = (typeof queueNames)[number]

/** One message, ready to leave the house. */
export interface RenderedMessage {
  /** Stays the same over retries, so that a receiver can tell a repeat. */
  id: string
  /** One email address, or one phone number in E.164. */
  to: string
  /** An email's subject; texts have none. */
  subject: string
  text: string
  html?: string
}

/** Something that carries messages off: a mail server, an SMS provider. */
export interface Transport {
  /**
   * Hands the message over and resolves once the other side has taken it.
   *
   * @throws Undeliverable when trying again would not help; anything else is worth a retry, which
   * NotBefore asks to put off.
   */
  send(message: RenderedMessage): Promise<void>
  close(): void
}

/** The other side asks for a pause before the next try. */
export class RetryAfterError extends Error {
  override name = 'RetryAfterError'
  readonly retryAfterMs: number

  constructor(message: string, retryAfterMs: number) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/** The other side will never take this message: an unknown mailbox, a number that cannot be. */
export class PermanentDeliveryError extends Error {
  override name = 'PermanentDeliveryError'
}
