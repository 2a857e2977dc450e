import { turnMfaOnForAll } from '../support/accounts.ts'
import { loadService } from '../support/load.ts'
import type { BenchContext, Benchmark } from '../support/measure.ts'
import type { Service } from '../support/process.ts'
import { measureRawTurnOffs } from '../support/raw-baselines.ts'
import { atLeast, atMost, formatCpu, formatMs, formatRate, formatRatio } from '../support/table.ts'

/** Few enough that the time of a call is not that of a queue. */
const fewClients = 8

/** Turning MFA off: every call is a change that is on the disk before it is answered. */
export const turnOffs: Benchmark<
  | ('turnOffs' | 'cpu' | 'p50' | 'p99' | 'minimal' | 'minimalCpu' | 'ratio')
  | ('grouped' | 'groupedCpu' | 'ratioGrouped' | 'raw' | 'ratioRaw')
  | ('fewP99' | 'fewGroupedP99' | 'ratioP99')
> = {
  async round({ latchkey, baseline, accounts }: BenchContext) {
    const turnAllOff = (service: Service, path: string, clientCount?: number) => {
      turnMfaOnForAll(service.database)
      return loadService(
        service,
        accounts,
        (client, { token }) => client.expect(200, { method: 'DELETE', path, token }),
        clientCount,
      )
    }

    const minimal = await turnAllOff(baseline, '/verified')
    const own = await turnAllOff(latchkey, '/settings/MfaSignIn')
    const grouped = await turnAllOff(baseline, '/grouped')
    const few = await turnAllOff(latchkey, '/settings/MfaSignIn', fewClients)
    const fewGrouped = await turnAllOff(baseline, '/grouped', fewClients)
    turnMfaOnForAll(baseline.database)
    const raw = await measureRawTurnOffs(baseline.database)

    const { perSecond, cpuMs: cpu, p50, p99 } = own
    return {
      ...{ turnOffs: perSecond, cpu, p50, p99 },
      minimal: minimal.perSecond,
      minimalCpu: minimal.cpuMs,
      ratio: perSecond / minimal.perSecond,
      grouped: grouped.perSecond,
      groupedCpu: grouped.cpuMs,
      ratioGrouped: perSecond / grouped.perSecond,
      raw,
      ratioRaw: perSecond / raw,
      fewP99: few.p99,
      fewGroupedP99: fewGrouped.p99,
      ratioP99: few.p99 / fewGrouped.p99,
    }
  },

  figures: ({ turnOffs, cpu, p50, p99, ...others }) => [
    {
      name: 'turn-offs / minimal service, a commit each',
      value: formatRate(turnOffs),
      baseline: formatRate(others.minimal),
      ratio: formatRatio(others.ratio),
      cpu: formatCpu(cpu, others.minimalCpu),
      goal: atLeast(1.2, others.ratio),
    },
    {
      name: 'turn-offs / minimal service, commits grouped',
      value: formatRate(turnOffs),
      baseline: formatRate(others.grouped),
      ratio: formatRatio(others.ratioGrouped),
      cpu: formatCpu(cpu, others.groupedCpu),
    },
    {
      name: 'turn-offs / the transaction alone',
      value: formatRate(turnOffs),
      baseline: formatRate(others.raw),
      ratio: formatRatio(others.ratioRaw),
    },
    {
      name: `p99 of a turn-off, ${fewClients} clients / commits grouped`,
      value: formatMs(others.fewP99),
      baseline: formatMs(others.fewGroupedP99),
      ratio: formatRatio(others.ratioP99),
      goal: atMost(2.5, others.ratioP99),
    },
    { name: '  p50 · p99 of a turn-off, 32 clients', value: `${formatMs(p50)} · ${formatMs(p99)}` },
  ],
}
