import { ask, notTaken } from '../ask.ts'
import { Undeliverable } from '../gateway.ts'
import { isLoopback } from '../loopback.ts'
import { credentialsOf, type Provider } from './provider.ts'

/**
 * What Twilio says when the fault is the recipient or the text (twilio.com/docs/api/errors).
 * Other codes are about the account or the sender, which somebody can put right, or new.
 */
const permanent = new Set([
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
export const twilio: Provider = {
  needsFrom: true,

  at(written) {
    const url = URL.parse(written)
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
    const messages = new URL(`${origin}/2010-04-01/Accounts/${account.user}/Messages.json`)
    const credentials = Buffer.from(`${account.user}:${account.password}`).toString('base64')

    return {
      async send({ to, text }, from = '', waitMs) {
        const answer = await ask(
          'The SMS provider',
          messages,
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
          waitMs,
        )
        if (answer.status >= 200 && answer.status < 300) return

        const code = codeIn(answer.text)
        const reply = code === undefined ? `${answer.status}` : `${answer.status}, code ${code}`
        if (answer.status === 400 && code !== undefined && permanent.has(code)) {
          throw new Undeliverable(`Twilio will not take this text (${reply}).`)
        }
        throw notTaken(`Twilio did not take the text (${reply}).`, answer)
      },
    }
  },
}

function codeIn(text: string): number | undefined {
  try {
    const { code } = JSON.parse(text)
    return Number.isInteger(code) ? code : undefined
  } catch {
    return undefined
  }
}
