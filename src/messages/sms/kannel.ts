import { ask, notTaken } from '../ask.ts'
import { Undeliverable } from '../gateway.ts'
import { credentialsOf, type Provider } from './provider.ts'

// The default alphabet and its extension (3GPP TS 23.038 §6.2.1), without the escape itself.
const gsm7 = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ' +
    'ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|€',
)

/** `kannel+http://user:password@host:port/cgi-bin/sendsms`: Kannel's smsbox. */
export const kannel: Provider = {
  needsFrom: false,

  at(written) {
    const url = URL.parse(written.slice('kannel+'.length))
    const account = url && credentialsOf(url)
    if (!account || url.hash) {
      return { problem: 'must look like kannel+http://user:password@host:port/cgi-bin/sendsms' }
    }

    // They go as parameters; fetch refuses a URL that still has them.
    url.username = ''
    url.password = ''
    if (url.pathname === '/') url.pathname = '/cgi-bin/sendsms'

    return {
      async send({ to, text }, from, waitMs) {
        const request = new URL(url)
        request.searchParams.set('username', account.user)
        request.searchParams.set('password', account.password)
        if (from) request.searchParams.set('from', from)
        request.searchParams.set('to', to)
        request.searchParams.set('charset', 'UTF-8')
        // Kannel doesn't choose by itself: what 7 bits have no place for would arrive as "?".
        if (!fitsGsm7(text)) request.searchParams.set('coding', '2')
        request.searchParams.set('text', text)

        const answer = await ask('The SMS provider', request, { method: 'GET' }, waitMs)
        const { status } = answer
        // Also said of a text that Kannel keeps until an SMS centre is there.
        if (status === 202) return
        // A field it can't take or a barred number, or no sender, which is a setting; so is 403,
        // a wrong password.
        if (status === 400 && from) throw new Undeliverable('Kannel will not take this text (400).')
        throw notTaken(`Kannel did not take the text (${status}).`, answer)
      },
    }
  },
}

function fitsGsm7(text: string): boolean {
  return Iterator.from(text).every((letter) => gsm7.has(letter))
}
