import type { SmsTarget } from '../../config/sms-url.ts'
import { retryableError, sendRequest } from '../http-request.ts'
import { PermanentDeliveryError } from '../transport.ts'
import type { SmsSender } from './provider.ts'

// The default alphabet and its extension (3GPP TS 23.038 §6.2.1), without the escape itself.
const gsm7 = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ' +
    'ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|€',
)

/** Sends through Kannel's smsbox. */
export function createKannelSender(target: Extract<SmsTarget, { provider: 'kannel' }>): SmsSender {
  const { url, user, password } = target
  return async ({ to, text }, from, timeoutMs) => {
    const request = new URL(url)
    request.searchParams.set('username', user)
    request.searchParams.set('password', password)
    if (from) request.searchParams.set('from', from)
    request.searchParams.set('to', to)
    request.searchParams.set('charset', 'UTF-8')
    // Kannel doesn't choose by itself: what 7 bits have no place for would arrive as "?".
    if (!fitsGsm7(text)) request.searchParams.set('coding', '2')
    request.searchParams.set('text', text)

    const response = await sendRequest('The SMS provider', request, { method: 'GET' }, timeoutMs)
    const { status } = response
    // Also said of a text that Kannel keeps until an SMS centre is there.
    if (status === 202) return
    // A field it can't take or a barred number, or no sender, which is a setting; so is 403,
    // a wrong password.
    if (status === 400 && from)
      throw new PermanentDeliveryError('Kannel will not take this text (400).')
    throw retryableError(`Kannel did not take the text (${status}).`, response)
  }
}

function fitsGsm7(text: string): boolean {
  return Iterator.from(text).every((character) => gsm7.has(character))
}
