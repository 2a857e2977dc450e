import { setAdmin } from '../../admin/admins.ts'
import { command } from '../command.ts'
import { type Acted, actOn } from './acting.ts'

export default command({
  does: 'let an account’s owner help other people, by the calls under /admin',
  takes: ['account'],
  options: { remove: { type: 'boolean' } },
  optionsHelp: { remove: 'let them no longer' },
  run: async ({ taken: [named = ''], values: { remove = false } }) =>
    actOn(named, undefined, (tx, keys, account, cause) =>
      setAdmin(tx, keys, account, cause, !remove),
    ),
  show: ({ changed, user }: Acted) => {
    const { email, adminSince } = user
    const what = adminSince === null ? 'no operator' : 'an operator'
    return changed
      ? `${email} is ${what} from now on. The owner is told.`
      : `${email} was ${what} already. Nothing was changed.`
  },
})
