import { availableParallelism } from 'node:os'
import { second } from '../lib/clock.ts'
import { owaspHashCost } from '../lib/password-hasher.ts'
import { findUnsafeSettings, type SettingProblem } from './production-checks.ts'
import type { Setting } from './setting.ts'
import { type ParsedSettings, type Settings, settingDefinitions } from './settings.ts'
import { validateSmsFrom } from './sms-url.ts'

/** All problems of the settings, as one sentence each. */
export class InvalidSettingsError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

type Environment = Record<string, string | undefined>

/**
 * Reads every setting and validates them together.
 *
 * @throws InvalidSettingsError with all problems at once
 */
export function readSettings(environment: Environment): Settings {
  const problems: SettingProblem[] = []
  const parsed = Object.fromEntries(
    Object.entries<Setting<unknown>>(settingDefinitions).map(([key, entry]) => {
      const { name, expected, secret } = entry
      const given = environment[name]
      if (given === undefined || given === '') return [key, entry.defaultValue]
      const value = entry.parse(given)
      if (value === undefined) {
        const shown = secret ? 'invalid' : `“${redactPassword(given)}”`
        problems.push({ name, sentence: `${name} is ${shown}. It must be ${expected}.` })
      }
      return [key, value]
    }),
  ) as ParsedSettings & { host: string; databaseUrl: string; brandName: string; brandColor: string }

  const publicUrl = parsed.publicUrl ?? new URL(`http://localhost:${parsed.port ?? 4000}`).origin
  const settings: Settings = {
    ...parsed,
    publicUrl,
    audience: parsed.audience ?? publicUrl,
    shutdownDelay: parsed.shutdownDelay ?? (parsed.mode === 'production' ? 2 : 0),
    hashConcurrency: availableParallelism() + 1,
    maxHashWaitMs: 2 * second,
    hashCost: owaspHashCost,
  }
  // A setting that could not be parsed is reported already.
  const reported = new Set(problems.map(({ name }) => name))
  const given = (name: SettingProblem['name']) => Boolean(environment[name])
  problems.push(...findContradictions(settings, given).filter(({ name }) => !reported.has(name)))
  if (problems.length > 0) throw new InvalidSettingsError(problems.map(({ sentence }) => sentence))
  return settings
}

/** Hides credentials: a URL may have been pasted into any setting. */
function redactPassword(input: string): string {
  return input.replace(/:\/\/[^/]*@/, '://…@')
}

function findContradictions(
  settings: Settings,
  isSet: (name: SettingProblem['name']) => boolean,
): SettingProblem[] {
  const { smsUrl, smsFrom, sessionIdleTimeout, sessionLifetime, mode } = settings
  const problems: SettingProblem[] = []
  if (isSet('LATCHKEY_SMTP_URL') && !isSet('LATCHKEY_MAIL_FROM')) {
    problems.push({
      name: 'LATCHKEY_MAIL_FROM',
      sentence: 'LATCHKEY_MAIL_FROM is missing. LATCHKEY_SMTP_URL requires a sender.',
    })
  }
  const smsProblem = smsUrl && validateSmsFrom(smsUrl, smsFrom)
  if (smsProblem) problems.push({ name: 'LATCHKEY_SMS_FROM', sentence: smsProblem })
  if (sessionIdleTimeout > sessionLifetime) {
    problems.push({
      name: 'LATCHKEY_SESSION_IDLE_TIMEOUT',
      sentence: 'LATCHKEY_SESSION_IDLE_TIMEOUT must not be longer than LATCHKEY_SESSION_LIFETIME.',
    })
  }
  if (settings.metricsPort !== undefined && settings.metricsPort === settings.port) {
    problems.push({
      name: 'LATCHKEY_METRICS_PORT',
      sentence:
        'LATCHKEY_METRICS_PORT equals LATCHKEY_PORT. Set another port, or unset it and set LATCHKEY_METRICS_TOKEN.',
    })
  }
  if (mode === 'production') problems.push(...findUnsafeSettings(settings))
  return problems
}

/** `LATCHKEY_…` variables that are not settings: probably typos. */
export function findUnknownSettings(environment: Environment): string[] {
  const known = new Set<string>(Object.values(settingDefinitions).map((entry) => entry.name))
  return Object.keys(environment).filter((name) => name.startsWith('LATCHKEY_') && !known.has(name))
}

/** A setting for display. `value` is undefined if the default applies, and never a secret. */
export interface SettingDescription {
  name: string
  default: string
  expected: string
  description: string
  value: string | undefined
}

export function describeSettings(environment: Environment = {}): SettingDescription[] {
  return Object.values<Setting<unknown>>(settingDefinitions).map((entry) => {
    const given = environment[entry.name] || undefined
    return {
      name: entry.name,
      default: entry.default,
      expected: entry.expected,
      description: entry.description,
      value: given && (entry.secret ? '(hidden)' : redactPassword(given)),
    }
  })
}
