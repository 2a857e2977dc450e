import { signOutEverywhere } from '../../admin/acts.ts'
import { command } from '../command.ts'
import { actOn, reasonHelp, reasonOption } from './acting.ts'

export default command({
  does: 'sign somebody out everywhere, and trust none of their devices',
  takes: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ taken: [named = ''], values: { reason } }) =>
    actOn(named, reason, signOutEverywhere),
  show: ({ changed, user }) =>
    changed
      ? `${user.email} is signed out everywhere, and no device is trusted. The owner is told.`
      : `${user.email} was signed in nowhere. Nothing was changed.`,
})
