import { requirePasswordReset } from '../../admin/account-actions.ts'
import { defineCommand } from '../command.ts'
import { reasonHelp, reasonOption, runAction } from './operator-action.ts'

export default defineCommand({
  description: 'void an account’s password and email its owner a code to set a new one',
  arguments: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ positionals: [idOrEmail = ''], values: { reason } }) =>
    runAction(idOrEmail, reason, requirePasswordReset),
  format: ({ user }) =>
    `The password of ${user.email} is void, and all its sessions have ended. The owner gets a code by email to set a new one.`,
})
