import { once } from 'node:events'
import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { second } from '../lib/clock.ts'
import { isLoopback } from './loopback.ts'

/** What came of knocking at an SMS provider, without any text. */
export interface SmsLook {
  reached: boolean
  /** Whom, and with which words it was refused. */
  what: string
  /** Whether user and password were taken; undefined where that can only be found out by sending. */
  signedIn?: boolean
}

/**
 * Connects to the SMS provider that `written` names, with TLS where its texts go by TLS; asks Twilio
 * for the account, which costs nothing and shows whether the token is right.
 *
 * @param written a LATCHKEY_SMS_URL that can be used
 */
export async function lookAtSms(written: string, waitMs: number = 5 * second): Promise<SmsLook> {
  const url = new URL(written.replace(/^kannel\+/i, ''))
  const isTwilio = url.protocol === 'twilio:'
  const tls = isTwilio ? !isLoopback(url.hostname) : url.protocol === 'https:'
  const port = Number(url.port) || (tls ? 443 : 80)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const called = `${url.hostname}:${port}`

  const socket = tls
    ? connectTls({ host, port, servername: isIP(host) ? '' : host })
    : connect({ host, port })
  try {
    const signal = AbortSignal.timeout(waitMs)
    await once(socket, tls ? 'secureConnect' : 'connect', { signal })
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException
    const why = name === 'AbortError' ? `no answer within ${waitMs / second} s` : code
    return { reached: false, what: `${called} can’t be reached (${why}).` }
  } finally {
    socket.on('error', () => {}).destroy()
  }
  if (!isTwilio) return { reached: true, what: `${called} takes connections.` }

  const account = `${tls ? 'https' : 'http'}://${url.host}/2010-04-01/Accounts/${url.username}.json`
  const [user, password] = [url.username, url.password].map(decodeURIComponent)
  const credentials = Buffer.from(`${user}:${password}`).toString('base64')
  try {
    const { status, ok, body } = await fetch(account, {
      headers: { Authorization: `Basic ${credentials}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(waitMs),
    })
    await body?.cancel()
    const what = ok ? `${called} knows the account.` : `${called} refuses the account (${status}).`
    return { reached: true, signedIn: ok, what }
  } catch {
    return { reached: false, what: `${called} did not answer.` }
  }
}
