import { describeOdds, oddsPerDay } from '../odds.ts'
import { describeSettings, readSettings, UnusableSettings } from '../read-settings.ts'
import type { Settings } from '../settings.ts'
import { command, exit } from './command.ts'

/**
 * Shows every setting, also while some are wrong: that is when one looks. If all are right, it ends
 * with what they leave to guessing.
 */
export default command({
  does: 'list every setting: what it is now, where that is from, what it means',
  takes: [],
  options: {},
  optionsHelp: {},
  async run({ fromEnvFile }) {
    const settings = describeSettings(process.env).map((one) => ({
      ...one,
      value: one.value ?? null,
      from:
        one.value === undefined ? 'default' : fromEnvFile.has(one.name) ? '.env' : 'environment',
    }))
    const read = readOrProblems()
    if (!Array.isArray(read)) return { settings, problems: [], odds: oddsPerDay(read) }
    for (const problem of read) console.error(problem)
    return { settings, problems: read, odds: null }
  },
  show: ({ settings, odds }) =>
    [
      ...settings.map(({ name, value, from, default: fallback, meaning }) => {
        const now =
          value === null
            ? `not set; default: ${fallback}`
            : `set in ${from === 'environment' ? 'the environment' : from}: ${value}`
        return `${name}\n  ${now}\n  ${meaning}\n`
      }),
      ...(odds ? [describeOdds(readSettings(process.env))] : []),
    ].join('\n'),
  exitCode: ({ problems }) => (problems.length > 0 ? exit.settings : 0),
})

function readOrProblems(): Settings | string[] {
  try {
    return readSettings(process.env)
  } catch (error) {
    if (error instanceof UnusableSettings) return error.problems
    throw error
  }
}
