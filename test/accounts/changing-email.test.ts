import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'

onEachDatabase((latchkey) => {
  async function changeEmail(ada: Owner, email: string) {
    const sent = await ada.startEmailChange(email)
    assert.equal(sent.status, 202)
    const code = await latchkey.codeSentTo(email)
    return ada.post('/settings/Email', { email, code })
  }

  // Abuse case (MFA changed by an attacker): The address was changed before
  // its new mailbox was verified, or the old one was not notified.
  test('the email address changes once the new one is verified, and the old one is notified', async () => {
    const ada = await latchkey.owner()
    const oldEmail = ada.email
    const email = `new-${oldEmail}`
    const changed = await changeEmail(ada, email)
    assert.equal(changed.status, 200)
    assert.equal(changed.body.email, email)

    const { password } = ada
    assert.equal((await latchkey.post('/auth/SignIn', { email, password })).status, 200)
    assert.equal((await latchkey.post('/auth/SignIn', { email: oldEmail, password })).status, 401)
    const [message] = await latchkey.inbox(oldEmail)
    assert.match(message?.subject ?? '', /email address .* was changed/)
    assert.match(message?.text ?? '', /\/undo#token=/)
  })

  // Abuse case (MFA changed by an attacker): Codes were still sent to the
  // account’s former address.
  test('sign-in codes sent to the old address go to the new one after the change', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    travel(31_000)
    const email = `new-${ada.email}`
    await changeEmail(ada, email)
    const begun = await latchkey.post('/auth/SignIn', { email, password: ada.password })
    const { mfaToken } = begun.body
    const code = await latchkey.codeSentTo(email)
    assert.equal((await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })).status, 200)
  })

  test('another account’s address is rejected, but only after its mailbox is verified', async () => {
    const ada = await latchkey.owner()
    const eve = await latchkey.owner()
    const started = await eve.startEmailChange(ada.email)
    assert.equal(started.status, 202)
    const code = await latchkey.codeSentTo(ada.email)
    const refused = await eve.post('/settings/Email', { email: ada.email, code })
    assert.equal(refused.status, 409)
    assert.equal(refused.body.code, 'address_taken')
    assert.equal((await ada.signIn()).body.status, 'signedIn')
    assert.equal((await eve.signIn()).body.status, 'signedIn')
  })

  // Abuse case (MFA changed by an attacker): Someone else signed up with an
  // address that its former owner could still restore by an undo.
  test('a replaced address stays reserved for seven days, while an undo can restore it', async () => {
    const ada = await latchkey.owner()
    const oldEmail = ada.email
    await changeEmail(ada, `new-${oldEmail}`)

    const password = 'a sentence of somebody'
    await latchkey.post('/auth/SignUp', { email: oldEmail, password })
    const [message] = await latchkey.inbox(oldEmail)
    assert.doesNotMatch(message?.text ?? '', /\b[0-9]{6}\b/)
    const eve = await latchkey.owner()
    const code = await (async () => {
      await eve.startEmailChange(oldEmail)
      return latchkey.codeSentTo(oldEmail)
    })()
    assert.equal((await eve.post('/settings/Email', { email: oldEmail, code })).status, 409)

    travel(7 * 86_400_000 + 1000)
    const newOwner = await latchkey.owner({ email: oldEmail })
    assert.equal((await newOwner.signIn()).body.status, 'signedIn')
  })

  // Abuse case (Reuse of codes and tokens): A code for one number or address verified
  // another.
  test('neither a wrong code nor a code for another address changes the email address', async () => {
    const ada = await latchkey.owner()
    const firstEmail = `first-${ada.email}`
    const secondEmail = `second-${ada.email}`
    await ada.startEmailChange(firstEmail)
    const code = await latchkey.codeSentTo(firstEmail)
    await ada.startEmailChange(secondEmail)
    assert.equal((await ada.post('/settings/Email', { email: secondEmail, code })).status, 401)
    assert.equal((await ada.get('/settings')).body.email, ada.email)
  })
})
