/** Accepted lengths in bytes: 80 bits were usual once, and no app accepts more than 64 bytes. */
const secretBytes = { min: 10, max: 64 }

/** The defaults of `otpauth:` URIs, and the only supported parameters (RFC 6238 §1.2). */
const defaults = { algorithm: 'SHA1', digits: '6', period: '30' } as const

/**
 * Parses the secret of an authenticator app: base 32 in any spacing, or an `otpauth://totp/…` URI,
 * whose parameters must be the supported ones.
 */
export function parseTotpSecret(input: string): { secret: string } | { refused: string } {
  if (!/^otpauth:/i.test(input)) return parseBase32(input)
  const uri = URL.parse(input)
  if (uri?.hostname.toLowerCase() !== 'totp') {
    return { refused: 'totpSecret is not an otpauth://totp/ URI' }
  }
  for (const [name, value] of Object.entries(defaults)) {
    const parameter = uri.searchParams.get(name)
    if (parameter !== null && parameter.toUpperCase().replace('-', '') !== value) {
      return {
        refused: `totpSecret has an unsupported ${name}: only 6 digits, 30 seconds and SHA-1 are supported`,
      }
    }
  }
  return parseBase32(uri.searchParams.get('secret') ?? '')
}

/** Parses base 32 (RFC 4648 §6), and ignores spaces, hyphens and padding. */
function parseBase32(input: string): { secret: string } | { refused: string } {
  const secret = input.replace(/[ -]/g, '').replace(/=+$/, '').toUpperCase()
  const leftoverBits = (secret.length * 5) % 8
  if (!/^[A-Z2-7]+$/.test(secret) || leftoverBits >= 5) {
    return { refused: 'totpSecret is not in base 32' }
  }
  const length = (secret.length * 5 - leftoverBits) / 8
  if (length < secretBytes.min || length > secretBytes.max) {
    return {
      refused: `totpSecret has ${length} bytes, not ${secretBytes.min} to ${secretBytes.max}`,
    }
  }
  return { secret }
}
