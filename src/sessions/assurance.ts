/**
 * Authentication method reference (RFC 8176). The RFC defines no value for codes sent by email or
 * for recovery codes: `email` and `recovery_code` are our own.
 */
export type Amr =
  | 'pwd'
  | 'otp'
  | 'sms'
  | 'email'
  | 'recovery_code'
  /** A device-bound passkey. */
  | 'hwk'
  /** A passkey that may be synced. */
  | 'swk'
  /** User presence, together with a passkey. */
  | 'user'
  | 'mfa'

/** Adds `mfa` to the AMR values when there are two factors. */
export function combineAmr(...amr: Amr[]): Amr[] {
  const factors = amr.filter((name) => name !== 'user' && name !== 'mfa')
  return factors.length > 1 && !amr.includes('mfa') ? [...amr, 'mfa'] : amr
}

/** Whether the AMR values include a second factor. */
export function hasMfa(amr: readonly Amr[]): boolean {
  return amr.includes('mfa')
}

/** Second factors that reach AAL2; email is not one of them (NIST SP 800-63B-4 §3.1.3.1). */
const aal2Factors: readonly Amr[] = ['otp', 'sms', 'recovery_code', 'hwk', 'swk']

/** The authentication assurance level (NIST SP 800-63B-4). */
export function acrOf(amr: readonly Amr[]): 'aal1' | 'aal2' {
  return hasMfa(amr) && amr.some((name) => aal2Factors.includes(name)) ? 'aal2' : 'aal1'
}

/** Parses stored AMR values, separated by spaces. */
export function parseAmr(stored: string): Amr[] {
  return stored.split(' ') as Amr[]
}
