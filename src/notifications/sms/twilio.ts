import type { SmsTarget } from '../../config/sms-url.ts'
import { retryableError, sendRequest } from '../http-request.ts'
import { PermanentDeliveryError } from '../transport.ts'
import type { SmsSender } from './provider.ts'

/**
 * Twilio's error codes for the recipient or the text (twilio.com/docs/api/errors). Other codes are
 * new, or concern the account or the sender, which the operator can correct.
 */
const permanentCodes = new Set([
  21211, // not a phone number
  21265, // a short code
  21408, // country not enabled for the account
  21610, // recipient has opted out
  21612, // not reachable from this sender
  21614, // not a mobile number
  21617, // over 1,600 characters
  21635, // a landline
])

/** Sends text messages through Twilio's Messages resource. */
export function createTwilioSender(target: Extract<SmsTarget, { provider: 'twilio' }>): SmsSender {
  const { messagesUrl, user, password } = target
  const credentials = Buffer.from(`${user}:${password}`).toString('base64')

  return async ({ to, text }, from = '', timeoutMs) => {
    const response = await sendRequest(
      'The SMS provider',
      messagesUrl,
      {
        method: 'POST',
        headers: {
          Authorization: `Basic ${credentials}`,
          'Content-Type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({
          To: to,
          [from.startsWith('MG') ? 'MessagingServiceSid' : 'From']: from,
          Body: text,
        }).toString(),
      },
      timeoutMs,
    )
    if (response.status >= 200 && response.status < 300) return

    const code = errorCodeOf(response.text)
    const reply = code === undefined ? `${response.status}` : `${response.status}, code ${code}`
    if (response.status === 400 && code !== undefined && permanentCodes.has(code)) {
      throw new PermanentDeliveryError(`Twilio permanently rejected the text (${reply}).`)
    }
    throw retryableError(`Twilio did not accept the text (${reply}).`, response)
  }
}

function errorCodeOf(text: string): number | undefined {
  try {
    const { code } = JSON.parse(text)
    return Number.isInteger(code) ? code : undefined
  } catch {
    return undefined
  }
}
