import { randomBytes } from 'node:crypto'

// Crockford's base 32 has no I, L, O and U, which are easily misread.
const crockfordBase32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const recoveryCodeLength = 12

/** The number of possible recovery codes: 60 bits. */
export const recoveryCodeSpaceSize = crockfordBase32.length ** recoveryCodeLength

/** A secret to keep on paper: 60 bits, as XXXX-XXXX-XXXX. */
export function newRecoveryCode(): string {
  const characters = Array.from(
    randomBytes(recoveryCodeLength),
    (byte) => crockfordBase32[byte % crockfordBase32.length],
  )
  return characters.join('').replace(/(.{4})(?=.)/g, '$1-')
}

/** The canonical form of a typed recovery code: any case, any spacing, O for 0, I or L for 1. */
export function normalizeRecoveryCode(typed: string): string {
  return typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
}
