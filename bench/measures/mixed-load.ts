import { turnMfaOffForAll } from '../support/accounts.ts'
import { repeatFor, runClosedLoop, runOpenLoop, withClients } from '../support/load.ts'
import type { BenchContext, Benchmark } from '../support/measure.ts'
import { measureRawHashes } from '../support/raw-baselines.ts'
import { atLeast, atMost, formatMs, formatRate, formatRatio } from '../support/table.ts'

const hashesMs = 1500
const durationMs = 4000
const readsPerSecond = 100

/** Reads at a fixed rate during as many sign-ins as the cores can hash. */
export const mixedLoad: Benchmark<'hashes' | 'signIns' | 'p50' | 'p99' | 'idleP99' | 'ratio'> = {
  async round({ latchkey, accounts }: BenchContext) {
    turnMfaOffForAll(latchkey.database)
    const readAtRate = (forMs: number) =>
      withClients(latchkey.port, (clients) =>
        runOpenLoop(clients, readsPerSecond, repeatFor(forMs, accounts), (client, { token }) =>
          client.expect(200, { method: 'GET', path: '/settings/MfaSignIn', token }),
        ),
      )

    const idle = await readAtRate(1000)
    const hashes = await measureRawHashes(latchkey.database, hashesMs)
    const [reads, { perSecond: signIns }] = await Promise.all([
      readAtRate(durationMs),
      withClients(latchkey.port, (clients) =>
        runClosedLoop(clients, repeatFor(durationMs, accounts), (client, { email, password }) =>
          client.expect(200, { method: 'POST', path: '/auth/SignIn', body: { email, password } }),
        ),
      ),
    ])
    const { p50, p99 } = reads
    return { hashes, signIns, p50, p99, idleP99: idle.p99, ratio: signIns / hashes }
  },

  figures: ({ hashes, signIns, p50, p99, idleP99, ratio }) => [
    {
      name: 'sign-ins during 100 reads/s / raw hashes',
      value: formatRate(signIns),
      baseline: formatRate(hashes),
      ratio: formatRatio(ratio),
      goal: atLeast(0.8, ratio),
    },
    { name: 'p99 of a read during sign-ins', value: formatMs(p99), goal: atMost(12, p99, ' ms') },
    {
      name: '  p50 during sign-ins · p99 when idle',
      value: `${formatMs(p50)} · ${formatMs(idleP99)}`,
    },
  ],
}
