import { verify } from '@node-rs/bcrypt'
import { type HashFormat, malformed, max } from './hash-format.ts'

/** bcrypt looks at no more of a password than this. */
const maxPasswordBytes = 72

/**
 * bcrypt, by the prefixes that mean the algorithm as it should be. `$2x$` marks hashes that were
 * made by a faulty one, and `$2$` those of before there was a rule for letters beyond ASCII.
 */
export const bcrypt: HashFormat = (text) => {
  if (!text.startsWith('$2')) return undefined
  const version = /^\$(2[a-z]?)\$/.exec(text)?.[1]
  if (version && !['2a', '2b', '2y'].includes(version)) {
    return { refused: `bcrypt is taken as $2a$, $2b$ and $2y$, not as $${version}$` }
  }
  const cost = Number(/^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$/.exec(text)?.[1])
  // Below 4 there is no bcrypt.
  if (!(cost >= 4)) return malformed
  if (cost > max.bcryptCost) {
    return {
      refused: `checking the hash would take too long: its cost may be ${max.bcryptCost} at most`,
    }
  }
  return {
    async verify(password) {
      const matches = await verify(password, text)
      // Of a longer password the hash knows the beginning alone: any end would pass for right.
      return matches && Buffer.byteLength(password) <= maxPasswordBytes && !password.includes('\0')
    },
  }
}
