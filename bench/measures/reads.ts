import { type LoadResult, repeatFor, runClosedLoop, withClients } from '../support/load.ts'
import type { BenchContext, Benchmark } from '../support/measure.ts'
import type { Service } from '../support/process.ts'
import { atLeast, formatMs, formatRate, formatRatio } from '../support/table.ts'

const durationMs = 1500

/** Reading whether MFA is on, with tokens that the service has seen before. */
export const reads: Benchmark<
  'reads' | 'p50' | 'p99' | 'kept' | 'checked' | 'ratio' | 'ratioChecked'
> = {
  async round({ latchkey, baseline, accounts }: BenchContext) {
    const read = (service: Service, path: string): Promise<LoadResult> =>
      withClients(service.port, (clients) =>
        runClosedLoop(clients, repeatFor(durationMs, accounts), (client, { token }) =>
          client.expect(200, { method: 'GET', path, token }),
        ),
      )
    const kept = await read(baseline, '/kept')
    const { perSecond: reads, p50, p99 } = await read(latchkey, '/settings/MfaSignIn')
    const checked = await read(baseline, '/checked')
    return {
      reads,
      p50,
      p99,
      kept: kept.perSecond,
      checked: checked.perSecond,
      ratio: reads / kept.perSecond,
      ratioChecked: reads / checked.perSecond,
    }
  },

  figures: ({ reads, p50, p99, kept, checked, ratio, ratioChecked }) => [
    {
      name: 'reads / bare service that keeps checked tokens',
      value: formatRate(reads),
      baseline: formatRate(kept),
      ratio: formatRatio(ratio),
      goal: atLeast(0.4, ratio),
    },
    {
      name: 'reads / bare service that checks each time',
      value: formatRate(reads),
      baseline: formatRate(checked),
      ratio: formatRatio(ratioChecked),
    },
    { name: '  p50 · p99 of a read, 32 callers', value: `${formatMs(p50)} · ${formatMs(p99)}` },
  ],
}
