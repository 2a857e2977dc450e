import { idOf, readUser } from '../../admin/users.ts'
import { command } from '../command.ts'
import { inHouse } from '../house.ts'
import { unknown } from './acting.ts'
import { shown } from './shown.ts'

export default command({
  does: 'show an account: how it signs in, and since when it is what it is',
  takes: ['account'],
  options: {},
  optionsHelp: {},
  run: ({ taken: [named = ''] }) =>
    inHouse(async ({ db, settings }) => {
      const id = await idOf(db, named)
      const user = id === undefined ? undefined : await readUser(db, settings, id)
      if (!user) throw unknown(named)
      return user
    }),
  show: shown,
})
