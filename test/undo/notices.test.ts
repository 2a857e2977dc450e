/** Notices and responses of an undo: which addresses and passkeys they cover. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
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
})
