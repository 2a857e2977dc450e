import { unsuspendAccount } from '../../admin/account-actions.ts'
import { defineCommand } from '../command.ts'
import { reasonHelp, reasonOption, runAction } from './operator-action.ts'

export default defineCommand({
  description: 'lift the suspension of an account',
  arguments: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ positionals: [idOrEmail = ''], values: { reason } }) =>
    runAction(idOrEmail, reason, unsuspendAccount),
  format: ({ changed, user }) =>
    changed
      ? `${user.email} can sign in again. The owner is notified. Ended sessions stay ended.`
      : `${user.email} was not suspended. Nothing changed.`,
})
