/**
 * What someone showed when signing in, by the names of RFC 8176. It has no name for a code by
 * email nor for a recovery code, so those two are ours.
 */
export type Amr =
  | 'pwd'
  | 'otp'
  | 'sms'
  | 'email'
  | 'recovery_code'
  /** A passkey that never leaves its device, or one that may. */
  | 'hwk'
  | 'swk'
  /** Goes with a passkey: somebody touched it. */
  | 'user'
  | 'mfa'

/** The same with `mfa` where there were two factors. */
export function combineAmr(...amr: Amr[]): Amr[] {
  const factors = amr.filter((name) => name !== 'user' && name !== 'mfa')
  return factors.length > 1 && !amr.includes('mfa') ? [...amr, 'mfa'] : amr
}

/** Whether a second factor was shown. */
export function hasMfa(amr: readonly Amr[]): boolean {
  return amr.includes('mfa')
}

/** Second factors that NIST takes for one; a mailbox is none (SP 800-63B-4 §3.1.3.1). */
const aal2Factors: readonly Amr[] = ['otp', 'sms', 'recovery_code', 'hwk', 'swk']

/** The level in the sense of NIST SP 800-63B-4. */
export function acrOf(amr: readonly Amr[]): 'aal1' | 'aal2' {
  return hasMfa(amr) && amr.some((name) => aal2Factors.includes(name)) ? 'aal2' : 'aal1'
}

/** As stored: separated by spaces. */
export function parseAmr(stored: string): Amr[] {
  return stored.split(' ') as Amr[]
}
