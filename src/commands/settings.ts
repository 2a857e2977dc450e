import { describeOdds } from '../odds.ts'
import { describeSettings, readSettings } from '../read-settings.ts'
import { command } from './command.ts'

/**
 * Shows every setting, also while some are wrong: that is when one looks. If all are right, it ends
 * with what they leave to guessing.
 */
export default command({
  does: 'list every setting: what it is now, what it means',
  takes: [],
  options: {},
  optionsHelp: {},
  async run() {
    for (const { name, value, default: fallback, meaning } of describeSettings(process.env)) {
      const now = value === undefined ? `not set; default: ${fallback}` : `set: ${value}`
      console.log(`${name}\n  ${now}\n  ${meaning}\n`)
    }
    console.log(describeOdds(readSettings(process.env)))
  },
})
