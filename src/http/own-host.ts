import type { IncomingMessage } from 'node:http'
import { Problem } from '../lib/problem.ts'

/**
 * Refuses requests for other hosts than the public URL's and this machine's. A web page can have its
 * own host name resolve to this machine, and then read what needs no token (DNS rebinding).
 */
export function ensureOwnHost({ headers }: IncomingMessage, publicUrl: string): void {
  const hostname = URL.parse(`http://${headers.host}`)?.hostname ?? ''
  if (hostname === new URL(publicUrl).hostname || isLoopbackHost(hostname)) return
  throw new Problem(
    'not_found',
    'Only requests to the host of LATCHKEY_PUBLIC_URL, localhost or 127.0.0.1 are answered here.',
  )
}

/** @param hostname as in a parsed URL, which writes each address in one way */
function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.[0-9]+){3}$/.test(hostname)
}
