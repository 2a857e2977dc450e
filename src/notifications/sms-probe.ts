import { once } from 'node:events'
import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { second } from '../lib/clock.ts'
import { isLoopback } from '../lib/loopback.ts'

/** The result of connecting to an SMS provider without sending a text. */
export interface SmsProbeResult {
  reachable: boolean
  /** A sentence that names the host and the reason of a refusal. */
  message: string
  /** Whether the credentials were accepted; undefined if only sending a text would show it. */
  authenticated?: boolean
}

/**
 * Connects to the SMS provider, with TLS if messages use it. Checks Twilio's credentials by
 * reading the account, which is free of charge.
 *
 * @param rawUrl a valid LATCHKEY_SMS_URL
 */
export async function probeSms(
  rawUrl: string,
  timeoutMs: number = 5 * second,
): Promise<SmsProbeResult> {
  const url = new URL(rawUrl.replace(/^kannel\+/i, ''))
  const isTwilio = url.protocol === 'twilio:'
  const tls = isTwilio ? !isLoopback(url.hostname) : url.protocol === 'https:'
  const port = Number(url.port) || (tls ? 443 : 80)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const hostAndPort = `${url.hostname}:${port}`

  const socket = tls
    ? connectTls({ host, port, servername: isIP(host) ? '' : host })
    : connect({ host, port })
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    await once(socket, tls ? 'secureConnect' : 'connect', { signal })
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException
    const reason = name === 'AbortError' ? `no answer within ${timeoutMs / second} s` : code
    return { reachable: false, message: `${hostAndPort} can’t be reached (${reason}).` }
  } finally {
    socket.on('error', () => {}).destroy()
  }
  if (!isTwilio) return { reachable: true, message: `${hostAndPort} accepts connections.` }

  const accountUrl = `${tls ? 'https' : 'http'}://${url.host}/2010-04-01/Accounts/${url.username}.json`
  const [user, password] = [url.username, url.password].map(decodeURIComponent)
  const credentials = Buffer.from(`${user}:${password}`).toString('base64')
  try {
    const { status, ok, body } = await fetch(accountUrl, {
      headers: { Authorization: `Basic ${credentials}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await body?.cancel()
    const message = ok
      ? `${hostAndPort} accepted the credentials.`
      : `${hostAndPort} rejected the credentials (${status}).`
    return { reachable: true, authenticated: ok, message }
  } catch {
    return { reachable: false, message: `${hostAndPort} did not answer.` }
  }
}
