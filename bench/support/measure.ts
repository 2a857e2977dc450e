import type { BenchAccount } from './accounts.ts'
import { median } from './load.ts'
import type { Service } from './process.ts'
import type { Figure } from './table.ts'

/** The services and accounts that every benchmark uses. */
export interface BenchContext {
  /** With rate limits, as in production. */
  latchkey: Service
  /** Without rate limits, on a copy of the database. */
  unlimited: Service
  /** The minimal service that does the same work. */
  baseline: Service
  /** The keys that verify Latchkey's tokens, as JSON. */
  jwks: string
  accounts: BenchAccount[]
}

/** A benchmark: each round measures the service and its baseline. */
export interface Benchmark<Name extends string> {
  round(bench: BenchContext): Promise<Record<Name, number>>
  /** @param medians over all rounds, also of the ratios, which are computed in each round */
  figures(medians: Record<Name, number>): Figure[]
}

export function medians<Name extends string>(rounds: Record<Name, number>[]): Record<Name, number> {
  const names = Object.keys(rounds[0] ?? {}) as Name[]
  return Object.fromEntries(
    names.map((name) => [name, median(rounds.map((round) => round[name]))]),
  ) as Record<Name, number>
}
