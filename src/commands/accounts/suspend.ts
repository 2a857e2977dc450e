import { suspend } from '../../admin/acts.ts'
import { command } from '../command.ts'
import { actOn, mustSayWhy, reasonHelp, reasonOption } from './acting.ts'

export default command({
  does: 'let nobody into an account until it is restored',
  takes: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ taken: [named = ''], values: { reason } }) =>
    actOn(named, mustSayWhy(reason), suspend),
  show: ({ changed, user }) =>
    changed
      ? `${user.email} is suspended: everyone is signed out, and nobody gets in. The owner is told.`
      : `${user.email} was suspended already. Nothing was changed.`,
})
