import { instant, now } from '../../lib/clock.ts'
import { keysProblem, newKey } from '../../lib/keys.ts'
import { command, WrongUsage } from '../command.ts'

export default command({
  does: 'print a new encryption key for LATCHKEY_ENCRYPTION_KEYS',
  takes: ['id?'],
  options: {},
  optionsHelp: {},
  async run({ taken }) {
    const [id = `k${instant(now()).slice(0, 10).replaceAll('-', '')}`] = taken
    const key = newKey(id)
    if (keysProblem(key) !== undefined) {
      throw new WrongUsage('An id has 1 to 32 letters, digits, _ and -.')
    }
    console.log(key)
  },
})
