import { during, forEach, paced, withCallers } from '../support/load.ts'
import type { Bench, Measure } from '../support/measure.ts'
import { allOff } from '../support/people.ts'
import { rawHashes } from '../support/raw.ts'
import { atLeast, atMost, ms, perSecond, times } from '../support/table.ts'

const hashesMs = 1500
const lastsMs = 4000
const readsPerSecond = 100

/** Reads beside as many sign-ins as the cores can hash. */
export const storm: Measure<'hashes' | 'signIns' | 'p50' | 'p99' | 'quiet99' | 'ratio'> = {
  async round({ latchkey, people }: Bench) {
    allOff(latchkey.database)
    const readAlong = (forMs: number) =>
      withCallers(latchkey.port, (callers) =>
        paced(callers, readsPerSecond, during(forMs, people), (caller, { token }) =>
          caller.expect(200, { method: 'GET', path: '/settings/MfaSignIn', token }),
        ),
      )

    const quiet = await readAlong(1000)
    const hashes = await rawHashes(latchkey.database, hashesMs)
    const [reads, { perSecond: signIns }] = await Promise.all([
      readAlong(lastsMs),
      withCallers(latchkey.port, (callers) =>
        forEach(callers, during(lastsMs, people), (caller, { email, password }) =>
          caller.expect(200, { method: 'POST', path: '/auth/SignIn', body: { email, password } }),
        ),
      ),
    ])
    const { p50, p99 } = reads
    return { hashes, signIns, p50, p99, quiet99: quiet.p99, ratio: signIns / hashes }
  },

  figures: ({ hashes, signIns, p50, p99, quiet99, ratio }) => [
    {
      name: 'sign-ins beside 100 reads/s / raw hashes',
      value: perSecond(signIns),
      limit: perSecond(hashes),
      ratio: times(ratio),
      goal: atLeast(0.8, ratio),
    },
    { name: 'p99 of a read beside them', value: ms(p99), goal: atMost(15, p99, ' ms') },
    { name: '  p50 beside them · p99 quiet', value: `${ms(p50)} · ${ms(quiet99)}` },
  ],
}
