import type { Settings } from '../../config/settings.ts'
import { isLoopback } from '../../lib/loopback.ts'
import { OperatorError } from '../../lib/operator-error.ts'

/** Longer than any application’s. */
const maxLength = 500

/** The settings that decide which addresses get logout tokens. */
export type LogoutUriRules = Pick<Settings, 'mode' | 'logoutHttpHosts'>

/**
 * Checks the address at which an application learns that a session has ended (OpenID Connect
 * Back-Channel Logout 1.0 §2.2).
 *
 * @throws OperatorError if it is none, or can be read and kept from arriving on its way
 */
export function parseLogoutUri(input: string, rules: LogoutUriRules): string {
  const url = input.length <= maxLength && !/[\s\p{C}]/u.test(input) ? URL.parse(input) : null
  const isWeb = url && /^https?:$/.test(url.protocol) && !url.username && !url.password
  if (!isWeb || input.includes('#')) {
    throw new OperatorError(
      `“${input}” can’t be a back-channel logout URI. Expected one such as https://git.example.com/logout, without a “#”.`,
    )
  }
  if (!mayReceiveLogouts(url.href, rules)) {
    throw new OperatorError(
      `${url.href} begins with http://. In production it must begin with https://, point to this machine, or be on a host that LATCHKEY_LOGOUT_HTTP_HOSTS names.`,
    )
  }
  return url.href
}

/** Whether logout tokens may be sent there: an attacker on the way of plain http could drop them. */
export function mayReceiveLogouts(uri: string, { mode, logoutHttpHosts }: LogoutUriRules): boolean {
  const { protocol, hostname } = new URL(uri)
  return (
    protocol === 'https:' ||
    mode === 'development' ||
    isLoopback(hostname) ||
    logoutHttpHosts.includes(hostname)
  )
}
