import { findUsers } from '../../admin/users.ts'
import { command, exit } from '../command.ts'
import { inHouse } from '../house.ts'
import { shown } from './shown.ts'

export default command({
  does: 'find accounts by address, also by one of before a change',
  takes: ['email'],
  options: {},
  optionsHelp: {},
  run: ({ taken: [email = ''] }) =>
    inHouse(async ({ db, settings }) => ({ users: await findUsers(db, settings, email) })),
  show: ({ users }) =>
    users.length > 0
      ? users.map(shown).join('\n\n')
      : 'No account has this address, or had it within the last week.',
  exitCode: ({ users }) => (users.length > 0 ? 0 : exit.failed),
})
