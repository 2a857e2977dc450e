/**
 * The value of a cookie (RFC 6265 §5.4); undefined if it is missing or present twice. Names are
 * compared exactly, without trimming: browsers do not apply the `__Host-` rules to a name that
 * begins with whitespace, so any host of the domain could set it.
 *
 * @param header the `Cookie` header
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const matches = pairsOf(header).filter((pair) => pair.startsWith(`${name}=`))
  return matches.length === 1 ? matches[0]?.slice(name.length + 1) || undefined : undefined
}

/** A `Cookie` header without one of its cookies. */
export function withoutCookie(header: string | undefined, name: string): string {
  return pairsOf(header)
    .filter((pair) => !pair.startsWith(`${name}=`))
    .join('; ')
}

function pairsOf(header = ''): string[] {
  return header.split(/; ?/)
}
