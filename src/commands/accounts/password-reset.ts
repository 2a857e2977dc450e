import { demandNewPassword } from '../../admin/acts.ts'
import { command } from '../command.ts'
import { actOn, reasonHelp, reasonOption } from './acting.ts'

export default command({
  does: 'have somebody choose a new password, by a code that is mailed to them',
  takes: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ taken: [named = ''], values: { reason } }) =>
    actOn(named, reason, demandNewPassword),
  show: ({ user }) =>
    `The old password of ${user.email} opens nothing any more, and everyone is signed out. The owner is told, and mailed a code for a new one.`,
})
