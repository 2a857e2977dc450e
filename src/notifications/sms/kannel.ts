import { retryableError, sendRequest } from '../http-request.ts'
import { PermanentDeliveryError } from '../transport.ts'
import { credentialsOf, type SmsProvider } from './provider.ts'

// The default alphabet and its extension (3GPP TS 23.038 §6.2.1), without the escape itself.
const gsm7 = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ' +
    'ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|€',
)

/** `kannel+http://user:password@host:port/cgi-bin/sendsms`: Kannel's smsbox. */
export const kannel: SmsProvider = {
  needsFrom: false,

  createSender(rawUrl) {
    const url = URL.parse(rawUrl.slice('kannel+'.length))
    const account = url && credentialsOf(url)
    if (!account || url.hash) {
      return { problem: 'must look like kannel+http://user:password@host:port/cgi-bin/sendsms' }
    }

    // They go as parameters; fetch refuses a URL that still has them.
    url.username = ''
    url.password = ''
    if (url.pathname === '/') url.pathname = '/cgi-bin/sendsms'

    return {
      async send({ to, text }, from, timeoutMs) {
        const request = new URL(url)
        request.searchParams.set('username', account.user)
        request.searchParams.set('password', account.password)
        if (from) request.searchParams.set('from', from)
        request.searchParams.set('to', to)
        request.searchParams.set('charset', 'UTF-8')
        // Kannel doesn't choose by itself: what 7 bits have no place for would arrive as "?".
        if (!fitsGsm7(text)) request.searchParams.set('coding', '2')
        request.searchParams.set('text', text)

        const response = await sendRequest(
          'The SMS provider',
          request,
          { method: 'GET' },
          timeoutMs,
        )
        const { status } = response
        // Also said of a text that Kannel keeps until an SMS centre is there.
        if (status === 202) return
        // A field it can't take or a barred number, or no sender, which is a setting; so is 403,
        // a wrong password.
        if (status === 400 && from)
          throw new PermanentDeliveryError('Kannel will not take this text (400).')
        throw retryableError(`Kannel did not take the text (${status}).`, response)
      },
    }
  },
}

function fitsGsm7(text: string): boolean {
  return Iterator.from(text).every((character) => gsm7.has(character))
}
