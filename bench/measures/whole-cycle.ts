import { forEach, withCallers } from '../support/load.ts'
import type { Bench, Measure } from '../support/measure.ts'
import { allOn, codeOf } from '../support/people.ts'
import { rawHashes } from '../support/raw.ts'
import { atLeast, perSecond, times } from '../support/table.ts'

const hashesMs = 1500
const howMany = 400

/** Signing in with password and authenticator, then turning MFA off. */
export const wholeCycle: Measure<'hashes' | 'cycles' | 'ratio'> = {
  async round({ latchkey, people }: Bench) {
    allOn(latchkey.database)
    const hashes = await rawHashes(latchkey.database, hashesMs)
    const ready = people.slice(0, howMany).map((p) => ({ ...p, code: codeOf(p.secret) }))
    const { perSecond: cycles } = await withCallers(latchkey.port, (callers) =>
      forEach(callers, ready, async (caller, { email, password, code }) => {
        const { mfaToken } = await caller.expect(200, {
          method: 'POST',
          path: '/auth/SignIn',
          body: { email, password },
        })
        const { accessToken } = await caller.expect(200, {
          method: 'POST',
          path: '/auth/SignIn/Mfa',
          body: { mfaToken, code },
        })
        await caller.expect(200, {
          method: 'DELETE',
          path: '/settings/MfaSignIn',
          token: accessToken,
        })
      }),
    )
    return { hashes, cycles, ratio: cycles / hashes }
  },

  figures: ({ hashes, cycles, ratio }) => [
    {
      name: 'sign in, code, turn off / raw hashes',
      value: perSecond(cycles),
      limit: perSecond(hashes),
      ratio: times(ratio),
      goal: atLeast(0.75, ratio),
    },
  ],
}
