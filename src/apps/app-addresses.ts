import { isLoopback } from '../lib/loopback.ts'
import { OperatorError } from '../lib/operator-error.ts'

/** Longer than any application’s. */
const maxLength = 500

/** @throws OperatorError unless the text is the address of a web page */
export function parseAppUrl(input: string): string {
  const url = input.length <= maxLength ? URL.parse(input) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new OperatorError(
      `“${input}” is not the address of an application. Expected one such as https://git.example.com.`,
    )
  }
  return url.href.replace(/\/$/, '')
}

/**
 * Checks the addresses to which people return. They are compared exactly (RFC 9700 §2.1), so they stay
 * as they were typed.
 *
 * @throws OperatorError if one has a fragment, or a scheme that other applications could take
 */
export function parseRedirectUris(inputs: readonly string[]): string[] {
  for (const input of inputs) ensureRedirectUri(input)
  const urls = inputs.map((input) => new URL(input))
  const plain = urls.find(({ protocol, hostname }) => protocol === 'http:' && !isLoopback(hostname))
  if (plain && urls.some(isAppScheme)) {
    throw new OperatorError(
      `An application with a scheme of its own can’t return to ${plain.href} as well: use https:// there, or register two applications.`,
    )
  }
  return [...new Set(inputs)]
}

function ensureRedirectUri(input: string): void {
  const url = input.length <= maxLength && !/[\s\p{C}]/u.test(input) ? URL.parse(input) : null
  const isWeb = url && /^https?:$/.test(url.protocol) && url.host !== '' && !url.username
  if (url && !input.includes('#') && (isWeb || isAppScheme(url))) return
  throw new OperatorError(
    `“${input}” can’t be a redirect URI. Expected https://…, http://…, or for a phone app its own scheme such as com.example.app:/callback, without a “#”.`,
  )
}

/** A scheme that a phone app registers: a domain in reverse (RFC 8252 §7.1). */
function isAppScheme({ protocol }: URL): boolean {
  return !/^https?:$/.test(protocol) && protocol.includes('.')
}

/**
 * Whether the application runs on the person’s own machine or phone (RFC 8252): another one there
 * could take its place.
 */
export function isNative(app: { public: boolean; redirectUris: readonly string[] }): boolean {
  const urls = app.redirectUris.map((uri) => new URL(uri))
  const isLocal = ({ protocol, hostname }: URL) => protocol === 'http:' && isLoopback(hostname)
  return urls.some(isAppScheme) || (app.public && urls.every(isLocal))
}
