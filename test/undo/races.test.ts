/**
 * A thief with a strong session makes further changes while the owner undoes the first one. In
 * whatever order they run, the thief's undo links must not restore the thief's state.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import { countLiveSessions } from '../support/mfa.ts'
import type { Owner } from '../support/owner.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

onEachDatabase((latchkey) => {
  const undo = (token: string) => latchkey.post('/auth/Undo', { token })

  /** Changes the account's email address. @returns the owner's undo token */
  async function steal(ada: Owner, email: string): Promise<string> {
    assert.equal((await ada.startEmailChange(email)).status, 202)
    const code = await latchkey.codeSentTo(email)
    assert.equal((await ada.post('/settings/Email', { email, code })).status, 200)
    return undoTokenSentTo(latchkey, ada.email, /email address/)
  }

  /** All undo tokens sent to an address. */
  async function undoTokensSentTo(address: string): Promise<string[]> {
    return (await latchkey.inbox(address)).flatMap(({ text }) => {
      const token = /\/undo#token=([\w-]+)/.exec(text)?.[1]
      return token ? [token] : []
    })
  }

  // Abuse case (Undo): The thief undid the undo.
  test('a change that races an undo gives the thief no valid undo link', async () => {
    for (let round = 0; round < 8; round += 1) {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const mailbox = `thief-${ada.email}`
      const token = await steal(ada, mailbox)
      const changes = () =>
        Promise.all(Array.from({ length: 6 }, () => ada.post('/settings/RecoveryCodes')))
      const undoing = round % 2 === 0 ? undo(token) : undefined
      const changing = changes()
      const undone = await (undoing ?? undo(token))
      assert.equal(undone.status, 200)
      for (const { status } of await changing) assert.ok([200, 401].includes(status))
      for (const thiefToken of await undoTokensSentTo(mailbox))
        assert.equal((await undo(thiefToken)).status, 401)
      await ada.resetPassword(`a sentence of round ${round}`)
    }
  })

  // Abuse case (Undo): The thief undid the undo.
  test('an undo also undoes a later change at a node whose clock is behind', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const behind = await latchkey.secondNode({ clockBehindMs: 5 * 60_000 })
    try {
      const mailbox = `thief-${ada.email}`
      const token = await steal(ada, mailbox)
      const generated = await ada.post('/settings/RecoveryCodes', undefined, { node: behind })
      assert.equal(generated.status, 200)
      assert.equal((await undo(token)).status, 200)
      const [thiefToken] = await undoTokensSentTo(mailbox)
      assert.ok(thiefToken)
      assert.equal((await undo(thiefToken)).status, 401)
    } finally {
      await behind.stop()
    }
  })

  test('concurrent undos by different links end in one consistent state, without an error', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    await ada.turnOn('authenticator')
    await ada.post('/settings/RecoveryCodes')
    await ada.delete('/settings/MfaSignIn')
    const tokens = await undoTokensSentTo(ada.email)
    assert.equal(tokens.length, 4)
    const answers = await Promise.all(tokens.map(undo))
    assert.ok(answers.every(({ status }) => [200, 401].includes(status)))
    const resets = answers.filter(({ status }) => status === 200).map(({ body }) => body.resetToken)
    assert.ok(resets.length >= 1)
    // Each undo voids the reset token of the previous one.
    const resetAnswers = []
    for (const resetToken of resets) {
      const newPassword = 'a whole new sentence'
      resetAnswers.push(await latchkey.post('/auth/ResetPassword', { resetToken, newPassword }))
    }
    assert.equal(resetAnswers.filter(({ status }) => status === 200).length, 1)
  })

  // Abuse case (Undo): After an undo the thief’s
  // password, session, device or pending sign-in still gave access.
  test('refreshes and sign-ins that race an undo create no session that outlives it', async () => {
    for (let round = 0; round < 4; round += 1) {
      const ada = await latchkey.owner()
      const earlier = await Promise.all([ada.signIn(), ada.signIn()])
      await ada.changePassword(`a sentence of thieves ${round}`)
      const { refreshToken } = (await ada.signIn()).body
      const token = await undoTokenSentTo(latchkey, ada.email, /password/)
      const [undone, ...late] = await Promise.all([
        undo(token),
        ada.signIn(),
        latchkey.post('/auth/Refresh', { refreshToken }),
        ada.delete('/settings/Sessions'),
        ada.post('/auth/Reauthenticate', { password: ada.password }),
      ])
      assert.equal(undone.status, 200)
      for (const { status, body } of [...earlier, ...late]) {
        if (status !== 200 || !body.accessToken) continue
        const { accessToken, refreshToken: next } = body
        assert.equal((await latchkey.get('/settings', { token: accessToken })).status, 401)
        const again = await latchkey.post('/auth/Refresh', { refreshToken: next })
        assert.equal(again.status, 401)
      }
      assert.equal(await countLiveSessions(latchkey, ada), 0)
    }
  })
})
