import { requirePasswordReset } from '../../admin/account-actions.ts'
import { defineCommand } from '../command.ts'
import { reasonHelp, reasonOption, runAction } from './operator-action.ts'

export default defineCommand({
  description: 'have somebody choose a new password, by a code that is mailed to them',
  arguments: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ positionals: [idOrEmail = ''], values: { reason } }) =>
    runAction(idOrEmail, reason, requirePasswordReset),
  format: ({ user }) =>
    `The old password of ${user.email} opens nothing any more, and everyone is signed out. The owner is told, and mailed a code for a new one.`,
})
