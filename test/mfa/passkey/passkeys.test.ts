import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../../support/latchkey.ts'
import { addPasskey, signInWithPasskey, turnOnWithPasskey } from '../../support/passkeys.ts'

onEachDatabase((latchkey) => {
  test('a passkey is added, named, listed, renamed and removed', async () => {
    const ada = await latchkey.owner()
    const phone = await addPasskey(latchkey, ada, { name: 'My phone' })
    await addPasskey(latchkey, ada, { synced: true, hasCounter: false })

    const { passkeys } = (await ada.get('/settings/Passkeys')).body
    assert.deepEqual(
      passkeys.map(({ name, backedUp, lastUsedAt }: Record<string, unknown>) => [
        name,
        backedUp,
        lastUsedAt,
      ]),
      [
        ['Passkey 2', true, null],
        ['My phone', false, null],
      ],
    )
    const renamed = await latchkey.request('PATCH', `/settings/Passkeys/${phone.id}`, {
      body: { name: 'Grandma’s phone' },
      token: ada.accessToken,
    })
    assert.equal(renamed.body.name, 'Grandma’s phone')

    const removed = await ada.delete(`/settings/Passkeys/${phone.id}`)
    assert.equal(removed.status, 200)
    assert.deepEqual(
      removed.body.passkeys.map(({ name }: { name: string }) => name),
      ['Passkey 2'],
    )
    assert.deepEqual(removed.body.mfaSignIn.availableMethods, ['passkey'])
    assert.deepEqual((await ada.get('/settings')).body.passkeys, removed.body.passkeys)
    const { activity } = (await ada.get('/settings/Activity')).body
    const changes = activity.filter(({ type }: { type: string }) => type.startsWith('passkey'))
    assert.deepEqual(
      changes.map(({ type, detail }: Record<string, unknown>) => [type, detail]),
      [
        ['passkey.removed', { passkey: 'Grandma’s phone' }],
        ['passkey.renamed', { passkey: 'Grandma’s phone' }],
        ['passkey.added', { passkey: 'Passkey 2' }],
        ['passkey.added', { passkey: 'My phone' }],
      ],
    )
  })

  for (const algorithm of ['ES256', 'Ed25519', 'RS256'] as const) {
    test(`a passkey signs in alone with every signature algorithm: ${algorithm}`, async () => {
      const ada = await latchkey.owner()
      const passkey = await addPasskey(latchkey, ada, { algorithm })
      const answer = await signInWithPasskey(latchkey, passkey)
      ada.storeTokens(answer)
      const { sessions } = (await ada.get('/settings/Sessions')).body
      assert.deepEqual(sessions[0].amr, ['hwk', 'user', 'mfa'])
      assert.equal((await ada.get('/settings')).body.email, ada.email)
    })
  }

  test('a passkey turns MFA on and completes the second factor of a sign-in, which turns MFA off', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada, { synced: true, hasCounter: false })
    const on = await turnOnWithPasskey(ada, passkey)
    assert.equal(on.body.mfaMethod, 'passkey')
    assert.equal(on.body.recoveryCodes.length, 10)

    const begun = await ada.signIn()
    assert.equal(begun.body.status, 'mfaRequired')
    assert.equal(begun.body.mfaMethod, 'passkey')
    assert.deepEqual(begun.body.availableMethods, ['passkey', 'recoveryCode'])
    const { mfaToken } = begun.body
    ada.storeTokens(await signInWithPasskey(latchkey, passkey, { mfaToken }))
    const { sessions } = (await ada.get('/settings/Sessions')).body
    assert.deepEqual(sessions[0].amr, ['pwd', 'swk', 'user', 'mfa'])

    const off = await ada.delete('/settings/MfaSignIn')
    assert.deepEqual([off.body.enabled, off.body.availableMethods], [false, ['passkey']])
    assert.equal((await ada.signIn()).body.status, 'signedIn')
  })
})
