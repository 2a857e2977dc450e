import { domainToASCII, domainToUnicode } from 'node:url'

/** An email address: as it is written to, and as it is recognised. */
export interface EmailAddress {
  /** As its owner wrote it, with the domain in ASCII: where mail goes. */
  address: string
  /** The same for every spelling of one mailbox: case is folded, plus-addresses are not. */
  key: string
}

// RFC 5321 §4.1.2 dot-string: no quoting, no comments, nothing that a mail program could read twice.
const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Whether two addresses are spellings of one mailbox. */
export function isSameMailbox(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return false
  return one === other || parseEmailAddress(one)?.key === parseEmailAddress(other)?.key
}

/** What mails to an address are counted by: almost everywhere plus-addresses are one mailbox. */
export function mailboxOf(address: string): string {
  return address.toLowerCase().replace(/(?<=.)\+.*@/, '@')
}

/**
 * The address, or undefined if no mail could be sent to it or if it could be mistaken for another.
 *
 * Local parts are ASCII. Domains may be Unicode, but only written as they really are: letters that
 * merely look like others (full-width ones) or cannot be seen are refused, rather than turned
 * into somebody else's domain.
 */
export function parseEmailAddress(input: string): EmailAddress | undefined {
  // Phones put a space behind what they complete. A line break is no slip of that kind.
  const trimmed = input.replace(/^ +| +$/g, '')
  const at = trimmed.lastIndexOf('@')
  const local = trimmed.slice(0, at)
  const domain = trimmed.slice(at + 1)
  if (at < 1 || local.length > 64 || !localPart.test(local)) return undefined

  const ascii = domainToASCII(domain)
  const lowerCase = domain.toLowerCase()
  // Lower case alone would make an ordinary k of a Kelvin sign.
  if (domain !== domain.normalize('NFKC')) return undefined
  if (lowerCase !== ascii && lowerCase !== domainToUnicode(ascii)) return undefined
  const labels = ascii.split('.')
  if (labels.length < 2 || !labels.every((part) => label.test(part))) return undefined
  // A last label of digits alone would make the domain an IP address.
  if (/^[0-9]+$/.test(labels.at(-1) ?? '') || local.length + 1 + ascii.length > 254)
    return undefined

  return { address: `${local}@${ascii}`, key: `${local.toLowerCase()}@${ascii}` }
}
