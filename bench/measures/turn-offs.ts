import { forEach, type Load, withCallers } from '../support/load.ts'
import type { Bench, Measure } from '../support/measure.ts'
import { allOn } from '../support/people.ts'
import type { Service } from '../support/process.ts'
import { rawTurnOffs } from '../support/raw.ts'
import { atLeast, ms, perSecond, times } from '../support/table.ts'

/** Turning MFA off where it is on: every call is a change that is on the disk when it is answered. */
export const turnOffs: Measure<'turnOffs' | 'p50' | 'p99' | 'bare' | 'raw' | 'ratio' | 'ratioRaw'> =
  {
    async round({ latchkey, limit, people }: Bench) {
      const turnAllOff = (service: Service, path: string): Promise<Load> => {
        allOn(service.database)
        return withCallers(service.port, (callers) =>
          forEach(callers, people, (caller, { token }) =>
            caller.expect(200, { method: 'DELETE', path, token }),
          ),
        )
      }
      const bare = await turnAllOff(limit, '/checked')
      const { perSecond: turnOffs, p50, p99 } = await turnAllOff(latchkey, '/settings/MfaSignIn')
      allOn(limit.database)
      const raw = await rawTurnOffs(limit.database)
      return {
        turnOffs,
        p50,
        p99,
        bare: bare.perSecond,
        raw,
        ratio: turnOffs / bare.perSecond,
        ratioRaw: turnOffs / raw,
      }
    },

    figures: ({ turnOffs, p50, p99, bare, raw, ratio, ratioRaw }) => [
      {
        name: 'turn-offs / bare service, a commit each',
        value: perSecond(turnOffs),
        limit: perSecond(bare),
        ratio: times(ratio),
        goal: atLeast(0.7, ratio),
      },
      {
        name: 'turn-offs / the transaction alone',
        value: perSecond(turnOffs),
        limit: perSecond(raw),
        ratio: times(ratioRaw),
      },
      { name: '  p50 · p99 of a turn-off, 32 callers', value: `${ms(p50)} · ${ms(p99)}` },
    ],
  }
