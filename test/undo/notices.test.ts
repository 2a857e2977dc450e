/** Notices and responses of an undo: which addresses and passkeys they cover. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import { addPasskey } from '../support/passkeys.ts'
import { assertStatus } from '../support/responses.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

onEachDatabase((latchkey) => {
  const undo = (token: string) => latchkey.post('/auth/Undo', { token })

  test('an undo is told at every address, and only the restored one gets a link', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const [second, thief] = [`second-${ada.email}`, `thief-${ada.email}`]
    const byEmail = { mfaMethod: 'email', email: second, setDefault: false }
    assertStatus(await ada.post('/settings/MfaSignIn', byEmail), 202)
    const proof = await latchkey.codeSentTo(second)
    assertStatus(await ada.post('/settings/MfaSignIn', { ...byEmail, code: proof }), 200)
    await ada.delete('/settings/MfaSignIn')
    const token = await undoTokenSentTo(latchkey, ada.email, / off$/)
    assertStatus(await ada.startEmailChange(thief), 202)
    const code = await latchkey.codeSentTo(thief)
    assertStatus(await ada.post('/settings/Email', { email: thief, code }), 200)

    assert.equal((await undo(token)).body.undone, 'mfa.off')
    const links = []
    for (const address of [ada.email, second, thief]) {
      const notices = await latchkey.inbox(address)
      const told = notices.filter(({ subject }) => /was undone$/.test(subject))
      links.push(...told.map(({ text }) => text.includes('#token=')))
    }
    assert.deepEqual(links, [true, false, false])
  })

  test('an undo names the passkeys of every epoch, those that are pending included', async () => {
    const ada = await latchkey.owner()
    const pending = await addPasskey(latchkey, ada)
    await ada.turnOn('authenticator')
    const current = await addPasskey(latchkey, ada)
    await ada.changePassword('another sentence of Ada')
    const { passkeys } = (await undo(await undoTokenSentTo(latchkey, ada.email, /password/))).body
    assert.deepEqual(
      passkeys.map(({ id }: { id: string }) => id),
      [current.id, pending.id],
    )
  })

  test('the addresses that an undo takes away are told, without a link', async () => {
    const ada = await latchkey.owner()
    const [thief, second] = [`thief-${ada.email}`, `second-${ada.email}`]
    const { password: currentPassword } = ada
    assertStatus(await ada.post('/settings/Email', { email: thief, currentPassword }), 202)
    const code = await latchkey.codeSentTo(thief)
    assertStatus(await ada.post('/settings/Email', { email: thief, code }), 200)
    const byEmail = { mfaMethod: 'email', email: second }
    assertStatus(await ada.post('/settings/MfaSignIn', byEmail), 202)
    const proof = await latchkey.codeSentTo(second)
    assertStatus(await ada.post('/settings/MfaSignIn', { ...byEmail, code: proof }), 200)

    const token = await undoTokenSentTo(latchkey, ada.email, /email address/)
    assert.equal((await undo(token)).body.email, ada.email)
    for (const address of [ada.email, thief, second]) {
      const notices = (await latchkey.inbox(address)).filter(({ subject }) =>
        /was undone$/.test(subject),
      )
      assert.equal(notices.length, 1, address)
      assert.doesNotMatch(notices[0]?.text ?? '', /#token=|you can undo it/)
    }
  })

  test('an undo and a reset name the passkeys and the other changes that can still be undone', async () => {
    const ada = await latchkey.owner()
    await ada.changePassword('the sentence of a thief')
    const passkey = await addPasskey(latchkey, ada, { name: 'Key of a thief' })
    await ada.changePassword('another sentence of a thief')
    const undone = await undo(await undoTokenSentTo(latchkey, ada.email, /password/))
    const reset = await latchkey.post('/auth/ResetPassword', {
      resetToken: undone.body.resetToken,
      newPassword: 'a new sentence of Ada',
    })
    ada.password = 'a new sentence of Ada'
    const again = await ada.resetPassword('yet another sentence of Ada')
    const left = (response: ApiResponse) => [
      response.body.undoableChanges.map(({ type }: { type: string }) => type),
      response.body.passkeys.map(({ id }: { id: string }) => id),
    ]
    assert.deepEqual(left(undone), [['passkey.added', 'password.changed'], [passkey.id]])
    assert.deepEqual(left(reset), left(undone))
    assert.deepEqual(left(again), [
      ['password.reset', 'passkey.added', 'password.changed'],
      [passkey.id],
    ])
  })
})
