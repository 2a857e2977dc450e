import { config } from './config.ts'
import { text } from './text.ts'

/** Whether people without an invitation can sign up at all. */
export const canSignUp = config.signUp.kind !== 'invitation'

const listFormat = new Intl.ListFormat(config.language, { type: 'disjunction' })

/**
 * The sentence that names the domains of the addresses that are accepted; undefined if all are.
 *
 * @param ownEmail the account’s address, whose domain it may keep
 */
export function domainHint(ownEmail?: string): string | undefined {
  if (config.signUp.kind !== 'domains') return undefined
  const { domains } = config.signUp
  const own = ownEmail?.slice(ownEmail.lastIndexOf('@') + 1).toLowerCase()
  const keepsOwn = own !== undefined && !domains.some((domain) => toAscii(domain) === own)
  return text.common.onlyDomains(listFormat.format(keepsOwn ? [...domains, own] : domains))
}

const toAscii = (domain: string) => new URL(`http://${domain}`).hostname
