import { describeSettings, InvalidSettingsError, readSettings } from '../config/read-settings.ts'
import type { Settings } from '../config/settings.ts'
import { defineCommand, exitCodes } from './command.ts'
import { computeDailyOdds, describeOdds } from './guessing-odds.ts'

/**
 * Lists every setting, even while some are invalid, which is when operators need the list. If all are
 * valid, it ends with the odds of guessing that they leave.
 */
export default defineCommand({
  description: 'list all settings: value, where it comes from, meaning',
  arguments: [],
  options: {},
  optionsHelp: {},
  async run({ envFileNames }) {
    const settings = describeSettings(process.env).map((one) => ({
      ...one,
      value: one.value ?? null,
      from:
        one.value === undefined ? 'default' : envFileNames.has(one.name) ? '.env' : 'environment',
    }))
    const result = readOrProblems()
    if (!Array.isArray(result)) return { settings, problems: [], odds: computeDailyOdds(result) }
    for (const problem of result) console.error(problem)
    return { settings, problems: result, odds: null }
  },
  format: ({ settings, odds }) =>
    [
      ...settings.map(({ name, value, from, default: fallback, description }) => {
        const state =
          value === null
            ? `not set; default: ${fallback}`
            : `set in ${from === 'environment' ? 'the environment' : from}: ${value}`
        return `${name}\n  ${state}\n  ${description}\n`
      }),
      ...(odds ? [describeOdds(readSettings(process.env))] : []),
    ].join('\n'),
  exitCode: ({ problems }) => (problems.length > 0 ? exitCodes.settings : 0),
})

function readOrProblems(): Settings | string[] {
  try {
    return readSettings(process.env)
  } catch (error) {
    if (error instanceof InvalidSettingsError) return error.problems
    throw error
  }
}
