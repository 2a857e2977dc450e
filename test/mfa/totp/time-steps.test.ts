import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel, travelToNextStep } from '../../support/clock.ts'
import { onEachDatabase, type TestLatchkey } from '../../support/latchkey.ts'
import { submitMfaCode } from '../../support/mfa.ts'
import type { Owner } from '../../support/owner.ts'
import { requireTool } from '../../support/tool.ts'

const stepMs = 30_000

/** Signs in with the code that the app shows `step` time steps from now. */
async function signInWithStep(latchkey: TestLatchkey, owner: Owner, step: number) {
  const code = owner.authenticator.code(Date.now() + step * stepMs)
  return submitMfaCode(latchkey, await owner.signIn(), { code })
}

/** Travels to the beginning of a time step that no used code reaches. */
function travelFarFromUsedSteps(): void {
  travel(4 * stepMs)
  travelToNextStep()
}

onEachDatabase((latchkey) => {
  test('the codes of the previous and the next time step are accepted, because clocks differ', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    travelFarFromUsedSteps()
    for (const step of [-1, 0, 1]) {
      assert.equal((await signInWithStep(latchkey, ada, step)).status, 200, `step ${step}`)
    }
  })

  // Abuse case (Guessing): Codes never expired (CVE-2026-8760).
  test('the code of the step before last is too old, and that of the step after next too new', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    for (const step of [-2, 2, -3, 3, -20, 20]) {
      travelFarFromUsedSteps()
      const near = [-1, 0, 1].map((n) => ada.authenticator.code(Date.now() + n * stepMs))
      const code = ada.authenticator.code(Date.now() + step * stepMs)
      if (near.includes(code)) continue
      const refused = await submitMfaCode(latchkey, await ada.signIn(), { code })
      assert.equal(refused.status, 401, `step ${step}`)
      assert.equal(refused.body.code, 'invalid_code')
    }
  })

  // Abuse case (Reuse of codes and tokens): An app’s code could be reused within its 30
  // seconds (CVE-2026-82470, CVE-2025-6014, GHSA-96qm-hwhp-2rm8).
  test('after a newer time step was used, older ones are rejected although they have not expired', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    travelFarFromUsedSteps()
    assert.equal((await signInWithStep(latchkey, ada, 1)).status, 200)
    for (const step of [1, 0, -1]) {
      const refused = await signInWithStep(latchkey, ada, step)
      assert.equal(refused.body.code, 'invalid_code', `step ${step}`)
    }
    travel(2 * stepMs)
    assert.equal((await signInWithStep(latchkey, ada, 0)).status, 200)
  })

  // Abuse case (Reuse of codes and tokens): An app’s code could be reused within its 30
  // seconds (CVE-2026-82470, CVE-2025-6014, GHSA-96qm-hwhp-2rm8).
  test('a code is used once: whichever call accepts it first, no other does', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const uses = {
      'signing in': async (code: string) => submitMfaCode(latchkey, await ada.signIn(), { code }),
      'changing MFA': (code: string) =>
        ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code }),
      'confirming it’s you': async (code: string) => {
        const begun = await ada.post('/auth/Reauthenticate', { password: ada.password })
        return submitMfaCode(latchkey, begun, { code })
      },
    }
    for (const [firstName, first] of Object.entries(uses)) {
      const code = ada.authenticator.nextCode()
      const accepted = await first(code)
      assert.equal(accepted.status, 200, firstName)
      if (accepted.body.accessToken) ada.storeTokens(accepted)
      for (const [secondName, second] of Object.entries(uses)) {
        const refused = await second(code)
        assert.equal(refused.status, 401, `${firstName}, then ${secondName}`)
        assert.equal(refused.body.code, 'invalid_code')
      }
    }
  })

  test('a code used before MFA was turned off does not turn it on again', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const code = ada.authenticator.nextCode()
    ada.storeTokens(await submitMfaCode(latchkey, await ada.signIn(), { code }))
    await ada.delete('/settings/MfaSignIn')
    const replayed = await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
    assert.equal(replayed.body.code, 'invalid_code')
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)
  })

  test('one account’s codes are rejected for another', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const bob = await latchkey.owner({ mfaMethod: 'authenticator' })
    const code = ada.authenticator.nextCode()
    assert.notEqual(code, bob.authenticator.code())
    const refused = await submitMfaCode(latchkey, await bob.signIn(), { code })
    assert.equal(refused.body.code, 'invalid_code')
    assert.equal((await submitMfaCode(latchkey, await ada.signIn(), { code })).status, 200)
  })

  test('a restart does not make a used time step usable again', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const code = ada.authenticator.nextCode()
    assert.equal((await submitMfaCode(latchkey, await ada.signIn(), { code })).status, 200)
    await latchkey.restart()
    const replayed = await submitMfaCode(latchkey, await ada.signIn(), { code })
    assert.equal(replayed.body.code, 'invalid_code')
  })

  test('another program’s codes are accepted for the secret that was shown', async (t) => {
    const oathtool = await requireTool(t, 'oathtool')
    if (!oathtool) return
    const ada = await latchkey.owner()
    const { body } = await ada.post('/settings/MfaSecret')
    const oathtoolCode = async () => {
      travelToNextStep()
      const at = `@${Math.floor(Date.now() / 1000)}`
      return (await oathtool('--totp', '-b', body.secret, '--now', at)).trim()
    }
    const on = await ada.post('/settings/MfaSignIn', {
      mfaMethod: 'authenticator',
      code: await oathtoolCode(),
    })
    assert.equal(on.status, 200)
    for (let i = 0; i < 3; i += 1) {
      const begun = await ada.signIn()
      const code = await oathtoolCode()
      assert.equal((await submitMfaCode(latchkey, begun, { code })).status, 200)
    }
  })
})
