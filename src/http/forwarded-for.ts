import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Log } from '../lib/log.ts'

/**
 * Reduces `X-Forwarded-For` to plain IP addresses, before Fastify derives `request.ip` from it.
 * Proxies also write ports, brackets and quotes; as text, each port would be another client.
 *
 * Everything from the last entry without an address to the left is dropped, so that the address of
 * the connection counts: what an unknown hop received is no better than what a client claims.
 */
export function normalizeForwardedFor(request: IncomingMessage): { isValid: boolean } {
  const header = request.headers['x-forwarded-for']
  if (header === undefined) return { isValid: true }
  const addresses: string[] = []
  const entries = String(header).split(',')
  for (const entry of entries.reverse()) {
    const address = parseForwardedNode(entry)
    if (address === undefined) break
    addresses.unshift(address)
  }
  if (addresses.length > 0) request.headers['x-forwarded-for'] = addresses.join(', ')
  else delete request.headers['x-forwarded-for']
  return { isValid: addresses.length === entries.length }
}

/** The IP address of one entry, written as in RFC 7239 §6 or bare; undefined if it has none. */
export function parseForwardedNode(entry: string): string | undefined {
  const unquoted = entry.trim().replace(/^"(.*)"$/, '$1')
  const [, bracketed, bare] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::[0-9]{1,5})?$/.exec(unquoted) ?? []
  // An IPv6 address without brackets has no port.
  const address = bracketed ?? bare ?? unquoted
  // A zone is of use on the proxy’s machine only (RFC 4007 §6).
  const [withoutZone = ''] = address.split('%')
  return isIP(withoutZone) > 0 ? withoutZone : undefined
}

/** Makes a listener that normalizes the header of each request, and logs the first invalid one. */
export function createForwardedForListener(log: Log): (request: IncomingMessage) => void {
  let hasLogged = false
  return (request) => {
    if (normalizeForwardedFor(request).isValid || hasLogged) return
    hasLogged = true
    log.warn(
      'X-Forwarded-For has an entry without an IP address: such requests count as sent by the proxy',
    )
  }
}
