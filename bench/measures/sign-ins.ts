import { turnMfaOffForAll } from '../support/accounts.ts'
import { repeatFor, runClosedLoop, withClients } from '../support/load.ts'
import type { BenchContext, Benchmark } from '../support/measure.ts'
import { measureRawHashes } from '../support/raw-baselines.ts'
import { atLeast, formatMs, formatRate, formatRatio } from '../support/table.ts'

const durationMs = 2500

/** Signing in with a password, MFA off. */
export const signIns: Benchmark<'hashes' | 'signIns' | 'p50' | 'p99' | 'ratio'> = {
  async round({ latchkey, accounts }: BenchContext) {
    turnMfaOffForAll(latchkey.database)
    const hashes = await measureRawHashes(latchkey.database, durationMs)
    const load = await withClients(latchkey.port, (clients) =>
      runClosedLoop(clients, repeatFor(durationMs, accounts), (client, { email, password }) =>
        client.expect(200, { method: 'POST', path: '/auth/SignIn', body: { email, password } }),
      ),
    )
    const { perSecond: signIns, p50, p99 } = load
    return { hashes, signIns, p50, p99, ratio: signIns / hashes }
  },

  figures: ({ hashes, signIns, p50, p99, ratio }) => [
    {
      name: 'sign-ins / raw password hashes',
      value: formatRate(signIns),
      baseline: formatRate(hashes),
      ratio: formatRatio(ratio),
      goal: atLeast(0.85, ratio),
    },
    { name: '  p50 · p99 of a sign-in', value: `${formatMs(p50)} · ${formatMs(p99)}` },
  ],
}
