import { turnOff } from '../../mfa/mfa-sign-in.ts'
import { defineCommand } from '../command.ts'
import { reasonHelp, reasonOption, requireReason, runAction } from './operator-action.ts'

export default defineCommand({
  description: 'turn MFA off for an owner who has lost all second factors',
  arguments: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ positionals: [idOrEmail = ''], values: { reason } }) =>
    runAction(idOrEmail, requireReason(reason), turnOff),
  format: ({ changed, user }) =>
    changed
      ? `MFA is now off for ${user.email}: the password alone signs in. The owner is notified and can undo it for seven days.`
      : `MFA was already off for ${user.email}. Nothing changed.`,
})
