import { parseSmsUrl, type SmsTarget, validateSmsFrom } from '../config/sms-url.ts'
import { createKannelSender } from './sms/kannel.ts'
import type { SmsSender } from './sms/provider.ts'
import { createSignedPostSender } from './sms/signed-post.ts'
import { createTwilioSender } from './sms/twilio.ts'
import { PermanentDeliveryError, type Transport } from './transport.ts'

/**
 * SMS through the provider that the scheme of `url` names.
 *
 * `send` settles within `timeoutMs`. Its errors may be logged: they hold neither number nor text nor
 * credentials.
 *
 * @param options.from the sender that the provider shows; Twilio requires it
 * @param options.timeoutMs how long the provider may take for one message
 * @throws Error with the reason if `url` or `from` is invalid
 */
export function createSmsTransport(options: {
  url: string
  from: string | undefined
  timeoutMs?: number
}): Transport {
  const { url, from, timeoutMs } = options
  const target = parseSmsUrl(url)
  if ('problem' in target) throw new Error(target.problem)
  const problem = validateSmsFrom(url, from)
  if (problem) throw new Error(problem)
  const send = createSender(target)

  return {
    async send(message) {
      // Kannel would accept several numbers in the field, Twilio other kinds of address.
      if (!/^\+[1-9][0-9]{4,14}$/.test(message.to)) {
        throw new PermanentDeliveryError('The recipient is not one phone number in E.164.')
      }
      await send(message, from, timeoutMs)
    },
    // Each message is one request, which ends within `timeoutMs`.
    close() {},
  }
}

function createSender(target: SmsTarget): SmsSender {
  switch (target.provider) {
    case 'twilio':
      return createTwilioSender(target)
    case 'kannel':
      return createKannelSender(target)
    case 'signedPost':
      return createSignedPostSender(target)
  }
}
