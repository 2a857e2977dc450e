import { type Gateway, Undeliverable } from './gateway.ts'
import { kannel } from './sms/kannel.ts'
import type { Provider, Sender } from './sms/provider.ts'
import { signedPost } from './sms/signed-post.ts'
import { twilio } from './sms/twilio.ts'

const providers = new Map<string, Provider>([
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
export function smsGateway(options: {
  url: string
  from: string | undefined
  waitMs?: number
}): Gateway {
  const { url, from, waitMs } = options
  const sender = senderAt(url)
  if ('problem' in sender) throw new Error(sender.problem)
  const problem = smsFromProblem(url, from)
  if (problem) throw new Error(problem)

  return {
    async send(message) {
      // Kannel reads several numbers in one field, Twilio other kinds of address.
      if (!/^\+[1-9][0-9]{4,14}$/.test(message.to)) {
        throw new Undeliverable('The recipient is not one phone number in E.164.')
      }
      await sender.send(message, from, waitMs)
    },
    // Every text is a request of its own, over within `waitMs`.
    close() {},
  }
}

/** What is wrong with a LATCHKEY_SMS_URL, in a sentence that repeats none of it; or undefined. */
export function smsUrlProblem(url: string): string | undefined {
  const sender = senderAt(url)
  return 'problem' in sender ? sender.problem : undefined
}

/** What is wrong with a LATCHKEY_SMS_FROM for the provider of `url`, in a sentence; or undefined. */
export function smsFromProblem(url: string, from: string | undefined): string | undefined {
  if (from || !providerOf(url)?.needsFrom) return undefined
  return 'LATCHKEY_SMS_FROM is needed with Twilio: a number or name of yours, or the MG… of a messaging service.'
}

function senderAt(url: string): Sender | { problem: string } {
  const sender = providerOf(url)?.at(url) ?? {
    problem: `must begin with ${[...providers.keys()].join('://, ')}://`,
  }
  return 'problem' in sender ? { problem: `LATCHKEY_SMS_URL ${sender.problem}.` } : sender
}

function providerOf(url: string): Provider | undefined {
  return providers.get(/^([a-z+]+):\/\//i.exec(url)?.[1]?.toLowerCase() ?? '')
}
