import { turnOff } from '../../mfa/mfa-sign-in.ts'
import { command } from '../command.ts'
import { actOn, mustSayWhy, reasonHelp, reasonOption } from './acting.ts'

export default command({
  does: 'turn MFA off for an owner who has lost every second factor',
  takes: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ taken: [named = ''], values: { reason } }) =>
    actOn(named, mustSayWhy(reason), turnOff),
  show: ({ changed, user }) =>
    changed
      ? `MFA is off for ${user.email}: the password alone signs in. The owner is told, and can undo it for seven days.`
      : `MFA was off for ${user.email} already. Nothing was changed.`,
})
