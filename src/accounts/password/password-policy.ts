import { maxPasswordBytes } from '../../lib/password-hasher.ts'
import { Problem } from '../../lib/problem.ts'

/** Passwords that are tried first: 49,000 of them. Read when first needed: it takes 30 ms. */
let commonPasswords: Promise<ReadonlySet<string>> | undefined

async function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  return new Set(dictionary['passwords-common'])
}

export interface PasswordPolicy {
  /** Whose it will be. */
  email: string
  minLength: number
  brandName: string
  /** The field of the request that it came in. */
  field?: string
}

/**
 * Takes any password that is long enough and not among those guessed first (NIST SP 800-63B-4
 * §3.1.1.2). Which characters it is made of is nobody's business.
 *
 * @throws Problem `invalid_password`
 */
export async function ensureGoodPassword(
  password: string,
  { email, minLength, brandName, field = 'password' }: PasswordPolicy,
): Promise<void> {
  const lower = password.toLowerCase()
  commonPasswords ??= loadCommonPasswords()

  // Characters as people count them, not as UTF-16 does.
  if ([...password].length < minLength) {
    throw invalidPassword(
      field,
      `Use ${minLength} characters or more. A few words in a row are good and easy.`,
    )
  }
  if (Buffer.byteLength(password) > maxPasswordBytes) {
    throw invalidPassword(field, 'Use fewer characters: 1,024 bytes at most.')
  }
  if ((await commonPasswords).has(lower)) {
    throw invalidPassword(
      field,
      'This password is among those that are guessed first. Please think of another.',
    )
  }
  const contextWords = [email, email.slice(0, email.lastIndexOf('@')), brandName]
  if (contextWords.some((word) => lower === word.toLowerCase())) {
    throw invalidPassword(
      field,
      'This password is easy to guess for whoever knows you. Please think of another.',
    )
  }
}

function invalidPassword(field: string, detail: string): Problem {
  return new Problem('invalid_password', detail, {
    errors: [{ path: `/${field}`, message: detail }],
  })
}
