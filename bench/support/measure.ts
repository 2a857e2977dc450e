import type { BenchAccount } from './accounts.ts'
import { median } from './load.ts'
import type { Service } from './process.ts'
import type { Figure } from './table.ts'

/** What every measure works with. */
export interface BenchContext {
  latchkey: Service
  /** The least that could do the same work. */
  baseline: Service
  /** The keys that verify Latchkey's tokens, as JSON. */
  jwks: string
  accounts: BenchAccount[]
}

/** Something measured in rounds, beside its limit each time. */
export interface Benchmark<Name extends string> {
  round(bench: BenchContext): Promise<Record<Name, number>>
  /** @param medians of all rounds, a ratio's too: it belongs to its round */
  figures(medians: Record<Name, number>): Figure[]
}

export function medians<Name extends string>(rounds: Record<Name, number>[]): Record<Name, number> {
  const names = Object.keys(rounds[0] ?? {}) as Name[]
  return Object.fromEntries(
    names.map((name) => [name, median(rounds.map((round) => round[name]))]),
  ) as Record<Name, number>
}
