/**
 * Whether a host, as written in a URL, is this machine, so that what is sent to it in clear
 * crosses no network. Other spellings of the same addresses are not recognised: they only cost
 * their users the exception.
 */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/i.test(hostname)
}
