import { randomBytes, randomInt, randomUUIDv7 } from 'node:crypto'

let madeAt = ''
let madeThen = 0

/**
 * An id that sorts by when it was made (RFC 9562 §5.7). Unique, but no secret.
 *
 * What one process makes within a millisecond is counted, so that it sorts too (§6.2, method 1):
 * lists that come newest first must not shuffle what happened together.
 */
export function newId(): string {
  const id = randomUUIDv7()
  const time = id.slice(0, 13)
  madeThen = time === madeAt ? (madeThen + 1) % 0x1000 : 0
  madeAt = time
  return `${time}-7${madeThen.toString(16).padStart(3, '0')}${id.slice(18)}`
}

/** A secret for programs: 256 bits, 43 characters that need no escaping anywhere. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** How many codes of six digits there are. */
export const codesPossible = 1_000_000

/** A secret for people to type: six digits, each code as likely as any other. */
export function newCode(): string {
  return randomInt(codesPossible).toString().padStart(6, '0')
}

// Crockford's base 32 leaves out I, L, O and U, which people take for something else.
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const recoveryCodeLength = 12

/** How many recovery codes there are: 60 bits. */
export const recoveryCodesPossible = letters.length ** recoveryCodeLength

/** A secret to keep on paper: 60 bits, as XXXX-XXXX-XXXX. */
export function newRecoveryCode(): string {
  const characters = Array.from(
    randomBytes(recoveryCodeLength),
    (byte) => letters[byte % letters.length],
  )
  return characters.join('').replace(/(.{4})(?=.)/g, '$1-')
}

/** A recovery code as it was made, however it was typed: any case, any spacing, O for 0, I or L for 1. */
export function normalRecoveryCode(typed: string): string {
  return typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1')
}
