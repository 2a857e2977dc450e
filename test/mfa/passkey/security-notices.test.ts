/** Notices of added and removed passkeys, and their undo periods. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../../support/clock.ts'
import { onEachDatabase } from '../../support/latchkey.ts'
import type { Owner } from '../../support/owner.ts'
import { addPasskey, signInWithPasskey } from '../../support/passkeys.ts'
import { undoTokenSentTo } from '../../support/undo-token.ts'

const day = 24 * 60 * 60_000
const minute = 60_000

onEachDatabase((latchkey) => {
  const undo = (token: string) => latchkey.post('/auth/Undo', { token })

  test('both addresses are notified of an added or removed passkey, and the account’s own gets an undo link', async () => {
    const ada = await latchkey.owner()
    const secondEmail = `second-${ada.email}`
    const request = { mfaMethod: 'email', email: secondEmail }
    assert.equal((await ada.post('/settings/MfaSignIn', request)).status, 202)
    const code = await latchkey.codeSentTo(secondEmail)
    assert.equal((await ada.post('/settings/MfaSignIn', { ...request, code })).status, 200)

    const passkey = await addPasskey(latchkey, ada, { name: '<b>phone</b>' })
    await ada.delete(`/settings/Passkeys/${passkey.id}`)
    for (const address of [ada.email, secondEmail]) {
      const notices = (await latchkey.inbox(address)).filter(({ subject }) =>
        /passkey/.test(subject),
      )
      assert.deepEqual(
        notices.map(({ subject }) => subject),
        ['A passkey for Latchkey was removed', 'A passkey for Latchkey was added'],
      )
      for (const { text, html } of notices) {
        assert.equal(/\/undo#token=/.test(text), address === ada.email)
        assert.doesNotMatch(`${html}`, /<b>phone/)
      }
    }
    const [added, removed] = [
      await undoTokenSentTo(latchkey, ada.email, /added/),
      await undoTokenSentTo(latchkey, ada.email, /removed/),
    ]
    assert.notEqual(added, removed)
    assert.equal((await undo(added)).status, 200)
  })

  const changes: [string, RegExp, () => Promise<Owner>][] = [
    ['added while MFA is off', /added/, () => latchkey.owner()],
    ['added while codes go to the mailbox', /added/, () => latchkey.owner({ mfaMethod: 'email' })],
    ['added beside an app', /added/, () => latchkey.owner({ mfaMethod: 'authenticator' })],
    ['removed while MFA is off', /removed/, () => latchkey.owner()],
    [
      'removed while codes go to the mailbox',
      /removed/,
      () => latchkey.owner({ mfaMethod: 'email' }),
    ],
  ]
  for (const [what, subject, owner] of changes) {
    test(`a passkey ${what}: the undo link is valid for seven days and no longer`, async () => {
      const tokens: string[] = []
      for (let i = 0; i < 2; i += 1) {
        const ada = await owner()
        const passkey = await addPasskey(latchkey, ada)
        if (subject.test('removed')) await ada.delete(`/settings/Passkeys/${passkey.id}`)
        tokens.push(await undoTokenSentTo(latchkey, ada.email, subject))
      }
      const [inTimeToken = '', lateToken = ''] = tokens
      travel(7 * day - minute)
      assert.equal((await undo(inTimeToken)).status, 200)
      travel(2 * minute)
      assert.equal((await undo(lateToken)).body.code, 'undo_token_expired')
    })
  }

  test('all passkeys of an account get one random user handle, which reveals nothing about it', async () => {
    const [ada, bob] = [await latchkey.owner(), await latchkey.owner()]
    const handles = async (owner: Owner) => [
      (await addPasskey(latchkey, owner)).userHandle,
      (await addPasskey(latchkey, owner, { synced: true })).userHandle,
      (await owner.startPasskeyRegistration()).body.options.user.id as string,
    ]
    const [adas, bobs] = [await handles(ada), await handles(bob)]
    const [handle = ''] = adas
    assert.deepEqual(adas, [handle, handle, handle])
    assert.equal(new Set([...adas, ...bobs]).size, 2)
    const bytes = Buffer.from(handle, 'base64url')
    assert.equal(bytes.length, 32)
    assert.equal(bytes.toString('base64url'), handle)
    const [{ id }] = await latchkey.sql(`select id from account where email = '${ada.email}'`)
    for (const known of [id, ada.email]) {
      assert.ok(!bytes.toString('latin1').includes(known))
      assert.ok(!handle.includes(Buffer.from(known).toString('base64url').slice(0, 12)))
    }
  })

  test('the user handle outlives the last passkey, and ten concurrent registrations share it', async () => {
    const ada = await latchkey.owner()
    const begun = await Promise.all(
      Array.from({ length: 10 }, () => ada.startPasskeyRegistration()),
    )
    const handles = new Set(begun.map(({ body }) => body.options.user.id))
    assert.equal(handles.size, 1)
    const passkey = await addPasskey(latchkey, ada)
    await ada.delete(`/settings/Passkeys/${passkey.id}`)
    const next = await addPasskey(latchkey, ada)
    assert.ok(handles.has(next.userHandle))
    assert.equal((await signInWithPasskey(latchkey, next)).status, 200)
  })
})
