import { type LoadResult, repeatFor, runClosedLoop, withClients } from '../support/load.ts'
import type { BenchContext, Benchmark } from '../support/measure.ts'
import type { Service } from '../support/process.ts'
import { atLeast, formatMs, formatRate, formatRatio } from '../support/table.ts'

const durationMs = 1500

/** Reading whether MFA is on, with tokens that the service has verified before. */
export const reads: Benchmark<
  'reads' | 'p50' | 'p99' | 'cached' | 'verified' | 'ratio' | 'ratioVerified'
> = {
  async round({ latchkey, baseline, accounts }: BenchContext) {
    const read = (service: Service, path: string): Promise<LoadResult> =>
      withClients(service.port, (clients) =>
        runClosedLoop(clients, repeatFor(durationMs, accounts), (client, { token }) =>
          client.expect(200, { method: 'GET', path, token }),
        ),
      )
    const cached = await read(baseline, '/cached')
    const { perSecond: reads, p50, p99 } = await read(latchkey, '/settings/MfaSignIn')
    const verified = await read(baseline, '/verified')
    return {
      reads,
      p50,
      p99,
      cached: cached.perSecond,
      verified: verified.perSecond,
      ratio: reads / cached.perSecond,
      ratioVerified: reads / verified.perSecond,
    }
  },

  figures: ({ reads, p50, p99, cached, verified, ratio, ratioVerified }) => [
    {
      name: 'reads / minimal service that caches verified tokens',
      value: formatRate(reads),
      baseline: formatRate(cached),
      ratio: formatRatio(ratio),
      goal: atLeast(0.4, ratio),
    },
    {
      name: 'reads / minimal service that verifies each time',
      value: formatRate(reads),
      baseline: formatRate(verified),
      ratio: formatRatio(ratioVerified),
    },
    { name: '  p50 · p99 of a read, 32 clients', value: `${formatMs(p50)} · ${formatMs(p99)}` },
  ],
}
