import { turnOff } from '../../mfa/mfa-sign-in.ts'
import { defineCommand } from '../command.ts'
import { reasonHelp, reasonOption, requireReason, runAction } from './operator-action.ts'

export default defineCommand({
  description: 'turn MFA off for an owner who has lost every second factor',
  arguments: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ positionals: [idOrEmail = ''], values: { reason } }) =>
    runAction(idOrEmail, requireReason(reason), turnOff),
  format: ({ changed, user }) =>
    changed
      ? `MFA is off for ${user.email}: the password alone signs in. The owner is told, and can undo it for seven days.`
      : `MFA was off for ${user.email} already. Nothing was changed.`,
})
