import { findAccountId, readUser } from '../../admin/users.ts'
import { defineCommand } from '../command.ts'
import { withKeys } from '../context.ts'
import { formatAccount } from './format-account.ts'
import { accountNotFound } from './operator-action.ts'

export default defineCommand({
  description: 'show an account: how it signs in, its sessions and its state',
  arguments: ['account'],
  options: {},
  optionsHelp: {},
  run: ({ positionals: [idOrEmail = ''] }) =>
    withKeys(async ({ db, settings }) => {
      const id = await findAccountId(db, idOrEmail)
      const user = id === undefined ? undefined : await readUser(db, settings, id)
      if (!user) throw accountNotFound(idOrEmail)
      return user
    }),
  format: formatAccount,
})
