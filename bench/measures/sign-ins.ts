import { turnMfaOffForAll } from '../support/accounts.ts'
import { loadService, repeatFor } from '../support/load.ts'
import type { BenchContext, Benchmark } from '../support/measure.ts'
import type { Service } from '../support/process.ts'
import { measureRawHashes } from '../support/raw-baselines.ts'
import { atLeast, formatCpu, formatMs, formatRate, formatRatio } from '../support/table.ts'

const durationMs = 2500

/** Signing in with a password, MFA off: with rate limits, as in production, and without. */
export const signIns: Benchmark<
  | ('hashes' | 'signIns' | 'cpu' | 'p50' | 'p99' | 'ratio')
  | ('unlimited' | 'unlimitedCpu' | 'unlimitedRatio')
> = {
  async round({ latchkey, unlimited, accounts }: BenchContext) {
    const signInAt = (service: Service) => {
      turnMfaOffForAll(service.database)
      return loadService(service, repeatFor(durationMs, accounts), (client, { email, password }) =>
        client.expect(200, { method: 'POST', path: '/auth/SignIn', body: { email, password } }),
      )
    }

    const hashes = await measureRawHashes(latchkey.database, durationMs)
    const { perSecond: signIns, cpuMs: cpu, p50, p99 } = await signInAt(latchkey)
    const withoutLimits = await signInAt(unlimited)

    return {
      ...{ hashes, signIns, cpu, p50, p99, ratio: signIns / hashes },
      unlimited: withoutLimits.perSecond,
      unlimitedCpu: withoutLimits.cpuMs,
      unlimitedRatio: withoutLimits.perSecond / hashes,
    }
  },

  figures: ({ hashes, signIns, cpu, p50, p99, ratio, ...others }) => [
    {
      name: 'sign-ins / raw password hashes',
      value: formatRate(signIns),
      baseline: formatRate(hashes),
      ratio: formatRatio(ratio),
      cpu: formatCpu(cpu),
      goal: atLeast(0.85, ratio),
    },
    {
      name: '  without rate limits',
      value: formatRate(others.unlimited),
      baseline: formatRate(hashes),
      ratio: formatRatio(others.unlimitedRatio),
      cpu: formatCpu(others.unlimitedCpu),
    },
    { name: '  p50 · p99 of a sign-in', value: `${formatMs(p50)} · ${formatMs(p99)}` },
  ],
}
