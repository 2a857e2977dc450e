import { unsuspendAccount } from '../../admin/account-actions.ts'
import { defineCommand } from '../command.ts'
import { reasonHelp, reasonOption, runAction } from './operator-action.ts'

export default defineCommand({
  description: 'open a suspended account again',
  arguments: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ positionals: [idOrEmail = ''], values: { reason } }) =>
    runAction(idOrEmail, reason, unsuspendAccount),
  format: ({ changed, user }) =>
    changed
      ? `${user.email} can sign in again. The owner is told. Sessions of before stay ended.`
      : `${user.email} was not suspended. Nothing was changed.`,
})
