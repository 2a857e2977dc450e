import { domainToASCII, domainToUnicode } from 'node:url'

/** An email address in two forms: one for delivery, one for comparison. */
export interface EmailAddress {
  /** As typed, with the domain in ASCII: for delivery. */
  address: string
  /** For comparison: lower case; plus-addresses stay distinct. */
  key: string
}

// RFC 5321 §4.1.2 dot-string: no quoting and no comments, which mail programs parse differently.
const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Whether two addresses are spellings of one mailbox. */
export function isSameMailbox(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return false
  return one === other || parseEmailAddress(one)?.key === parseEmailAddress(other)?.key
}

/**
 * The mailbox of an address, for comparison, and the key of every limit on emails: with most
 * providers, an address with `+` and more text before the `@` reaches the mailbox of the address
 * without it.
 */
export function mailboxOf(address: string): string {
  return address.toLowerCase().replace(/(?<=.)\+.*@/, '@')
}

/**
 * Parses an address; undefined if it is undeliverable or could be mistaken for another.
 *
 * Local parts are ASCII. Domains may be Unicode, but only in canonical form: compatibility characters
 * (such as full-width letters) and invisible ones are rejected instead of being mapped to another
 * domain.
 */
export function parseEmailAddress(input: string): EmailAddress | undefined {
  // Autocompletion on phones adds a space. A line break is never a typo of that kind.
  const trimmed = input.replace(/^ +| +$/g, '')
  const at = trimmed.lastIndexOf('@')
  const local = trimmed.slice(0, at)
  const domain = trimmed.slice(at + 1)
  if (at < 1 || local.length > 64 || !localPart.test(local)) return undefined

  const ascii = domainToASCII(domain)
  const lowerCase = domain.toLowerCase()
  // Lower-casing alone would turn a Kelvin sign into a k.
  if (domain !== domain.normalize('NFKC')) return undefined
  if (lowerCase !== ascii && lowerCase !== domainToUnicode(ascii)) return undefined
  const labels = ascii.split('.')
  if (labels.length < 2 || !labels.every((part) => label.test(part))) return undefined
  // With a numeric last label, the domain would be an IP address.
  if (/^[0-9]+$/.test(labels.at(-1) ?? '') || local.length + 1 + ascii.length > 254)
    return undefined

  return { address: `${local}@${ascii}`, key: `${local.toLowerCase()}@${ascii}` }
}
