import { pbkdf2 as derive, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import {
  type Form,
  fromBase64,
  lengthsRefused,
  most,
  notWhole,
  number,
  type ReadHash,
  type RefusedHash,
} from './form.ts'

const pbkdf2Of = promisify(derive)

/** Bytes that one round over the password makes. */
const outputs: Record<string, number> = { sha1: 20, sha256: 32, sha512: 64 }

const phc = new RegExp(
  `^\\$pbkdf2(?:-(sha1|sha256|sha512))?\\$(?:i=)?${number}(?:,l=${number})?\\$([^$]+)\\$([^$]+)$`,
)
const django = new RegExp(
  `^pbkdf2_(sha1|sha256)\\$${number}\\$([!-#%-~]{8,48})\\$([A-Za-z0-9+/]+)=*$`,
)

/**
 * PBKDF2 (RFC 8018) as passlib writes it (`$pbkdf2-sha256$29000$…`), as a PHC string
 * (`$pbkdf2-sha256$i=600000$…`) or as Django does (`pbkdf2_sha256$600000$…`). Without a name, the
 * hash is SHA-1, as in passlib.
 */
export const pbkdf2: Form = (text) => {
  if (/^\$pbkdf2[-$]/.test(text)) {
    const [, hash = 'sha1', rounds, length, salt, digest] = phc.exec(text) ?? []
    const read = { hash, rounds, salt: fromBase64(salt), digest: fromBase64(digest) }
    const otherLength = length !== undefined && Number(length) !== read.digest?.length
    return otherLength ? notWhole : judge(read)
  }
  if (text.startsWith('pbkdf2_')) {
    const [, hash = '', rounds, salt = '', digest] = django.exec(text) ?? []
    // The salt is the very characters.
    return judge({ hash, rounds, salt: Buffer.from(salt), digest: fromBase64(digest) })
  }
  return undefined
}

function judge(read: {
  hash: string
  rounds: string | undefined
  salt: Buffer | undefined
  digest: Buffer | undefined
}): ReadHash | RefusedHash {
  const { hash, salt, digest } = read
  const rounds = Number(read.rounds ?? 0)
  if (!salt || !digest || rounds < 1) return notWhole
  const refused = lengthsRefused(salt, digest)
  if (refused) return refused
  // A longer digest takes all the rounds again.
  if (rounds * Math.ceil(digest.length / (outputs[hash] ?? 1)) > most.rounds) {
    return {
      refused: `checking the hash would take too long: it may have ${most.rounds} rounds at most`,
    }
  }
  return {
    async verify(password) {
      return timingSafeEqual(await pbkdf2Of(password, salt, rounds, digest.length, hash), digest)
    },
  }
}
