import { during, forEach, type Load, withCallers } from '../support/load.ts'
import type { Bench, Measure } from '../support/measure.ts'
import type { Service } from '../support/process.ts'
import { atLeast, ms, perSecond, times } from '../support/table.ts'

const lastsMs = 1500

/** Reading whether MFA is on, with tokens that the service has seen before. */
export const reads: Measure<
  'reads' | 'p50' | 'p99' | 'kept' | 'checked' | 'ratio' | 'ratioChecked'
> = {
  async round({ latchkey, limit, people }: Bench) {
    const read = (service: Service, path: string): Promise<Load> =>
      withCallers(service.port, (callers) =>
        forEach(callers, during(lastsMs, people), (caller, { token }) =>
          caller.expect(200, { method: 'GET', path, token }),
        ),
      )
    const kept = await read(limit, '/kept')
    const { perSecond: reads, p50, p99 } = await read(latchkey, '/settings/MfaSignIn')
    const checked = await read(limit, '/checked')
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
      value: perSecond(reads),
      limit: perSecond(kept),
      ratio: times(ratio),
      goal: atLeast(0.4, ratio),
    },
    {
      name: 'reads / bare service that checks each time',
      value: perSecond(reads),
      limit: perSecond(checked),
      ratio: times(ratioChecked),
    },
    { name: '  p50 · p99 of a read, 32 callers', value: `${ms(p50)} · ${ms(p99)}` },
  ],
}
