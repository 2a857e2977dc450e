/**
 * Recovery codes replace a second factor, so those that a password thief created while MFA was off
 * must be void once the owner turns it on.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../../support/clock.ts'
import { onEachDatabase } from '../../support/latchkey.ts'
import type { Owner } from '../../support/owner.ts'
import { undoTokenSentTo } from '../../support/undo-token.ts'

onEachDatabase((latchkey) => {
  async function signsIn(ada: Owner, code: string | undefined): Promise<boolean> {
    const { mfaToken } = (await ada.signIn()).body
    const request = { mfaToken, mfaMethod: 'recoveryCode', code }
    return (await latchkey.post('/auth/SignIn/Mfa', request)).status === 200
  }

  // Abuse case (Second factor skipped): Recovery codes created with the password alone
  // bypassed MFA later.
  test('turning MFA on for the first time voids earlier recovery codes and issues ten', async () => {
    const ada = await latchkey.owner()
    const { recoveryCodes: staleCodes } = (await ada.post('/settings/RecoveryCodes')).body
    await ada.turnOn('authenticator')
    assert.equal(ada.recoveryCodes.length, 10)
    assert.equal((await ada.get('/settings/RecoveryCodes')).body.remaining, 10)
    assert.equal(await signsIn(ada, staleCodes[0]), false)
    assert.equal(await signsIn(ada, ada.recoveryCodes[0]), true)
  })

  test('turning MFA on voids recovery codes made while it was off, and keeps those made while it was on', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const firstCodes = ada.recoveryCodes
    await ada.delete('/settings/MfaSignIn')
    travel(1000)
    const again = await ada.turnOn('authenticator')
    assert.equal(again.body.recoveryCodes, undefined)
    assert.equal(await signsIn(ada, firstCodes[0]), true)

    await ada.delete('/settings/MfaSignIn')
    travel(1000)
    const { recoveryCodes: staleCodes } = (await ada.post('/settings/RecoveryCodes')).body
    await ada.turnOn('authenticator')
    assert.equal(ada.recoveryCodes.length, 10)
    assert.equal(await signsIn(ada, staleCodes[0]), false)
    assert.equal(await signsIn(ada, ada.recoveryCodes[0]), true)
  })

  test('turning MFA on again after the first time was undone issues recovery codes', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const token = await undoTokenSentTo(latchkey, ada.email, / on$/)
    assert.equal((await latchkey.post('/auth/Undo', { token })).status, 200)
    await ada.resetPassword('a whole new sentence')
    await ada.signInFully()
    ada.recoveryCodes = []
    await ada.turnOn('authenticator')
    assert.equal(ada.recoveryCodes.length, 10)
    assert.equal(await signsIn(ada, ada.recoveryCodes[0]), true)
  })
})
