import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import { assertBody } from '../support/responses.ts'

onEachDatabase((latchkey) => {
  test('turning MFA off: from then on the password alone signs in', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    assert.equal((await ada.signIn()).body.status, 'mfaRequired')
    const { changedAt } = (await ada.get('/settings/MfaSignIn')).body

    const off = await ada.delete('/settings/MfaSignIn')
    const availableMethods = ['authenticator']
    assertBody(off, 200, { enabled: false, mfaMethod: null, availableMethods })
    assert.ok(off.body.changedAt > changedAt)
    assert.equal((await ada.signIn()).body.status, 'signedIn')
  })

  test('turning MFA off responds like GET, also to an empty JSON body', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const off = await ada.delete('/settings/MfaSignIn', {
      body: '',
      headers: { 'content-type': 'application/json' },
    })
    assert.equal(off.status, 200)
    assert.deepEqual((await ada.get('/settings/MfaSignIn')).body, off.body)
  })

  // Abuse case (MFA changed by an attacker): A sign-in started before the
  // change was completed after it.
  test('turning MFA off voids a sign-in that was waiting for its code', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const waiting = await ada.signIn()
    assert.equal(waiting.body.status, 'mfaRequired')

    await ada.delete('/settings/MfaSignIn')

    const { mfaToken } = waiting.body
    const code = ada.authenticator.nextCode()
    const late = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
    assert.equal(late.status, 401)
    assert.equal(late.body.code, 'mfa_token_expired')
  })

  test('turning MFA off again succeeds, changes nothing and sends no notice', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const first = await ada.delete('/settings/MfaSignIn')
    const second = await ada.delete('/settings/MfaSignIn')
    assert.equal(second.status, 200)
    assert.deepEqual(second.body, first.body)
    const notices = (await latchkey.inbox(ada.email)).filter(({ subject }) => / off$/.test(subject))
    assert.equal(notices.length, 1)
  })

  // Abuse case (MFA changed by an attacker): Turning MFA off twice
  // concurrently was two changes with two notices, and an undo restored only one.
  test('thirty concurrent DELETEs notify the owner once', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => ada.delete('/settings/MfaSignIn')),
    )
    assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200])
    const notices = (await latchkey.inbox(ada.email)).filter(({ subject }) => / off$/.test(subject))
    assert.equal(notices.length, 1)
    assert.match(notices[0]?.text ?? '', /\/undo#token=/)
    const { body } = await ada.get('/settings/Activity')
    const entries = body.activity.filter((entry: { type: string }) => entry.type === 'mfa.off')
    assert.equal(entries.length, 1)
  })
})
