import type { Settings } from '../config/settings.ts'
import { createSmsTransport } from './sms.ts'
import { createSmtpTransport } from './smtp.ts'
import { type Channel, channels, type Transport } from './transport.ts'

type Transports = Record<Channel, Transport | undefined>

/** Creates the transport of each channel that is configured. */
export function createTransports({ smtpUrl, mailFrom, smsUrl, smsFrom }: Settings): Transports {
  return {
    email: smtpUrl && mailFrom ? createSmtpTransport({ smtpUrl, from: mailFrom }) : undefined,
    sms: smsUrl ? createSmsTransport({ url: smsUrl, from: smsFrom }) : undefined,
  }
}

/** Channels without a transport, whose messages the dev inbox captures; none in production. */
export function capturedChannelsOf({ mode }: Settings, transports: Transports): Channel[] {
  return mode === 'production' ? [] : channels.filter((channel) => !transports[channel])
}
