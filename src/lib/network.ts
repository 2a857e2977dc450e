import { isIPv6, SocketAddress } from 'node:net'

/**
 * The network of an IP address, for rate limits: an IPv4 address itself, or the /64 of an IPv6
 * address, which usually belongs to one household.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  // In canonical form, only IPv4-mapped addresses contain dots.
  const [withoutZone = ''] = address.split('%')
  const { address: canonical } = new SocketAddress({ address: withoutZone, family: 'ipv6' })
  const mapped = /^::ffff:([0-9.]+)$/.exec(canonical)?.[1]
  if (mapped) return mapped
  const [head = '', tail] = canonical.split('::')
  const before = head.split(':').filter(Boolean)
  const after = (tail ?? '').split(':').filter(Boolean)
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after]
  return `${groups.slice(0, 4).join(':')}::/64`
}
