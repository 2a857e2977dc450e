import { randomBytes, randomInt, randomUUIDv7 } from 'node:crypto'

let lastTime = ''
let sequence = 0

/**
 * An id that sorts by when it was made (RFC 9562 §5.7). Unique, but no secret.
 *
 * What one process makes within a millisecond is counted, so that it sorts too (§6.2, method 1):
 * lists that come newest first must not shuffle what happened together.
 */
export function newId(): string {
  const id = randomUUIDv7()
  const time = id.slice(0, 13)
  sequence = time === lastTime ? (sequence + 1) % 0x1000 : 0
  lastTime = time
  return `${time}-7${sequence.toString(16).padStart(3, '0')}${id.slice(18)}`
}

/** A secret for programs: 256 bits, 43 characters that need no escaping anywhere. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** How many codes of six digits there are. */
export const codeSpaceSize = 1_000_000

/** A secret for people to type: six digits, each code as likely as any other. */
export function newCode(): string {
  return randomInt(codeSpaceSize).toString().padStart(6, '0')
}
