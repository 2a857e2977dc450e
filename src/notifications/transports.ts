import type { Settings } from '../config/settings.ts'
import { createSmsTransport } from './sms.ts'
import { type Channel, channels, type Transport } from './transport.ts'

type Transports = Record<Channel, Transport | undefined>

/** Creates the transport of each channel that is configured. */
export async function createTransports(settings: Settings): Promise<Transports> {
  const { smtpUrl, mailFrom, smsUrl, smsFrom } = settings
  return {
    email: smtpUrl && mailFrom ? await loadSmtpTransport(smtpUrl, mailFrom) : undefined,
    sms: smsUrl ? createSmsTransport({ url: smsUrl, from: smsFrom }) : undefined,
  }
}

/** Loads nodemailer, which only a service with a mail server needs: at its start, not at a message. */
async function loadSmtpTransport(smtpUrl: string, from: string): Promise<Transport> {
  const { createSmtpTransport } = await import('./smtp.ts')
  return createSmtpTransport({ smtpUrl, from })
}

/** Channels without a transport, whose messages the dev inbox captures; none in production. */
export function capturedChannelsOf({ mode }: Settings, transports: Transports): Channel[] {
  return mode === 'production' ? [] : channels.filter((channel) => !transports[channel])
}
