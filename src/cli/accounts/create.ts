import { buffer } from 'node:stream/consumers'
import { ensureGoodPassword } from '../../accounts/password/password-policy.ts'
import { createUser } from '../../admin/create-user.ts'
import { readUser } from '../../admin/users.ts'
import { type EmailAddress, parseEmailAddress } from '../../lib/email-address.ts'
import { createPasswordHasher, unusablePassword } from '../../lib/password-hasher.ts'
import { defineCommand, UsageError } from '../command.ts'
import { withKeys } from '../context.ts'
import { accountNotFound, commandLineCause } from './operator-action.ts'

export default defineCommand({
  description: 'make an account for somebody, who is mailed a code to set a password',
  arguments: ['email'],
  options: { 'password-stdin': { type: 'boolean' } },
  optionsHelp: { 'password-stdin': 'set its first password to what comes on standard input' },
  async run({ positionals: [input = ''], values }) {
    const email = parseEmailAddress(input)
    if (!email) {
      throw new UsageError(`“${input}” is no email address that mail can be sent to.`)
    }
    return createAccount(email, values['password-stdin'] ? await readPassword() : undefined)
  },
  format: ({ hasPassword, user }) =>
    hasPassword
      ? `${user.email} has an account, with the password that you gave. The owner is told.`
      : `${user.email} has an account. The owner is mailed a code to set a password; nobody signs in before.`,
})

/** @param password undefined for one that nobody knows */
function createAccount(email: EmailAddress, password: string | undefined) {
  return withKeys(async ({ transaction, settings }) => {
    const { passwordMinLength: minLength, brandName } = settings
    const hasPassword = password !== undefined
    if (hasPassword) await ensureGoodPassword(password, { email: email.key, minLength, brandName })
    const passwordHash = hasPassword
      ? await (await createPasswordHasher(1)).hash(password)
      : unusablePassword()
    return transaction(async (tx) => {
      const newUser = { email, passwordHash, hasPassword: hasPassword }
      const id = await createUser(tx, newUser, commandLineCause())
      const user = await readUser(tx, settings, id)
      if (!user) throw accountNotFound(id)
      return { hasPassword, user }
    })
  })
}

/** All of standard input, but for the line break that ends it. */
async function readPassword(): Promise<string> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await buffer(process.stdin))
    return text.replace(/\r?\n$/, '')
  } catch {
    throw new UsageError('The password on standard input is not valid UTF-8.')
  }
}
