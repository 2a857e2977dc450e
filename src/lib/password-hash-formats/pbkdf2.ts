import { pbkdf2 as derive, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import {
  checkLengths,
  fromBase64,
  type HashFormat,
  malformed,
  max,
  numberPattern,
  type ParsedHash,
  type RejectedHash,
} from './hash-format.ts'

const derivePbkdf2 = promisify(derive)

/** The output length of each hash function, in bytes. */
const hashOutputBytes: Record<string, number> = { sha1: 20, sha256: 32, sha512: 64 }

const phcPattern = new RegExp(
  `^\\$pbkdf2(?:-(sha1|sha256|sha512))?\\$(?:i=)?${numberPattern}(?:,l=${numberPattern})?\\$([^$]+)\\$([^$]+)$`,
)
const djangoPattern = new RegExp(
  `^pbkdf2_(sha1|sha256)\\$${numberPattern}\\$([!-#%-~]{8,48})\\$([A-Za-z0-9+/]+)=*$`,
)

/**
 * PBKDF2 (RFC 8018) in passlib’s format (`$pbkdf2-sha256$29000$…`), as a PHC string
 * (`$pbkdf2-sha256$i=600000$…`) or as Django does (`pbkdf2_sha256$600000$…`). Without a name, the
 * hash is SHA-1, as in passlib.
 */
export const pbkdf2: HashFormat = (text) => {
  if (/^\$pbkdf2[-$]/.test(text)) {
    const [, hash = 'sha1', iterations, length, salt, digest] = phcPattern.exec(text) ?? []
    const parts = { hash, iterations, salt: fromBase64(salt), digest: fromBase64(digest) }
    const otherLength = length !== undefined && Number(length) !== parts.digest?.length
    return otherLength ? malformed : toParsedHash(parts)
  }
  if (text.startsWith('pbkdf2_')) {
    const [, hash = '', iterations, salt = '', digest] = djangoPattern.exec(text) ?? []
    // Django uses the characters of the salt, without decoding them.
    return toParsedHash({ hash, iterations, salt: Buffer.from(salt), digest: fromBase64(digest) })
  }
  return undefined
}

function toParsedHash(parts: {
  hash: string
  iterations: string | undefined
  salt: Buffer | undefined
  digest: Buffer | undefined
}): ParsedHash | RejectedHash {
  const { hash, salt, digest } = parts
  const iterations = Number(parts.iterations ?? 0)
  if (!salt || !digest || iterations < 1) return malformed
  const refused = checkLengths(salt, digest)
  if (refused) return refused
  // A digest longer than the hash’s output repeats all iterations.
  if (iterations * Math.ceil(digest.length / (hashOutputBytes[hash] ?? 1)) > max.iterations) {
    return {
      refused: `verifying the hash would take too long: the limit is ${max.iterations} iterations`,
    }
  }
  return {
    async verify(password) {
      return timingSafeEqual(
        await derivePbkdf2(password, salt, iterations, digest.length, hash),
        digest,
      )
    },
  }
}
