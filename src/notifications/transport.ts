export const channels = ['email', 'sms'] as const
export type Channel = (typeof channels)[number]

/** A message ready to be sent. */
export interface RenderedMessage {
  /** Stays constant over all attempts, so that a receiver can recognise a duplicate. */
  id: string
  /** One email address, or one phone number in E.164. */
  to: string
  /** The subject of an email. A text message begins with it. */
  subject: string
  text: string
  html?: string
}

/** A connection to a mail server or an SMS provider. */
export interface Transport {
  /**
   * Resolves once the other side has accepted the message.
   *
   * @throws PermanentDeliveryError if a retry cannot succeed
   * @throws RetryAfterError if the other side asks for a pause before the retry
   * @throws Error any other failure, to be retried
   */
  send(message: RenderedMessage): Promise<void>
  close(): void
}

/** The other side asks for a pause before the next attempt. */
export class RetryAfterError extends Error {
  override name = 'RetryAfterError'
  readonly retryAfterMs: number

  constructor(message: string, retryAfterMs: number) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/** The other side will never accept this message: an unknown mailbox, an impossible number. */
export class PermanentDeliveryError extends Error {
  override name = 'PermanentDeliveryError'
}
