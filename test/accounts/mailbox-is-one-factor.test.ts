/** One mailbox never counts as both factors, however its address is spelled. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'

onEachDatabase((latchkey) => {
  /** An owner with an authenticator app, and with codes by email to their mailbox in capitals. */
  async function ownerWithCapitals(): Promise<{ ada: Owner; capitals: string }> {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const capitals = ada.email.replace('owner', 'OWNER')
    const request = { mfaMethod: 'email', email: capitals }
    assert.equal((await ada.post('/settings/MfaSignIn', request)).status, 202)
    const code = await latchkey.codeSentTo(capitals)
    assert.equal((await ada.post('/settings/MfaSignIn', { ...request, code })).status, 200)
    travel(31_000)
    return { ada, capitals }
  }

  // Abuse case (Second factor skipped): One mailbox was both factors: it reset the password
  // and received the code.
  test('after a reset by email, the same mailbox spelled in capitals is not accepted as the second factor', async () => {
    const { ada } = await ownerWithCapitals()
    await ada.resetPassword('a whole new sentence')
    const { mfaToken, availableMethods } = (await ada.signIn()).body
    assert.deepEqual(availableMethods, ['authenticator', 'recoveryCode'])
    const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'email' })
    assert.equal(sent.status, 409)
  })

  test('GET WaysIn treats the account’s mailbox spelled in capitals as the same mailbox', async () => {
    const { ada } = await ownerWithCapitals()
    const { body } = await ada.get('/settings/WaysIn')
    assert.deepEqual(body.signInNeeds, ['password', 'mailbox'])
    const things = body.ifStolen.map(({ what }: { what: string }) => what)
    assert.ok(!things.includes('otherMailbox'))
  })

  test('codes sent to the account’s mailbox spelled in capitals move with the email address', async () => {
    const { ada, capitals } = await ownerWithCapitals()
    const email = `new-${ada.email}`
    await ada.startEmailChange(email)
    const code = await latchkey.codeSentTo(email)
    assert.equal((await ada.post('/settings/Email', { email, code })).status, 200)
    const countBefore = (await latchkey.inbox(capitals)).length
    const { password } = ada
    const { mfaToken } = (await latchkey.post('/auth/SignIn', { email, password })).body
    const newCode = await latchkey.codeSentTo(email)
    assert.equal((await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: newCode })).status, 200)
    assert.equal((await latchkey.inbox(capitals)).length, countBefore)
  })
})
