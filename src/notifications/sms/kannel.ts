import type { SmsTarget } from '../../config/sms-url.ts'
import { retryableError, sendRequest } from '../http-request.ts'
import { PermanentDeliveryError } from '../transport.ts'
import type { SmsSender } from './provider.ts'

// The default alphabet and its extension (3GPP TS 23.038 §6.2.1), without the escape itself.
const gsm7 = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ' +
    'ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\f^{}\\[~]|€',
)

/** Sends text messages through Kannel's smsbox. */
export function createKannelSender(target: Extract<SmsTarget, { provider: 'kannel' }>): SmsSender {
  const { url, user, password } = target
  return async ({ to, text }, from, timeoutMs) => {
    const request = new URL(url)
    request.searchParams.set('username', user)
    request.searchParams.set('password', password)
    if (from) request.searchParams.set('from', from)
    request.searchParams.set('to', to)
    request.searchParams.set('charset', 'UTF-8')
    // Kannel does not choose the coding: characters outside GSM-7 would arrive as "?".
    if (!fitsGsm7(text)) request.searchParams.set('coding', '2')
    request.searchParams.set('text', text)

    const response = await sendRequest('The SMS provider', request, { method: 'GET' }, timeoutMs)
    const { status } = response
    // Also for a text that Kannel queues until an SMS centre is connected.
    if (status === 202) return
    // An invalid field or a barred number. Without a sender it may be the missing setting, which the
    // operator can correct, as a wrong password (403).
    if (status === 400 && from)
      throw new PermanentDeliveryError('Kannel permanently rejected the text (400).')
    throw retryableError(`Kannel did not accept the text (${status}).`, response)
  }
}

function fitsGsm7(text: string): boolean {
  return Iterator.from(text).every((character) => gsm7.has(character))
}
