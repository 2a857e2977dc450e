import { suspendAccount } from '../../admin/account-actions.ts'
import { defineCommand } from '../command.ts'
import { reasonHelp, reasonOption, requireReason, runAction } from './operator-action.ts'

export default defineCommand({
  description: 'suspend an account: nobody can sign in until it is unsuspended',
  arguments: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ positionals: [idOrEmail = ''], values: { reason } }) =>
    runAction(idOrEmail, requireReason(reason), suspendAccount),
  format: ({ changed, user }) =>
    changed
      ? `${user.email} is suspended: its sessions have ended, and nobody can sign in. The owner is notified.`
      : `${user.email} was already suspended. Nothing changed.`,
})
