import { copyDatabase } from '../support/accounts.ts'
import type { BenchContext, Benchmark } from '../support/measure.ts'
import { newDatabasePath, startBaseline, startLatchkey } from '../support/process.ts'
import { atMost, formatMs, formatRatio } from '../support/table.ts'

/** From the start of the process to its first response, on an existing database. */
export const start: Benchmark<'start' | 'minimal' | 'ratio'> = {
  async round({ baseline, jwks }: BenchContext) {
    const database = copyDatabase(baseline.database, newDatabasePath())
    const minimal = await startBaseline(database, jwks)
    await minimal.stop()
    const latchkey = await startLatchkey(database)
    await latchkey.stop()
    return {
      start: latchkey.startMs,
      minimal: minimal.startMs,
      ratio: latchkey.startMs / minimal.startMs,
    }
  },

  figures: ({ start, minimal, ratio }) => [
    {
      name: 'start to first response / node:http and node:sqlite',
      value: formatMs(start),
      baseline: formatMs(minimal),
      ratio: formatRatio(ratio),
      goal: atMost(2, ratio),
    },
  ],
}
