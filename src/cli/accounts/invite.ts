import { createInvitation } from '../../accounts/invitations/invitation.ts'
import { parseGroups, parseName } from '../../accounts/profile-fields.ts'
import { parseEmailAddress } from '../../lib/email-address.ts'
import { isLanguage, languages } from '../../lib/language.ts'
import { defineCommand, UsageError } from '../command.ts'
import { withKeys } from '../context.ts'
import { commandLineCause } from './operator-action.ts'

export default defineCommand({
  description: 'email somebody a link to create an account, for a week',
  arguments: ['email'],
  options: {
    name: { type: 'string' },
    group: { type: 'string', multiple: true },
    language: { type: 'string' },
  },
  optionsHelp: {
    name: 'the display name that the account will have',
    group: 'a group that the account will have; may be repeated',
    language: `the language of the email: ${languages.join(' or ')}`,
  },
  async run({ positionals: [input = ''], values }) {
    const email = parseEmailAddress(input)
    if (!email) throw new UsageError(`“${input}” is not an email address.`)
    const { language = languages[0] } = values
    if (!isLanguage(language)) {
      throw new UsageError(`--language must be ${languages.join(' or ')}.`)
    }
    const name = values.name === undefined ? undefined : parseName(values.name)
    const groups = parseGroups(values.group ?? [])
    return withKeys(({ transaction }) =>
      transaction((tx) =>
        createInvitation(tx, { email, name, groups, language }, commandLineCause()),
      ),
    )
  },
  format: ({ email, groups, expiresAt }) =>
    [
      `Invited ${email}. The link in the email works until ${expiresAt}.`,
      ...(groups.length > 0 ? [`Groups: ${groups.join(', ')}.`] : []),
    ].join('\n'),
})
