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
  description: 'create an account and email its owner a code to set a password',
  arguments: ['email'],
  options: { 'password-stdin': { type: 'boolean' } },
  optionsHelp: { 'password-stdin': 'read the first password from standard input' },
  async run({ positionals: [input = ''], values }) {
    const email = parseEmailAddress(input)
    if (!email) {
      throw new UsageError(`“${input}” is not an email address.`)
    }
    return createAccount(email, values['password-stdin'] ? await readPassword() : undefined)
  },
  format: ({ hasPassword, user }) =>
    hasPassword
      ? `Created the account ${user.email} with the given password. The owner is notified.`
      : `Created the account ${user.email}. The owner gets a code by email to set a password, and can sign in after that.`,
})

/** @param password undefined for an account without a usable password */
function createAccount(email: EmailAddress, password: string | undefined) {
  return withKeys(async ({ transaction, settings }) => {
    const { passwordMinLength: minLength, brandName } = settings
    const hasPassword = password !== undefined
    if (hasPassword) await ensureGoodPassword(password, { email: email.key, minLength, brandName })
    const passwordHash = hasPassword
      ? await (await createPasswordHasher({ concurrency: 1 })).hash(password)
      : unusablePassword()
    return transaction(async (tx) => {
      const newUser = { email, passwordHash, hasPassword }
      const id = await createUser(tx, newUser, commandLineCause())
      const user = await readUser(tx, settings, id)
      if (!user) throw accountNotFound(id)
      return { hasPassword, user }
    })
  })
}

/** Reads standard input, without the line break at its end. */
async function readPassword(): Promise<string> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await buffer(process.stdin))
    return text.replace(/\r?\n$/, '')
  } catch {
    throw new UsageError('The password on standard input is not valid UTF-8.')
  }
}
