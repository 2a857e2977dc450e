import { during, forEach, withCallers } from '../support/load.ts'
import type { Bench, Measure } from '../support/measure.ts'
import { allOff } from '../support/people.ts'
import { rawHashes } from '../support/raw.ts'
import { atLeast, ms, perSecond, times } from '../support/table.ts'

const lastsMs = 2500

/** Signing in with a password, MFA off. */
export const signIns: Measure<'hashes' | 'signIns' | 'p50' | 'p99' | 'ratio'> = {
  async round({ latchkey, people }: Bench) {
    allOff(latchkey.database)
    const hashes = await rawHashes(latchkey.database, lastsMs)
    const load = await withCallers(latchkey.port, (callers) =>
      forEach(callers, during(lastsMs, people), (caller, { email, password }) =>
        caller.expect(200, { method: 'POST', path: '/auth/SignIn', body: { email, password } }),
      ),
    )
    const { perSecond: signIns, p50, p99 } = load
    return { hashes, signIns, p50, p99, ratio: signIns / hashes }
  },

  figures: ({ hashes, signIns, p50, p99, ratio }) => [
    {
      name: 'sign-ins / raw password hashes',
      value: perSecond(signIns),
      limit: perSecond(hashes),
      ratio: times(ratio),
      goal: atLeast(0.85, ratio),
    },
    { name: '  p50 · p99 of a sign-in', value: `${ms(p50)} · ${ms(p99)}` },
  ],
}
