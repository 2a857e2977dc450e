/** Bytes: 80 bits were usual once, and no app takes more than these. */
const bytes = { least: 10, most: 64 }

/** What `otpauth:` URIs are when they say nothing, and what is checked here (RFC 6238 §1.2). */
const usual = { algorithm: 'SHA1', digits: '6', period: '30' } as const

/**
 * Reads the secret of an authenticator app: in base 32, however it is spaced, or the whole
 * `otpauth://totp/…` URI, which tells whether its codes are of the one kind that is checked here.
 */
export function readTotpSecret(written: string): { secret: string } | { refused: string } {
  if (!/^otpauth:/i.test(written)) return readBase32(written)
  const uri = URL.parse(written)
  if (uri?.hostname.toLowerCase() !== 'totp') {
    return { refused: 'totpSecret is the address of no app whose codes change with the time' }
  }
  for (const [name, value] of Object.entries(usual)) {
    const given = uri.searchParams.get(name)
    if (given !== null && given.toUpperCase().replace('-', '') !== value) {
      return {
        refused: `the app’s codes have another ${name}: only 6 digits, 30 seconds and SHA-1 are taken`,
      }
    }
  }
  return readBase32(uri.searchParams.get('secret') ?? '')
}

/** RFC 4648 §6, with what people and programs put between and behind the letters. */
function readBase32(written: string): { secret: string } | { refused: string } {
  const secret = written.replace(/[ -]/g, '').replace(/=+$/, '').toUpperCase()
  const leftOver = (secret.length * 5) % 8
  if (!/^[A-Z2-7]+$/.test(secret) || leftOver >= 5) {
    return { refused: 'totpSecret is not in base 32' }
  }
  const length = (secret.length * 5 - leftOver) / 8
  if (length < bytes.least || length > bytes.most) {
    return { refused: `totpSecret has ${length} bytes, not ${bytes.least} to ${bytes.most}` }
  }
  return { secret }
}
