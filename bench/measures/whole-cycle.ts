import { totpCode, turnMfaOnForAll } from '../support/accounts.ts'
import { loadService } from '../support/load.ts'
import type { BenchContext, Benchmark } from '../support/measure.ts'
import { measureRawHashes } from '../support/raw-baselines.ts'
import { atLeast, formatCpu, formatRate, formatRatio } from '../support/table.ts'

const durationMs = 1500
const accountCount = 400

/** Signing in with password and authenticator, then turning MFA off. */
export const wholeCycle: Benchmark<'hashes' | 'cycles' | 'cpu' | 'ratio'> = {
  async round({ latchkey, accounts }: BenchContext) {
    turnMfaOnForAll(latchkey.database)
    const hashes = await measureRawHashes(latchkey.database, durationMs)
    const prepared = accounts
      .slice(0, accountCount)
      .map((account) => ({ ...account, code: totpCode(account.secret) }))

    const { perSecond: cycles, cpuMs: cpu } = await loadService(
      latchkey,
      prepared,
      async (client, { email, password, code }) => {
        const { mfaToken } = await client.expect(200, {
          method: 'POST',
          path: '/auth/SignIn',
          body: { email, password },
        })
        const { accessToken } = await client.expect(200, {
          method: 'POST',
          path: '/auth/SignIn/Mfa',
          body: { mfaToken, code },
        })
        await client.expect(200, {
          method: 'DELETE',
          path: '/settings/MfaSignIn',
          token: accessToken,
        })
      },
    )
    return { hashes, cycles, cpu, ratio: cycles / hashes }
  },

  figures: ({ hashes, cycles, cpu, ratio }) => [
    {
      name: 'sign in, code, turn off / raw hashes',
      value: formatRate(cycles),
      baseline: formatRate(hashes),
      ratio: formatRatio(ratio),
      cpu: formatCpu(cpu),
      goal: atLeast(0.7, ratio),
    },
  ],
}
