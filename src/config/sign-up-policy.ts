import { parseEmailAddress } from '../lib/email-address.ts'
import type { SettingType } from './setting.ts'

/** The people who may create an account without an operator. */
export type SignUpPolicy =
  | { kind: 'open' }
  /** People with an address of one of these domains, which are in ASCII and in lower case. */
  | { kind: 'domains'; domains: readonly string[] }
  /** Nobody without an invitation. */
  | { kind: 'invitation' }

export const signUpPolicy: SettingType<SignUpPolicy | undefined> = {
  expected:
    '`open`, `invitation`, or domains of email addresses such as domains:example.com,example.org',
  parse(input) {
    if (input === 'open' || input === 'invitation') return { kind: input }
    const list = /^domains:(.*)$/s.exec(input)?.[1]
    if (list === undefined) return undefined
    const domains = list.split(',').map((domain) => parseDomain(domain.trim()))
    return domains.every((domain) => domain !== undefined)
      ? { kind: 'domains', domains: [...new Set(domains)] }
      : undefined
  },
}

/** The sign-up policy in force: anyone may sign up where none was chosen. */
export function signUpPolicyOf({ signUp }: WithSignUp): SignUpPolicy {
  return signUp ?? { kind: 'open' }
}

/** Whether the operator has chosen who may sign up, even if the choice is the default. */
export function isSignUpPolicyChosen({ signUp }: WithSignUp): boolean {
  return signUp !== undefined
}

interface WithSignUp {
  readonly signUp: SignUpPolicy | undefined
}

/** The domain of an address, for comparison. @param emailKey `EmailAddress.key` */
export function domainOf(emailKey: string): string {
  return emailKey.slice(emailKey.lastIndexOf('@') + 1)
}

/** A domain as `domainOf` returns it; undefined if no address can have it. */
function parseDomain(domain: string): string | undefined {
  const address = domain.includes('@') ? undefined : parseEmailAddress(`a@${domain}`)
  return address && domainOf(address.key)
}
