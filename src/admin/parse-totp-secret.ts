/** Bytes: 80 bits were usual once, and no app takes more than these. */
const secretBytes = { min: 10, max: 64 }

/** What `otpauth:` URIs are when they say nothing, and what is checked here (RFC 6238 §1.2). */
const defaults = { algorithm: 'SHA1', digits: '6', period: '30' } as const

/**
 * Reads the secret of an authenticator app: in base 32, however it is spaced, or the whole
 * `otpauth://totp/…` URI, which tells whether its codes are of the one kind that is checked here.
 */
export function parseTotpSecret(input: string): { secret: string } | { refused: string } {
  if (!/^otpauth:/i.test(input)) return parseBase32(input)
  const uri = URL.parse(input)
  if (uri?.hostname.toLowerCase() !== 'totp') {
    return { refused: 'totpSecret is the address of no app whose codes change with the time' }
  }
  for (const [name, value] of Object.entries(defaults)) {
    const parameter = uri.searchParams.get(name)
    if (parameter !== null && parameter.toUpperCase().replace('-', '') !== value) {
      return {
        refused: `the app’s codes have another ${name}: only 6 digits, 30 seconds and SHA-1 are taken`,
      }
    }
  }
  return parseBase32(uri.searchParams.get('secret') ?? '')
}

/** RFC 4648 §6, with what people and programs put between and behind the letters. */
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
