import { randomBytes, randomInt, randomUUIDv7 } from 'node:crypto'

let lastTime = ''
let sequence = 0

/**
 * A UUIDv7, which sorts by creation time (RFC 9562 §5.7). Unique, but not secret.
 *
 * A counter orders the ids that one process creates within a millisecond (§6.2, method 1), so that
 * lists sorted by id keep the order of events.
 */
export function newId(): string {
  const id = randomUUIDv7()
  const time = id.slice(0, 13)
  sequence = time === lastTime ? (sequence + 1) % 0x1000 : 0
  lastTime = time
  return `${time}-7${sequence.toString(16).padStart(3, '0')}${id.slice(18)}`
}

/** A secret for programs: 256 bits as 43 base64url characters. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** The number of possible six-digit codes. */
export const codeSpaceSize = 1_000_000

/** A secret for people to type: six digits, uniformly distributed. */
export function newCode(): string {
  return randomInt(codeSpaceSize).toString().padStart(6, '0')
}
