/**
 * Whether the host of a URL is this machine, so that unencrypted traffic to it crosses no network.
 * Unusual spellings of loopback addresses are not recognised: that errs on the safe side.
 */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/i.test(hostname)
}
