import type { Bench, Measure } from '../support/measure.ts'
import { copy } from '../support/people.ts'
import { newDatabase, startLatchkey, startLimit } from '../support/process.ts'
import { atMost, ms, times } from '../support/table.ts'

/** From starting the process to its first answer, on a database that is there already. */
export const start: Measure<'start' | 'bare' | 'ratio'> = {
  async round({ limit, jwks }: Bench) {
    const database = copy(limit.database, newDatabase())
    const bare = await startLimit(database, jwks)
    await bare.stop()
    const latchkey = await startLatchkey(database)
    await latchkey.stop()
    return { start: latchkey.startMs, bare: bare.startMs, ratio: latchkey.startMs / bare.startMs }
  },

  figures: ({ start, bare, ratio }) => [
    {
      name: 'start to first answer / node:http and node:sqlite',
      value: ms(start),
      limit: ms(bare),
      ratio: times(ratio),
      goal: atMost(2, ratio),
    },
  ],
}
