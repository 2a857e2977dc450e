import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { mfaActivityOf } from '../support/mfa.ts'
import type { Owner } from '../support/owner.ts'
import { createTempFolder, startLatchkeyProcess } from '../support/process.ts'

/** Longer than the lease of a message. */
const beyondLeaseMs = 11_000

onEachDatabase(
  (latchkey) => {
    test('a process killed during thirty DELETEs has done each completely or not at all', async (t) => {
      const owners: Owner[] = []
      /** How often each owner had turned MFA off before this round. */
      const turnedOff = new Map<Owner, number>()
      for (let count = 0; count < 30; count += 1) {
        owners.push(await latchkey.owner({ mfaMethod: 'email' }))
      }

      let roundsCutShort = 0
      for (let round = 1; round <= 3 || (roundsCutShort === 0 && round <= 12); round += 1) {
        for (const owner of owners) {
          const { enabled } = (await owner.get('/settings/MfaSignIn')).body
          if (!enabled) await owner.turnOn('email')
        }
        // Until the service starts again, a process that can be killed replaces it.
        await latchkey.stopKeepingData()
        const { environment } = latchkey
        const victim = await startLatchkeyProcess(t, { folder: createTempFolder(t), environment })
        let answers = 0
        const requests = owners.map(async (owner) => {
          const { status } = await owner.delete('/settings/MfaSignIn')
          answers += 1
          if (answers === round) victim.kill('SIGKILL')
          return status
        })
        const outcomes = await Promise.allSettled(requests)
        assert.equal((await victim.result).signal, 'SIGKILL')
        await latchkey.start()

        const answered = outcomes.map((outcome) => outcome.status === 'fulfilled')
        for (const outcome of outcomes) {
          if (outcome.status === 'fulfilled') assert.equal(outcome.value, 200)
        }
        if (answered.includes(false)) roundsCutShort += 1

        // The service sends the messages that the killed process had claimed.
        travel(beyondLeaseMs)
        for (const [index, owner] of owners.entries()) {
          const about = `round ${round}, ${answered[index] ? 'answered' : 'cut off'}`
          const { enabled } = (await owner.get('/settings/MfaSignIn')).body
          if (answered[index]) assert.equal(enabled, false, about)
          const messages = await latchkey.inbox(owner.email)
          const offs = messages.filter(({ subject }) => / is off$/.test(subject)).length
          const entries = (await mfaActivityOf(owner)).filter((type) => type === 'mfa.off').length
          const expected = (turnedOff.get(owner) ?? 0) + (enabled ? 0 : 1)
          assert.deepEqual({ offs, entries }, { offs: expected, entries: expected }, about)

          turnedOff.set(owner, expected)
        }
      }
      assert.ok(roundsCutShort > 0, 'no request was ever cut off')
    })
  },
  // All requests come from one address.
  { LATCHKEY_RATE_LIMITS: 'off', LATCHKEY_STEP_UP_MAX_AGE: '0', LATCHKEY_ACCESS_TOKEN_TTL: '3600' },
)
