import { verify } from '@node-rs/argon2'
import {
  checkLengths,
  fromBase64,
  type HashFormat,
  malformed,
  max,
  numberPattern,
} from './hash-format.ts'

const phcPattern = new RegExp(
  `^\\$argon2(?:id|i|d)\\$(?:v=(?:16|19)\\$)?m=${numberPattern},t=${numberPattern},p=${numberPattern}\\$([^$.]+)\\$([^$.]+)$`,
)

/** Argon2id, Argon2i and Argon2d (RFC 9106) as a PHC string. */
export const argon2: HashFormat = (text) => {
  if (!text.startsWith('$argon2')) return undefined
  const [, m, t, p, encodedSalt, encodedDigest] = phcPattern.exec(text) ?? []
  const salt = fromBase64(encodedSalt)
  const digest = fromBase64(encodedDigest)
  if (!salt || !digest) return malformed

  const [memory, passes, lanes] = [Number(m), Number(t), Number(p)]
  const possible = passes >= 1 && lanes >= 1 && memory >= 8 * lanes
  if (!possible) return { refused: 'the hash has invalid Argon2 parameters' }
  if (memory > max.memoryKiB || memory * passes > max.argon2WorkKiB || lanes > max.argon2Lanes) {
    return {
      refused: `verifying the hash would cost too much: the limits are ${max.memoryKiB} for m, ${max.argon2WorkKiB} for m times t and ${max.argon2Lanes} for p`,
    }
  }
  return checkLengths(salt, digest) ?? { verify: (password) => verify(text, password) }
}
