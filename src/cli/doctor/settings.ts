import {
  describeSettings,
  findUnknownSettings,
  InvalidSettingsError,
  readSettings,
} from '../../config/read-settings.ts'
import type { Settings } from '../../config/settings.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

type Environment = Record<string, string | undefined>

/** The settings as a whole. Without them there is nothing else to look at. */
export function checkSettings(environment: Environment): {
  settings?: Settings
  findings: Finding[]
} {
  const unknown = findUnknownSettings(environment).map((name) =>
    warn(
      'settings',
      `${name} is not a setting of this version.`,
      'Look how it is spelt: latchkey settings.',
    ),
  )
  try {
    const settings = readSettings(environment)
    const all = describeSettings(environment)
    const set = all.filter(({ value }) => value !== undefined).length
    const summary = ok(
      'settings',
      `All fit together: ${set} of ${all.length} are set, for ${settings.mode}.`,
    )
    return { settings, findings: [summary, ...unknown] }
  } catch (error) {
    if (!(error instanceof InvalidSettingsError)) throw error
    const todo = 'Put it right, then run this again: the rest can’t be looked at before.'
    const failures = error.problems.map((problem) => fail('settings', problem, todo))
    return { findings: [...failures, ...unknown] }
  }
}
