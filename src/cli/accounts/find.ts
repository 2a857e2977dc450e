import { findUsers } from '../../admin/users.ts'
import { defineCommand, exitCodes } from '../command.ts'
import { withKeys } from '../context.ts'
import { formatAccount } from './format-account.ts'

export default defineCommand({
  description: 'find accounts by their current or a recently replaced address',
  arguments: ['email'],
  options: {},
  optionsHelp: {},
  run: ({ positionals: [email = ''] }) =>
    withKeys(async ({ db, settings }) => ({ users: await findUsers(db, settings, email) })),
  format: ({ users }) =>
    users.length > 0
      ? users.map(formatAccount).join('\n\n')
      : 'No account has this address or had it within the last week.',
  exitCode: ({ users }) => (users.length > 0 ? 0 : exitCodes.failed),
})
