import { kannel } from './sms/kannel.ts'
import type { SmsProvider, SmsSender } from './sms/provider.ts'
import { signedPost } from './sms/signed-post.ts'
import { twilio } from './sms/twilio.ts'
import { PermanentDeliveryError, type Transport } from './transport.ts'

const providers = new Map<string, SmsProvider>([
  ['twilio', twilio],
  ['kannel+http', kannel],
  ['kannel+https', kannel],
  ['https', signedPost],
  ['http', signedPost],
])

/**
 * Texts, by the provider that the scheme of `url` names.
 *
 * One `send` settles within `waitMs`. What it throws may be logged: it holds neither number nor
 * text nor credentials.
 *
 * @param options.from what the provider shows as the sender; Twilio can't do without
 * @param options.waitMs how long the provider may take for one text
 * @throws Error if `url` or `from` can't be used, saying why
 */
export function createSmsTransport(options: {
  url: string
  from: string | undefined
  timeoutMs?: number
}): Transport {
  const { url, from, timeoutMs } = options
  const sender = parseSmsUrl(url)
  if ('problem' in sender) throw new Error(sender.problem)
  const problem = smsFromProblem(url, from)
  if (problem) throw new Error(problem)

  return {
    async send(message) {
      // Kannel reads several numbers in one field, Twilio other kinds of address.
      if (!/^\+[1-9][0-9]{4,14}$/.test(message.to)) {
        throw new PermanentDeliveryError('The recipient is not one phone number in E.164.')
      }
      await sender.send(message, from, timeoutMs)
    },
    // Every text is a request of its own, over within `waitMs`.
    close() {},
  }
}

/** What is wrong with a LATCHKEY_SMS_URL, in a sentence that repeats none of it; or undefined. */
export function smsUrlProblem(url: string): string | undefined {
  const sender = parseSmsUrl(url)
  return 'problem' in sender ? sender.problem : undefined
}

/** What is wrong with a LATCHKEY_SMS_FROM for the provider of `url`, in a sentence; or undefined. */
export function smsFromProblem(url: string, from: string | undefined): string | undefined {
  if (from || !providerOf(url)?.needsFrom) return undefined
  return 'LATCHKEY_SMS_FROM is needed with Twilio: a number or name of yours, or the MG… of a messaging service.'
}

function parseSmsUrl(url: string): SmsSender | { problem: string } {
  const sender = providerOf(url)?.createSender(url) ?? {
    problem: `must begin with ${[...providers.keys()].join('://, ')}://`,
  }
  return 'problem' in sender ? { problem: `LATCHKEY_SMS_URL ${sender.problem}.` } : sender
}

function providerOf(url: string): SmsProvider | undefined {
  return providers.get(/^([a-z+]+):\/\//i.exec(url)?.[1]?.toLowerCase() ?? '')
}
