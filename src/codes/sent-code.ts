import { timingSafeEqual } from 'node:crypto'
import { now } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'

/** A code that was sent and is waited for. */
export interface Sent {
  challenge: string
  codeHash: string | null
  /** Milliseconds since 1970. */
  expiresAt: number | null
}

/** The fingerprint of a code that goes with one challenge: under any other it is worth nothing. */
export function hashCode(keys: Keys, challenge: string, code: string): string {
  return keys.hash(code, purpose(challenge))
}

/** Whether `code` is the one that was sent, in time. Spaces don't matter. */
export function isSentCode(keys: Keys, code: string, sent: Sent): boolean {
  const { challenge, codeHash, expiresAt } = sent
  if (codeHash === null || expiresAt === null || expiresAt <= now()) return false
  const expected = Buffer.from(codeHash)
  return keys.hashes(code.replaceAll(' ', ''), purpose(challenge)).some((candidate) => {
    const given = Buffer.from(candidate)
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}

const purpose = (challenge: string) => `code ${challenge}`
