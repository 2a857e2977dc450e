import { maxPasswordBytes } from '../../lib/password-hasher.ts'
import { Problem } from '../../lib/problem.ts'

/** The 49,000 most common passwords, loaded at first use because loading takes 30 ms. */
let commonPasswords: Promise<ReadonlySet<string>> | undefined

async function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  return new Set(dictionary['passwords-common'])
}

export interface PasswordPolicy {
  /** The account's email address, which is refused as a password. */
  email: string
  /** The current password, if the caller has it: it is refused as the new one. */
  currentPassword?: string | undefined
  minLength: number
  brandName: string
  /** The request field that an error refers to. */
  field?: string
}

/**
 * Accepts any password that is long enough, not common and not derived from the account or the
 * service (NIST SP 800-63B-4 §3.1.1.2). There are no rules about which characters it contains.
 *
 * @throws Problem `invalid_password`
 */
export async function ensureGoodPassword(
  password: string,
  { email, currentPassword, minLength, brandName, field = 'password' }: PasswordPolicy,
): Promise<void> {
  const lower = password.toLowerCase()
  commonPasswords ??= loadCommonPasswords()

  if (password === currentPassword) {
    throw invalidPassword(field, 'This is your password already. Please choose another one.')
  }
  // Code points, not UTF-16 code units.
  if ([...password].length < minLength) {
    throw invalidPassword(
      field,
      `Use at least ${minLength} characters. A few words in a row are strong and easy to remember.`,
    )
  }
  if (Buffer.byteLength(password) > maxPasswordBytes) {
    throw invalidPassword(field, 'Use a shorter password: 1,024 bytes at most.')
  }
  if ((await commonPasswords).has(lower)) {
    throw invalidPassword(field, 'This password is too common. Please choose another one.')
  }
  const contextWords = [email, email.slice(0, email.lastIndexOf('@')), brandName]
  if (contextWords.some((word) => lower === word.toLowerCase())) {
    throw invalidPassword(field, 'This password is too easy to guess. Please choose another one.')
  }
}

function invalidPassword(field: string, detail: string): Problem {
  return new Problem('invalid_password', detail, {
    errors: [{ path: `/${field}`, message: detail }],
  })
}
