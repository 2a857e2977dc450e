import { buffer } from 'node:stream/consumers'
import { ensureGoodPassword } from '../../accounts/password/rules.ts'
import { createUser } from '../../admin/new-user.ts'
import { readUser } from '../../admin/users.ts'
import { type EmailAddress, parseEmailAddress } from '../../lib/email-address.ts'
import { createPasswords, noPassword } from '../../lib/passwords.ts'
import { transaction } from '../../store/transaction.ts'
import { command, WrongUsage } from '../command.ts'
import { inHouse } from '../house.ts'
import { fromCommandLine, unknown } from './acting.ts'

export default command({
  does: 'make an account for somebody, who is mailed a code to set a password',
  takes: ['email'],
  options: { 'password-stdin': { type: 'boolean' } },
  optionsHelp: { 'password-stdin': 'set its first password to what comes on standard input' },
  async run({ taken: [written = ''], values }) {
    const email = parseEmailAddress(written)
    if (!email) {
      throw new WrongUsage(`“${written}” is no email address that mail can be sent to.`)
    }
    return create(email, values['password-stdin'] ? await typedPassword() : undefined)
  },
  show: ({ hasPassword, user }) =>
    hasPassword
      ? `${user.email} has an account, with the password that you gave. The owner is told.`
      : `${user.email} has an account. The owner is mailed a code to set a password; nobody signs in before.`,
})

/** @param password undefined for one that nobody knows */
function create(email: EmailAddress, password: string | undefined) {
  return inHouse(async ({ db, keys, settings }) => {
    const { passwordMinLength: minLength, brandName } = settings
    const hasPassword = password !== undefined
    if (hasPassword) await ensureGoodPassword(password, { email: email.key, minLength, brandName })
    const passwordHash = hasPassword
      ? await (await createPasswords(1)).hash(password)
      : noPassword()
    return transaction(db, async (tx) => {
      const given = { email, passwordHash, known: hasPassword }
      const id = await createUser(tx, keys, given, fromCommandLine())
      const user = await readUser(tx, settings, id)
      if (!user) throw unknown(id)
      return { hasPassword, user }
    })
  })
}

/** All of standard input, but for the line break that ends it. */
async function typedPassword(): Promise<string> {
  try {
    const typed = new TextDecoder('utf-8', { fatal: true }).decode(await buffer(process.stdin))
    return typed.replace(/\r?\n$/, '')
  } catch {
    throw new WrongUsage('The password on standard input is not valid UTF-8.')
  }
}
