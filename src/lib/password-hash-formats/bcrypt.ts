import { verify } from '@node-rs/bcrypt'
import { type HashFormat, malformed, max } from './hash-format.ts'

/** bcrypt ignores the rest of a longer password. */
const maxPasswordBytes = 72

/**
 * bcrypt with the prefixes of correct implementations. `$2x$` marks hashes of a faulty one, and
 * `$2$` predates the rule for non-ASCII characters.
 */
export const bcrypt: HashFormat = (text) => {
  if (!text.startsWith('$2')) return undefined
  const version = /^\$(2[a-z]?)\$/.exec(text)?.[1]
  if (version && !['2a', '2b', '2y'].includes(version)) {
    return { refused: `bcrypt is supported as $2a$, $2b$ and $2y$, not as $${version}$` }
  }
  const cost = Number(/^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$/.exec(text)?.[1])
  // The least cost of bcrypt is 4.
  if (!(cost >= 4)) return malformed
  if (cost > max.bcryptCost) {
    return {
      refused: `verifying the hash would take too long: the limit is a cost of ${max.bcryptCost}`,
    }
  }
  return {
    async verify(password) {
      const matches = await verify(password, text)
      // bcrypt truncates longer passwords: any ending would match.
      return matches && Buffer.byteLength(password) <= maxPasswordBytes && !password.includes('\0')
    },
  }
}
