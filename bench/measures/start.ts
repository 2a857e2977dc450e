import { copyDatabase } from '../support/accounts.ts'
import type { BenchContext, Benchmark } from '../support/measure.ts'
import { newDatabasePath, startBaseline, startLatchkey } from '../support/process.ts'
import { atMost, formatMs, formatRatio } from '../support/table.ts'

/** From starting the process to its first answer, on a database that is there already. */
export const start: Benchmark<'start' | 'bare' | 'ratio'> = {
  async round({ baseline, jwks }: BenchContext) {
    const database = copyDatabase(baseline.database, newDatabasePath())
    const bare = await startBaseline(database, jwks)
    await bare.stop()
    const latchkey = await startLatchkey(database)
    await latchkey.stop()
    return { start: latchkey.startMs, bare: bare.startMs, ratio: latchkey.startMs / bare.startMs }
  },

  figures: ({ start, bare, ratio }) => [
    {
      name: 'start to first answer / node:http and node:sqlite',
      value: formatMs(start),
      baseline: formatMs(bare),
      ratio: formatRatio(ratio),
      goal: atMost(2, ratio),
    },
  ],
}
