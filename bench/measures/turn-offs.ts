import { turnMfaOnForAll } from '../support/accounts.ts'
import { type LoadResult, runClosedLoop, withClients } from '../support/load.ts'
import type { BenchContext, Benchmark } from '../support/measure.ts'
import type { Service } from '../support/process.ts'
import { measureRawTurnOffs } from '../support/raw-baselines.ts'
import { atLeast, formatMs, formatRate, formatRatio } from '../support/table.ts'

/** Turning MFA off: every call is a change that is on the disk before it is answered. */
export const turnOffs: Benchmark<
  'turnOffs' | 'p50' | 'p99' | 'minimal' | 'raw' | 'ratio' | 'ratioRaw'
> = {
  async round({ latchkey, baseline, accounts }: BenchContext) {
    const turnAllOff = (service: Service, path: string): Promise<LoadResult> => {
      turnMfaOnForAll(service.database)
      return withClients(service.port, (clients) =>
        runClosedLoop(clients, accounts, (client, { token }) =>
          client.expect(200, { method: 'DELETE', path, token }),
        ),
      )
    }
    const minimal = await turnAllOff(baseline, '/verified')
    const { perSecond: turnOffs, p50, p99 } = await turnAllOff(latchkey, '/settings/MfaSignIn')
    turnMfaOnForAll(baseline.database)
    const raw = await measureRawTurnOffs(baseline.database)
    return {
      turnOffs,
      p50,
      p99,
      minimal: minimal.perSecond,
      raw,
      ratio: turnOffs / minimal.perSecond,
      ratioRaw: turnOffs / raw,
    }
  },

  figures: ({ turnOffs, p50, p99, minimal, raw, ratio, ratioRaw }) => [
    {
      name: 'turn-offs / minimal service, a commit each',
      value: formatRate(turnOffs),
      baseline: formatRate(minimal),
      ratio: formatRatio(ratio),
      goal: atLeast(0.7, ratio),
    },
    {
      name: 'turn-offs / the transaction alone',
      value: formatRate(turnOffs),
      baseline: formatRate(raw),
      ratio: formatRatio(ratioRaw),
    },
    { name: '  p50 · p99 of a turn-off, 32 clients', value: `${formatMs(p50)} · ${formatMs(p99)}` },
  ],
}
