import { loadService, repeatFor } from '../support/load.ts'
import type { BenchContext, Benchmark } from '../support/measure.ts'
import type { Service } from '../support/process.ts'
import { atLeast, formatCpu, formatMs, formatRate, formatRatio } from '../support/table.ts'

const durationMs = 1500

/** Reading whether MFA is on, with tokens that the service has verified before. */
export const reads: Benchmark<
  | ('reads' | 'cpu' | 'p50' | 'p99' | 'cached' | 'cachedCpu' | 'ratio')
  | ('verified' | 'verifiedCpu' | 'ratioVerified')
> = {
  async round({ latchkey, baseline, accounts }: BenchContext) {
    const read = (service: Service, path: string) =>
      loadService(service, repeatFor(durationMs, accounts), (client, { token }) =>
        client.expect(200, { method: 'GET', path, token }),
      )

    const cached = await read(baseline, '/cached')
    const { perSecond: reads, cpuMs: cpu, p50, p99 } = await read(latchkey, '/settings/MfaSignIn')
    const verified = await read(baseline, '/verified')

    return {
      ...{ reads, cpu, p50, p99 },
      cached: cached.perSecond,
      cachedCpu: cached.cpuMs,
      ratio: reads / cached.perSecond,
      verified: verified.perSecond,
      verifiedCpu: verified.cpuMs,
      ratioVerified: reads / verified.perSecond,
    }
  },

  figures: ({ reads, cpu, p50, p99, ...others }) => [
    {
      name: 'reads / minimal service that caches verified tokens',
      value: formatRate(reads),
      baseline: formatRate(others.cached),
      ratio: formatRatio(others.ratio),
      cpu: formatCpu(cpu, others.cachedCpu),
      goal: atLeast(0.4, others.ratio),
    },
    {
      name: 'reads / minimal service that verifies each time',
      value: formatRate(reads),
      baseline: formatRate(others.verified),
      ratio: formatRatio(others.ratioVerified),
      cpu: formatCpu(cpu, others.verifiedCpu),
    },
    { name: '  p50 · p99 of a read, 32 clients', value: `${formatMs(p50)} · ${formatMs(p99)}` },
  ],
}
