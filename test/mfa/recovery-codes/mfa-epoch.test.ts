/**
 * Recovery codes stand in for a second factor, so whoever had the password alone must not have
 * laid some by before the owner turned MFA on.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../../support/clock.ts'
import { onEachDatabase } from '../../support/latchkey.ts'
import type { Owner } from '../../support/owner.ts'
import { undoTokenSentTo } from '../../support/undo-token.ts'

onEachDatabase((latchkey) => {
  async function opens(ada: Owner, code: string | undefined): Promise<boolean> {
    const { mfaToken } = (await ada.signIn()).body
    const answer = { mfaToken, mfaMethod: 'recoveryCode', code }
    return (await latchkey.post('/auth/SignIn/Mfa', answer)).status === 200
  }

  // Abuse case (The second factor is skipped): Recovery codes created with the password alone
  // bypassed MFA later.
  test('codes made before MFA was first on are dead once it is, and its owner gets ten', async () => {
    const ada = await latchkey.owner()
    const { recoveryCodes: laidBy } = (await ada.post('/settings/RecoveryCodes')).body
    await ada.turnOn('authenticator')
    assert.equal(ada.recoveryCodes.length, 10)
    assert.equal((await ada.get('/settings/RecoveryCodes')).body.remaining, 10)
    assert.equal(await opens(ada, laidBy[0]), false)
    assert.equal(await opens(ada, ada.recoveryCodes[0]), true)
  })

  test('so are those made while it was off; those from a time with MFA live on', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const mine = ada.recoveryCodes
    await ada.delete('/settings/MfaSignIn')
    travel(1000)
    const again = await ada.turnOn('authenticator')
    assert.equal(again.body.recoveryCodes, undefined)
    assert.equal(await opens(ada, mine[0]), true)

    await ada.delete('/settings/MfaSignIn')
    travel(1000)
    const { recoveryCodes: laidBy } = (await ada.post('/settings/RecoveryCodes')).body
    await ada.turnOn('authenticator')
    assert.equal(ada.recoveryCodes.length, 10)
    assert.equal(await opens(ada, laidBy[0]), false)
    assert.equal(await opens(ada, ada.recoveryCodes[0]), true)
  })

  test('whoever turns MFA on again after the first time was undone gets recovery codes', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const token = await undoTokenSentTo(latchkey, ada.email, / on$/)
    assert.equal((await latchkey.post('/auth/Undo', { token })).status, 200)
    await ada.resetPassword('a whole new sentence')
    await ada.signInFully()
    ada.recoveryCodes = []
    await ada.turnOn('authenticator')
    assert.equal(ada.recoveryCodes.length, 10)
    assert.equal(await opens(ada, ada.recoveryCodes[0]), true)
  })
})
