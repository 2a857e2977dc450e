import { isIP } from 'node:net'

/**
 * One kind of value. `parse` returns undefined for what it cannot take; `expected` says in words
 * what it can.
 */
export interface SettingType<Value> {
  expected: string
  parse(input: string): Value | undefined
}

export interface Setting<Value> extends SettingType<Value> {
  name: `LATCHKEY_${string}`
  /** In words: what holds when it is not given. */
  default: string
  description: string
  defaultValue: Value
  /** Never shown, neither in output nor in errors. */
  secret: boolean
}

export function defineSetting<Value>(
  name: Setting<Value>['name'],
  type: SettingType<Value>,
  defaultValue: NoInfer<Value>,
  details: { description: string; default?: string; secret?: boolean },
): Setting<Value> {
  const { description, secret = false } = details
  return {
    ...type,
    name,
    defaultValue,
    description,
    secret,
    default: details.default ?? String(defaultValue),
  }
}

export const choice = <const Value extends string>(...values: Value[]): SettingType<Value> => ({
  expected: `one of ${values.join(', ')}`,
  parse: (input) => values.find((value) => value === input),
})

export const wholeNumber = (min: number, max: number): SettingType<number> => ({
  expected: `a whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`,
  parse(input) {
    const number = /^[0-9]{1,15}$/.test(input) ? Number(input) : Number.NaN
    return number >= min && number <= max ? number : undefined
  },
})

export const text = (pattern: RegExp, expected: string): SettingType<string | undefined> => ({
  expected,
  parse: (input) => (pattern.test(input) ? input : undefined),
})

/** A value whose own module knows what is wrong with it. */
export const validated = (
  validate: (input: string) => string | undefined,
  expected: string,
): SettingType<string | undefined> => ({
  expected,
  parse: (input) => (validate(input) === undefined ? input : undefined),
})

export const origin: SettingType<string | undefined> = {
  expected: 'an address such as https://accounts.example.com, without a path',
  parse(input) {
    const url = URL.parse(input)
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined
    return url.pathname === '/' && !url.search && !url.hash ? url.origin : undefined
  },
}

export const origins: SettingType<readonly string[]> = {
  expected: 'addresses such as https://app.example.com, without a path, separated by commas',
  parse(input) {
    const all = input.split(',').map((one) => origin.parse(one.trim()))
    return all.every((one) => one !== undefined) ? all : undefined
  },
}

/** Not opened here: only whether it can be one. */
export const databaseUrl: SettingType<string | undefined> = {
  expected: '`sqlite:<file>` or `postgres://user:password@host/database`',
  parse(input) {
    // A database in memory would be gone with the process, and everybody's account with it.
    if (input.startsWith('sqlite:')) return /^sqlite:[^:]/.test(input) ? input : undefined
    return /^postgres(ql)?:\/\/./.test(input) && URL.canParse(input) ? input : undefined
  },
}

/** Looked for when the service starts, not here. */
export const imagePath: SettingType<string | undefined> = {
  expected: 'the path of an SVG or PNG file',
  parse: (input) => (/\.(svg|png)$/i.test(input) ? input : undefined),
}

export const color: SettingType<string> = {
  expected: 'a colour such as #17603c',
  parse: (input) => (/^#[0-9a-f]{6}$/i.test(input) ? input.toLowerCase() : undefined),
}

export const ipRanges: SettingType<readonly string[]> = {
  expected: '`off`, or addresses or ranges such as 10.0.0.0/8, separated by commas',
  parse(input) {
    if (input === 'off') return []
    const ranges = input.split(',').map((range) => range.trim())
    return ranges.every(isIpRange) ? ranges : undefined
  },
}

function isIpRange(range: string): boolean {
  const [, ipAddress = '', bits] = /^([^/]+)(?:\/([1-9][0-9]{0,2}))?$/.exec(range) ?? []
  const maxBits = { 0: 0, 4: 32, 6: 128 }[isIP(ipAddress)] ?? 0
  return maxBits > 0 && (bits === undefined || Number(bits) <= maxBits)
}
