import { isIP } from 'node:net'

/** The type of a setting. `parse` returns undefined for invalid input; `expected` describes valid input. */
export interface SettingType<Value> {
  expected: string
  parse(input: string): Value | undefined
}

export interface Setting<Value> extends SettingType<Value> {
  name: `LATCHKEY_${string}`
  /** The default in words. */
  default: string
  description: string
  defaultValue: Value
  /** Hidden in output and errors. */
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
  expected: `a whole number from ${formatWhole(min)} to ${formatWhole(max)}`,
  parse(input) {
    const number = /^[0-9]{1,15}$/.test(input) ? Number(input) : Number.NaN
    return number >= min && number <= max ? number : undefined
  },
})

/** `1,000` for 1000. Not by `toLocaleString`, which loads data for a twentieth of a start. */
function formatWhole(number: number): string {
  return String(number).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

export const text = (pattern: RegExp, expected: string): SettingType<string | undefined> => ({
  expected,
  parse: (input) => (pattern.test(input) ? input : undefined),
})

/** A value checked by its own module’s `validate…` function. */
export const validated = (
  validate: (input: string) => string | undefined,
  expected: string,
): SettingType<string | undefined> => ({
  expected,
  parse: (input) => (validate(input) === undefined ? input : undefined),
})

export const origin: SettingType<string | undefined> = {
  expected: 'an origin such as https://accounts.example.com, without a path',
  parse(input) {
    const url = URL.parse(input)
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined
    return url.pathname === '/' && !url.search && !url.hash ? url.origin : undefined
  },
}

export const origins: SettingType<readonly string[]> = {
  expected: 'origins such as https://app.example.com, separated by commas',
  parse(input) {
    const parsed = input.split(',').map((item) => origin.parse(item.trim()))
    return parsed.every((item) => item !== undefined) ? parsed : undefined
  },
}

/** Hosts as the URL parser writes them, so that they compare with those of URLs. */
export const hosts: SettingType<readonly string[]> = {
  expected: 'names or addresses of hosts such as grafana.internal, separated by commas',
  parse(input) {
    const items = input.split(',').map((item) => item.trim().toLowerCase())
    return items.every((item) => URL.parse(`http://${item}/`)?.hostname === item)
      ? items
      : undefined
  },
}

/** Checks the form only; does not open the database. */
export const databaseUrl: SettingType<string | undefined> = {
  expected: '`sqlite:<file>` or `postgres://user:password@host/database`',
  parse(input) {
    // No in-memory database: it would lose every account with the process.
    if (input.startsWith('sqlite:')) return /^sqlite:[^:]/.test(input) ? input : undefined
    return /^postgres(ql)?:\/\/./.test(input) && URL.canParse(input) ? input : undefined
  },
}

/** Checks the form only; the start of the service reads the file. */
export const imagePath: SettingType<string | undefined> = {
  expected: 'the path of an SVG or PNG file',
  parse: (input) => (/\.(svg|png)$/i.test(input) ? input : undefined),
}

export const color: SettingType<string> = {
  expected: 'a colour such as #17603c',
  parse: (input) => (/^#[0-9a-f]{6}$/i.test(input) ? input.toLowerCase() : undefined),
}

export const ipRanges: SettingType<readonly string[] | undefined> = {
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
