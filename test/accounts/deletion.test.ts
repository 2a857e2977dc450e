import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCleanUp } from '../support/clean-up.ts'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { addPasskey } from '../support/passkeys.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

onEachDatabase((latchkey) => {
  // Abuse case (MFA changed by an attacker): Sessions survived a password
  // reset or a deletion (GHSA-2vg6-77g8-24mp, CVE-2023-22492, CVE-2026-43983).
  test('deleting an account ends access at once and notifies its owner', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const wrong = await ada.delete('/settings/Account', { body: { password: 'not it' } })
    assert.equal(wrong.status, 401)
    const deleted = await ada.delete('/settings/Account', { body: { password: ada.password } })
    assert.equal(deleted.status, 204)

    assert.equal((await ada.get('/settings')).status, 401)
    const { email, refreshToken, password } = ada
    assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
    assert.equal((await latchkey.post('/auth/SignIn', { email, password })).status, 401)
    const [message] = await latchkey.inbox(email)
    assert.match(message?.subject ?? '', /was deleted/)
  })

  test('an undo within seven days restores a deleted account as it was', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.delete('/settings/Account', { body: { password: ada.password } })
    travel(6 * 86_400_000)
    await runCleanUp(latchkey)
    const token = await undoTokenSentTo(latchkey, ada.email, /was deleted/)
    const { body } = await latchkey.post('/auth/Undo', { token })
    assert.equal(body.undone, 'account.deleted')
    ada.password = 'a whole new sentence'
    const { resetToken } = body
    await latchkey.post('/auth/ResetPassword', { resetToken, newPassword: ada.password })
    await ada.signInFully()
  })

  test('a deleted account responds to its right password and to wrong ones as an unknown address does', async () => {
    const ada = await latchkey.owner()
    const { email, password } = ada
    await ada.delete('/settings/Account', { body: { password } })
    const signIn = async (body: object) => {
      const { requestId: _, ...rest } = (await latchkey.post('/auth/SignIn', body)).body
      return rest
    }
    const unknown = await signIn({ email: `nobody-${email}`, password })
    assert.equal(unknown.code, 'invalid_credentials')
    assert.deepEqual(await signIn({ email, password }), unknown)
    assert.deepEqual(await signIn({ email, password: 'not the right one' }), unknown)
  })

  // Abuse case (MFA changed by an attacker): Deleting left personal data
  // behind.
  test('seven days after a deletion no table contains the account’s personal data', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const name = `${ada.email}’s phone`
    const { credentialId, userHandle } = await addPasskey(latchkey, ada, { name })
    const { options } = (await ada.startPasskeyRegistration()).body
    await ada.signIn()
    await ada.delete('/settings/Account', { body: { password: ada.password } })
    travel(8 * 86_400_000)
    await runCleanUp(latchkey)

    const tables =
      latchkey.databaseKind === 'SQLite'
        ? "select name from sqlite_schema where type = 'table'"
        : "select table_name as name from information_schema.tables where table_schema = 'public'"
    for (const { name } of await latchkey.sql(tables)) {
      const rows = JSON.stringify(await latchkey.sql(`select * from ${name}`))
      const personalData = [ada.email, ada.phoneNumber, credentialId, userHandle, options.challenge]
      for (const personal of personalData) {
        assert.ok(!rows.includes(personal), `${name} still contains personal data`)
      }
    }
    const erased = await latchkey.sql("select * from activity where type = 'account.erased'")
    assert.ok(erased.length > 0)
    // The address can be used again.
    const newOwner = await latchkey.owner({ email: ada.email })
    assert.equal((await newOwner.get('/settings/MfaSignIn')).body.enabled, false)
  })
})
