import { isLoopback } from '../../lib/loopback.ts'
import { retryableError, sendRequest } from '../http-request.ts'
import { PermanentDeliveryError } from '../transport.ts'
import { credentialsOf, type SmsProvider } from './provider.ts'

/**
 * What Twilio says when the fault is the recipient or the text (twilio.com/docs/api/errors).
 * Other codes are about the account or the sender, which somebody can put right, or new.
 */
const permanentCodes = new Set([
  21211, // no phone number
  21265, // a short code
  21408, // a country the account may not text
  21610, // has opted out
  21612, // not to be reached from this sender
  21614, // no mobile number
  21617, // over 1,600 characters
  21635, // a landline
])

/** `twilio://SID:TOKEN@api.twilio.com`: Twilio's Messages resource. */
export const twilio: SmsProvider = {
  needsFrom: true,

  createSender(rawUrl) {
    const url = URL.parse(rawUrl)
    const account = url && credentialsOf(url)
    // The SID becomes part of a path.
    if (!account || !/^[A-Za-z0-9]+$/.test(account.user) || !URL.canParse(`https://${url.host}`)) {
      return { problem: 'must look like twilio://SID:TOKEN@api.twilio.com' }
    }
    if (!['', '/'].includes(url.pathname) || url.search || url.hash) {
      return { problem: 'must end after the host of Twilio' }
    }

    // In clear to this machine only, where whatever stands in for Twilio has no certificate.
    const origin = `${isLoopback(url.hostname) ? 'http' : 'https'}://${url.host}`
    const messagesUrl = new URL(`${origin}/2010-04-01/Accounts/${account.user}/Messages.json`)
    const credentials = Buffer.from(`${account.user}:${account.password}`).toString('base64')

    return {
      async send({ to, text }, from = '', timeoutMs) {
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
          throw new PermanentDeliveryError(`Twilio will not take this text (${reply}).`)
        }
        throw retryableError(`Twilio did not take the text (${reply}).`, response)
      },
    }
  },
}

function errorCodeOf(text: string): number | undefined {
  try {
    const { code } = JSON.parse(text)
    return Number.isInteger(code) ? code : undefined
  } catch {
    return undefined
  }
}
