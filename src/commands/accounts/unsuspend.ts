import { restore } from '../../admin/acts.ts'
import { command } from '../command.ts'
import { actOn, reasonHelp, reasonOption } from './acting.ts'

export default command({
  does: 'open a suspended account again',
  takes: ['account'],
  options: reasonOption,
  optionsHelp: reasonHelp,
  run: async ({ taken: [named = ''], values: { reason } }) => actOn(named, reason, restore),
  show: ({ changed, user }) =>
    changed
      ? `${user.email} can sign in again. The owner is told. Sessions of before stay ended.`
      : `${user.email} was not suspended. Nothing was changed.`,
})
