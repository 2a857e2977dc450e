import { matchesHash } from '../keys/keyring.ts'
import type { Tx } from '../store/transaction.ts'

/** A code that was sent and has not been used. */
export interface SentOtp {
  challengeId: string
  codeHash: string | null
  /** Milliseconds since 1970. */
  expiresAt: number | null
}

/** Hashes a code for one challenge; the hash matches under no other challenge. */
export function hashOtp(tx: Tx, challengeId: string, code: string): string {
  return tx.keyring.hash(code, purpose(challengeId))
}

/** Compares `code` with the one that was sent, ignoring spaces. False after the code expired. */
export function matchesOtp(tx: Tx, code: string, sent: SentOtp): boolean {
  const { challengeId, codeHash, expiresAt } = sent
  if (codeHash === null || expiresAt === null || expiresAt <= tx.now()) return false
  return matchesHash(tx.keyring, codeHash, code.replaceAll(' ', ''), purpose(challengeId))
}

const purpose = (challengeId: string) => `code ${challengeId}`
