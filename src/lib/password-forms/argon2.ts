import { verify } from '@node-rs/argon2'
import { type Form, fromBase64, lengthsRefused, most, notWhole, number } from './form.ts'

const whole = new RegExp(
  `^\\$argon2(?:id|i|d)\\$(?:v=(?:16|19)\\$)?m=${number},t=${number},p=${number}\\$([^$.]+)\\$([^$.]+)$`,
)

/** Argon2id, Argon2i and Argon2d (RFC 9106) as a PHC string. */
export const argon2: Form = (text) => {
  if (!text.startsWith('$argon2')) return undefined
  const [, m, t, p, encodedSalt, encodedDigest] = whole.exec(text) ?? []
  const salt = fromBase64(encodedSalt)
  const digest = fromBase64(encodedDigest)
  if (!salt || !digest) return notWhole

  const [memory, passes, lanes] = [Number(m), Number(t), Number(p)]
  const possible = passes >= 1 && lanes >= 1 && memory >= 8 * lanes
  if (!possible) return { refused: 'no Argon2 has the parameters of the hash' }
  if (memory > most.memoryKiB || memory * passes > most.argon2WorkKiB || lanes > most.argon2Lanes) {
    return {
      refused: `checking the hash would take too much: m may be ${most.memoryKiB}, m times t ${most.argon2WorkKiB}, p ${most.argon2Lanes} at most`,
    }
  }
  return lengthsRefused(salt, digest) ?? { verify: (password) => verify(text, password) }
}
