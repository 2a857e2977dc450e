import { isIP } from 'node:net'

/**
 * One kind of value. `parse` returns undefined for what it cannot take; `expected` says in words
 * what it can.
 */
export interface Kind<Value> {
  expected: string
  parse(given: string): Value | undefined
}

export interface Setting<Value> extends Kind<Value> {
  name: `LATCHKEY_${string}`
  /** In words: what holds when it is not given. */
  default: string
  meaning: string
  fallback: Value
  /** Never shown, neither in output nor in errors. */
  secret: boolean
}

export function setting<Value>(
  name: Setting<Value>['name'],
  kind: Kind<Value>,
  fallback: NoInfer<Value>,
  about: { meaning: string; default?: string; secret?: boolean },
): Setting<Value> {
  const { meaning, secret = false } = about
  return { ...kind, name, fallback, meaning, secret, default: about.default ?? String(fallback) }
}

export const choice = <const Value extends string>(...values: Value[]): Kind<Value> => ({
  expected: `one of ${values.join(', ')}`,
  parse: (given) => values.find((value) => value === given),
})

export const wholeNumber = (from: number, to: number): Kind<number> => ({
  expected: `a whole number from ${from.toLocaleString('en')} to ${to.toLocaleString('en')}`,
  parse(given) {
    const number = /^[0-9]{1,15}$/.test(given) ? Number(given) : Number.NaN
    return number >= from && number <= to ? number : undefined
  },
})

export const text = (pattern: RegExp, expected: string): Kind<string | undefined> => ({
  expected,
  parse: (given) => (pattern.test(given) ? given : undefined),
})

/** A value whose own module knows what is wrong with it. */
export const checked = (
  problem: (given: string) => string | undefined,
  expected: string,
): Kind<string | undefined> => ({
  expected,
  parse: (given) => (problem(given) === undefined ? given : undefined),
})

export const origin: Kind<string | undefined> = {
  expected: 'an address such as https://accounts.example.com, without a path',
  parse(given) {
    const url = URL.parse(given)
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined
    return url.pathname === '/' && !url.search && !url.hash ? url.origin : undefined
  },
}

export const origins: Kind<readonly string[]> = {
  expected: 'addresses such as https://app.example.com, without a path, separated by commas',
  parse(given) {
    const all = given.split(',').map((one) => origin.parse(one.trim()))
    return all.every((one) => one !== undefined) ? all : undefined
  },
}

/** Not opened here: only whether it can be one. */
export const database: Kind<string | undefined> = {
  expected: '`sqlite:<file>` or `postgres://user:password@host/database`',
  parse(given) {
    // A database in memory would be gone with the process, and everybody's account with it.
    if (given.startsWith('sqlite:')) return /^sqlite:[^:]/.test(given) ? given : undefined
    return /^postgres(ql)?:\/\/./.test(given) && URL.canParse(given) ? given : undefined
  },
}

/** Looked for when the service starts, not here. */
export const picture: Kind<string | undefined> = {
  expected: 'the path of an SVG or PNG file',
  parse: (given) => (/\.(svg|png)$/i.test(given) ? given : undefined),
}

export const color: Kind<string> = {
  expected: 'a colour such as #17603c',
  parse: (given) => (/^#[0-9a-f]{6}$/i.test(given) ? given.toLowerCase() : undefined),
}

export const proxies: Kind<readonly string[]> = {
  expected: '`off`, or addresses or ranges such as 10.0.0.0/8, separated by commas',
  parse(given) {
    if (given === 'off') return []
    const ranges = given.split(',').map((range) => range.trim())
    return ranges.every(isRange) ? ranges : undefined
  },
}

function isRange(range: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/([1-9][0-9]{0,2}))?$/.exec(range) ?? []
  const most = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  return most > 0 && (bits === undefined || Number(bits) <= most)
}
