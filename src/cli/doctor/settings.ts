import {
  describeSettings,
  findUnknownSettings,
  InvalidSettingsError,
  readSettings,
} from '../../config/read-settings.ts'
import type { Settings } from '../../config/settings.ts'
import { isSignUpPolicyChosen, signUpPolicyOf } from '../../config/sign-up-policy.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

type Environment = Record<string, string | undefined>

/** Loads and checks all settings. Without them no other check can run. */
export function checkSettings(environment: Environment): {
  settings?: Settings
  findings: Finding[]
} {
  const unknown = findUnknownSettings(environment).map((name) =>
    warn(
      'settings',
      `${name} is not a setting of this version.`,
      'Check its spelling: “latchkey settings” lists all.',
    ),
  )
  try {
    const settings = readSettings(environment)
    const all = describeSettings(environment)
    const set = all.filter(({ value }) => value !== undefined).length
    const summary = ok(
      'settings',
      `All are valid: ${set} of ${all.length} are set, for ${settings.mode}.`,
    )
    const signUp = ok('sign-up', whoMaySignUp(settings))
    return { settings, findings: [summary, signUp, ...unknown] }
  } catch (error) {
    if (!(error instanceof InvalidSettingsError)) throw error
    const todo = 'Correct it, then run this again for all other checks.'
    const failures = error.problems.map((problem) => fail('settings', problem, todo))
    return { findings: [...failures, ...unknown] }
  }
}

function whoMaySignUp(settings: Settings): string {
  const policy = signUpPolicyOf(settings)
  if (policy.kind === 'invitation') return 'Nobody can sign up without an invitation.'
  if (policy.kind === 'domains') {
    return `Addresses of ${policy.domains.join(', ')} can sign up; others need an invitation.`
  }
  return isSignUpPolicyChosen(settings)
    ? 'Anyone can sign up.'
    : 'Anyone can sign up: LATCHKEY_SIGN_UP is not set.'
}
