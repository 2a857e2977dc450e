import { scrypt as derive, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import {
  checkLengths,
  fromBase64,
  type HashFormat,
  malformed,
  max,
  numberPattern,
} from './hash-format.ts'

const deriveScrypt = promisify<
  string,
  Buffer,
  number,
  { N: number; r: number; p: number; maxmem: number },
  Buffer
>(derive)

const phcPattern = new RegExp(
  `^\\$scrypt\\$ln=${numberPattern},r=${numberPattern},p=${numberPattern}\\$([^$]+)\\$([^$]+)$`,
)

/** scrypt (RFC 7914) as a PHC string, as passlib writes it too. */
export const scrypt: HashFormat = (text) => {
  if (!text.startsWith('$scrypt$')) return undefined
  const [, ln, rText, pText, encodedSalt, encodedDigest] = phcPattern.exec(text) ?? []
  const salt = fromBase64(encodedSalt)
  const digest = fromBase64(encodedDigest)
  if (!salt || !digest) return malformed

  const [N, r, p] = [2 ** Number(ln), Number(rText), Number(pText)]
  if (N < 2 || r < 1 || p < 1 || N >= 2 ** (16 * r)) {
    return { refused: 'the hash has invalid scrypt parameters' }
  }
  if (N * r * p > max.memoryKiB * 8) {
    return {
      refused: `verifying the hash would cost too much: the limit for 2^ln × r × p is ${max.memoryKiB * 8}`,
    }
  }
  const maxmem = 128 * (N * r + r * p + N + r) + 1024
  return (
    checkLengths(salt, digest) ?? {
      async verify(password) {
        const derived = await deriveScrypt(password, salt, digest.length, { N, r, p, maxmem })
        return timingSafeEqual(derived, digest)
      },
    }
  )
}
