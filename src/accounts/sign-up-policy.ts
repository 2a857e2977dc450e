import { domainToUnicode } from 'node:url'
import { domainOf, type SignUpPolicy } from '../config/sign-up-policy.ts'
import { Problem } from '../lib/problem.ts'

/**
 * Decides by the policy and the domain alone, before anything is looked up, so that a refusal reveals
 * nothing about accounts.
 *
 * @param emailKey `EmailAddress.key`
 * @throws Problem `invitation_required` or `email_domain_not_allowed`
 */
export function ensureMaySignUp(policy: SignUpPolicy, emailKey: string): void {
  if (policy.kind === 'invitation') {
    throw new Problem(
      'invitation_required',
      'Accounts here are created by invitation. Please ask the operator of this service for one.',
    )
  }
  if (policy.kind === 'domains' && !policy.domains.includes(domainOf(emailKey))) {
    throw domainNotAllowed('You can sign up here with', policy.domains)
  }
}

/**
 * Refuses an address of a foreign domain, at which an account would outlive the mailbox that made it
 * eligible. The account’s own domain is never foreign: an operator may have invited a guest.
 *
 * @throws Problem `email_domain_not_allowed`
 */
export function ensureMayChangeEmail(
  policy: SignUpPolicy,
  { from, to }: { from: string; to: string },
): void {
  if (policy.kind !== 'domains') return
  const domains = [...new Set([...policy.domains, domainOf(from)])]
  if (!domains.includes(domainOf(to))) throw domainNotAllowed('Please use', domains)
}

function domainNotAllowed(start: string, domains: readonly string[]): Problem {
  const list = new Intl.ListFormat('en', { type: 'disjunction' }).format(
    domains.map(domainToUnicode),
  )
  return new Problem('email_domain_not_allowed', `${start} an email address of ${list}.`)
}
