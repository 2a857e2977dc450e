import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseKeyring } from '../../src/keys/keyring.ts'
import { sealContext } from '../../src/keys/sealed-columns.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { addPasskey, signInWithPasskey } from '../support/passkeys.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

onEachDatabase((latchkey) => {
  /** Replaces the newest undo token's snapshot with one from before passkeys existed. */
  async function sealAsBeforePasskeys(): Promise<void> {
    const keyring = parseKeyring(latchkey.environment.LATCHKEY_ENCRYPTION_KEYS ?? '')
    const [row] = await latchkey.sql('select id, snapshot_sealed from undo_token order by id desc')
    const snapshot = JSON.parse(
      keyring.open(row.snapshot_sealed, sealContext('undo_token', row.id)),
    )
    assert.deepEqual(Object.keys(snapshot.credentials), ['totp_secret', 'recovery_code', 'passkey'])
    delete snapshot.credentials.passkey
    const sealed = keyring.seal(JSON.stringify(snapshot), sealContext('undo_token', row.id))
    await latchkey.sql(`update undo_token set snapshot_sealed = '${sealed}' where id = '${row.id}'`)
  }

  test('an undo token from before passkeys existed still works, and removes passkeys added since', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.delete('/settings/MfaSignIn')
    const token = await undoTokenSentTo(latchkey, ada.email, / off$/)
    await sealAsBeforePasskeys()
    const newPasskey = await addPasskey(latchkey, ada)

    const undone = await latchkey.post('/auth/Undo', { token })
    assert.equal(undone.body.undone, 'mfa.off', JSON.stringify(undone.body))
    const { resetToken } = undone.body
    const newPassword = 'a whole new sentence'
    await latchkey.post('/auth/ResetPassword', { resetToken, newPassword })
    ada.password = newPassword
    await ada.signInFully()
    const { mfaSignIn, passkeys } = (await ada.get('/settings')).body
    assert.deepEqual([mfaSignIn.mfaMethod, passkeys], ['authenticator', []])
    assert.equal((await signInWithPasskey(latchkey, newPasskey)).body.code, 'invalid_passkey')
  })
})
