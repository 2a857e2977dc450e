import { availableParallelism } from 'node:os'
import { second } from './lib/clock.ts'
import type { Setting } from './lib/setting.ts'
import { smsFromProblem } from './messages/sms.ts'
import { type Read, type Settings, table } from './settings.ts'
import { type SettingProblem, unsafe } from './unsafe-settings.ts'

/** Everything that is wrong with the settings, a sentence each. */
export class UnusableSettings extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

type Environment = Record<string, string | undefined>

/**
 * Reads every setting and checks them as a whole.
 *
 * @throws UnusableSettings with everything that is wrong at once
 */
export function readSettings(environment: Environment): Settings {
  const problems: SettingProblem[] = []
  const read = Object.fromEntries(
    Object.entries<Setting<unknown>>(table).map(([key, entry]) => {
      const { name, expected, secret } = entry
      const given = environment[name]
      if (given === undefined || given === '') return [key, entry.fallback]
      const value = entry.parse(given)
      if (value === undefined) {
        const shown = secret ? 'not usable' : `“${withoutPassword(given)}”`
        problems.push({ name, sentence: `${name} is ${shown}. It must be ${expected}.` })
      }
      return [key, value]
    }),
  ) as Read & { host: string; databaseUrl: string; brandName: string; brandColor: string }

  const publicUrl = read.publicUrl ?? new URL(`http://localhost:${read.port ?? 4000}`).origin
  const settings: Settings = {
    ...read,
    publicUrl,
    audience: read.audience ?? publicUrl,
    shutdownDelay: read.shutdownDelay ?? (read.mode === 'production' ? 2 : 0),
    hashesAtOnce: availableParallelism(),
    longestHashWaitMs: 2 * second,
  }
  // What can't be read at all is named already.
  const named = new Set(problems.map(({ name }) => name))
  const given = (name: SettingProblem['name']) => Boolean(environment[name])
  problems.push(...contradictions(settings, given).filter(({ name }) => !named.has(name)))
  if (problems.length > 0) throw new UnusableSettings(problems.map(({ sentence }) => sentence))
  return settings
}

/** Some paste a whole URL where none belongs. */
function withoutPassword(given: string): string {
  return given.replace(/:\/\/[^/]*@/, '://…@')
}

function contradictions(
  settings: Settings,
  given: (name: SettingProblem['name']) => boolean,
): SettingProblem[] {
  const {
    smsUrl,
    smsFrom,
    sessionIdleTimeout: sessionIdle,
    sessionLifetime: sessionMax,
    mode,
  } = settings
  const problems: SettingProblem[] = []
  if (given('LATCHKEY_SMTP_URL') && !given('LATCHKEY_MAIL_FROM')) {
    problems.push({
      name: 'LATCHKEY_MAIL_FROM',
      sentence: 'LATCHKEY_MAIL_FROM is missing. With LATCHKEY_SMTP_URL, mail needs a sender.',
    })
  }
  const smsProblem = smsUrl && smsFromProblem(smsUrl, smsFrom)
  if (smsProblem) problems.push({ name: 'LATCHKEY_SMS_FROM', sentence: smsProblem })
  if (sessionIdle > sessionMax) {
    problems.push({
      name: 'LATCHKEY_SESSION_IDLE_TIMEOUT',
      sentence:
        'LATCHKEY_SESSION_IDLE_TIMEOUT is longer than LATCHKEY_SESSION_LIFETIME. It must not be.',
    })
  }
  if (settings.metricsPort !== undefined && settings.metricsPort === settings.port) {
    problems.push({
      name: 'LATCHKEY_METRICS_PORT',
      sentence:
        'LATCHKEY_METRICS_PORT is LATCHKEY_PORT. Give it another port, or leave it out and give LATCHKEY_METRICS_TOKEN.',
    })
  }
  if (mode === 'production') problems.push(...unsafe(settings))
  return problems
}

/** Names that look like settings and are none: most likely a slip. */
export function unknownSettings(environment: Environment): string[] {
  const known = new Set<string>(Object.values(table).map((entry) => entry.name))
  return Object.keys(environment).filter((name) => name.startsWith('LATCHKEY_') && !known.has(name))
}

/** One setting, described; `value` as given, undefined where the default holds, and never a secret. */
export interface DescribedSetting {
  name: string
  default: string
  expected: string
  meaning: string
  value: string | undefined
}

export function describeSettings(environment: Environment = {}): DescribedSetting[] {
  return Object.values<Setting<unknown>>(table).map((entry) => {
    const given = environment[entry.name] || undefined
    return {
      name: entry.name,
      default: entry.default,
      expected: entry.expected,
      meaning: entry.meaning,
      value: given && (entry.secret ? '(hidden)' : withoutPassword(given)),
    }
  })
}
