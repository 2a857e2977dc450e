import { scrypt as derive, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { type Form, fromBase64, lengthsRefused, most, notWhole, number } from './form.ts'

const scryptOf = promisify<
  string,
  Buffer,
  number,
  { N: number; r: number; p: number; maxmem: number },
  Buffer
>(derive)

const whole = new RegExp(`^\\$scrypt\\$ln=${number},r=${number},p=${number}\\$([^$]+)\\$([^$]+)$`)

/** scrypt (RFC 7914) as a PHC string, which passlib writes too. */
export const scrypt: Form = (text) => {
  if (!text.startsWith('$scrypt$')) return undefined
  const [, ln, rText, pText, encodedSalt, encodedDigest] = whole.exec(text) ?? []
  const salt = fromBase64(encodedSalt)
  const digest = fromBase64(encodedDigest)
  if (!salt || !digest) return notWhole

  const [N, r, p] = [2 ** Number(ln), Number(rText), Number(pText)]
  if (N < 2 || r < 1 || p < 1 || N >= 2 ** (16 * r)) {
    return { refused: 'no scrypt has the parameters of the hash' }
  }
  if (N * r * p > most.memoryKiB * 8) {
    return {
      refused: `checking the hash would take too much: 2 to the ln, times r, times p, may be ${most.memoryKiB * 8} at most`,
    }
  }
  const maxmem = 128 * (N * r + r * p + N + r) + 1024
  return (
    lengthsRefused(salt, digest) ?? {
      async verify(password) {
        const derived = await scryptOf(password, salt, digest.length, { N, r, p, maxmem })
        return timingSafeEqual(derived, digest)
      },
    }
  )
}
