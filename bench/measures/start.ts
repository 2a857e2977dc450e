import { copyDatabase } from '../support/accounts.ts'
import type { BenchContext, Benchmark } from '../support/measure.ts'
import { newDatabasePath, type Service, startBaseline, startLatchkey } from '../support/process.ts'
import { atMost, formatMs, formatRatio } from '../support/table.ts'

/** From the start of the process to its first response, on an existing database. */
export const start: Benchmark<
  'start' | 'minimal' | 'ratio' | 'withoutNpm' | 'minimalWithoutNpm' | 'ratioWithoutNpm'
> = {
  async round({ baseline, jwks }: BenchContext) {
    const database = copyDatabase(baseline.database, newDatabasePath())
    const minimal = await timeStart(startBaseline(database, jwks, { byNpm: true }))
    const byNpm = await timeStart(startLatchkey(database, { byNpm: true }))
    const minimalWithoutNpm = await timeStart(startBaseline(database, jwks))
    const withoutNpm = await timeStart(startLatchkey(database))
    return {
      ...{ start: byNpm, minimal, ratio: byNpm / minimal },
      ...{ withoutNpm, minimalWithoutNpm, ratioWithoutNpm: withoutNpm / minimalWithoutNpm },
    }
  },

  figures: ({ start, minimal, ratio, ...others }) => [
    {
      name: 'npm start to first response / minimal service',
      value: formatMs(start),
      baseline: formatMs(minimal),
      ratio: formatRatio(ratio),
      goal: atMost(2.5, ratio),
    },
    {
      name: '  without npm',
      value: formatMs(others.withoutNpm),
      baseline: formatMs(others.minimalWithoutNpm),
      ratio: formatRatio(others.ratioWithoutNpm),
    },
  ],
}

async function timeStart(starting: Promise<Service>): Promise<number> {
  const service = await starting
  await service.stop()
  return service.startMs
}
