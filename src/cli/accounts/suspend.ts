import { suspendAccount } from '../../admin/account-actions.ts'
import { defineCommand } from '../command.ts'
import { reasonHelp, reasonOption, requireReason, runAction } from './operator-action.ts'

export default defineCommand({
  description: 'let nobody into an account until it is restored',
  arguments: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ positionals: [idOrEmail = ''], values: { reason } }) =>
    runAction(idOrEmail, requireReason(reason), suspendAccount),
  format: ({ changed, user }) =>
    changed
      ? `${user.email} is suspended: everyone is signed out, and nobody gets in. The owner is told.`
      : `${user.email} was suspended already. Nothing was changed.`,
})
