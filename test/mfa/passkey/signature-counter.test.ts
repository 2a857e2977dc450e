/** A signature counter that does not increase is a sign of a cloned authenticator. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../../support/clock.ts'
import { onEachDatabase } from '../../support/latchkey.ts'
import { countLiveSessions } from '../../support/mfa.ts'
import type { Owner } from '../../support/owner.ts'
import {
  addPasskey,
  type PasskeySignInOptions,
  passkeyRowsOf,
  requestMfaToken,
  signInWithPasskey,
  startPasskeySignIn,
  turnOnWithPasskey,
  verifyPasskeySignIn,
} from '../../support/passkeys.ts'

onEachDatabase((latchkey) => {
  const refusals = async (ada: Owner) =>
    (await latchkey.inbox(ada.email)).filter(({ subject }) => /passkey .* rejected/.test(subject))

  const uses: [string, (ada: Owner) => Promise<PasskeySignInOptions>][] = [
    ['alone', async () => ({})],
    ['as second factor', async (ada) => ({ mfaToken: await requestMfaToken(ada) })],
    ['to confirm a session', async (ada) => ({ call: { token: ada.accessToken } })],
  ]
  for (const [use, more] of uses) {
    // Abuse case (Passkeys): A cloned key signed in beside the original.
    test(`a signature counter that does not increase is rejected and reported to the owner: ${use}`, async () => {
      const ada = await latchkey.owner()
      const passkey = await addPasskey(latchkey, ada)
      await turnOnWithPasskey(ada, passkey)
      const used = await signInWithPasskey(latchkey, passkey, { ...(await more(ada)) })
      ada.storeTokens(used)
      const before = [await passkeyRowsOf(latchkey, ada), await countLiveSessions(latchkey, ada)]
      const { counter } = passkey

      for (const stale of [counter, counter - 1, 1, 0]) {
        const options: PasskeySignInOptions = {
          ...(await more(ada)),
          tampering: { counter: stale },
        }
        const answer = await signInWithPasskey(latchkey, passkey, options)
        assert.equal(answer.status, 401, String(stale))
        assert.equal(answer.body.code, 'invalid_passkey')
      }
      const after = [await passkeyRowsOf(latchkey, ada), await countLiveSessions(latchkey, ada)]
      assert.deepEqual(after, before)
      assert.equal((await refusals(ada)).length, 3, 'at most three notices a day')
      const { activity } = (await ada.get('/settings/Activity')).body
      const entries = activity.filter(({ type }: { type: string }) => type === 'passkey.refused')
      assert.deepEqual(
        entries.map(({ detail }: { detail: unknown }) => detail),
        [0, 1, counter - 1, counter].map((stale) => ({
          passkey: 'Passkey 1',
          counter: stale,
          expectedAbove: counter,
        })),
      )
      assert.equal((await signInWithPasskey(latchkey, passkey, await more(ada))).status, 200)
    })
  }

  test('a stale signature counter does not turn MFA on', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    assert.equal((await signInWithPasskey(latchkey, passkey)).status, 200)
    const { options } = (await ada.post('/settings/MfaSignIn', { mfaMethod: 'passkey' })).body
    const assertion = passkey.get(options, { counter: 1 })
    const answer = await ada.post('/settings/MfaSignIn', { mfaMethod: 'passkey', assertion })
    assert.equal(answer.status, 401)
    assert.equal(answer.body.code, 'invalid_passkey')
    assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, false)
    assert.equal((await refusals(ada)).length, 1)
  })

  test('the owner is notified again the next day about a stale signature counter', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    for (let i = 0; i < 5; i += 1)
      await signInWithPasskey(latchkey, passkey, { tampering: { counter: 1 } })
    assert.equal((await refusals(ada)).length, 3)
    travel(24 * 60 * 60_000 + 1)
    await signInWithPasskey(latchkey, passkey, { tampering: { counter: 1 } })
    assert.equal((await refusals(ada)).length, 4)
  })

  test('a passkey without a counter signs in repeatedly, until it starts to count', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada, { hasCounter: false })
    for (let i = 0; i < 3; i += 1) {
      assert.equal((await signInWithPasskey(latchkey, passkey)).status, 200)
    }
    const use = (counter: number) =>
      signInWithPasskey(latchkey, passkey, { tampering: { counter } })
    assert.equal((await use(7)).status, 200)
    assert.equal((await use(0)).status, 401)
    assert.equal((await use(7)).status, 401)
    assert.equal((await use(0xff_ff_ff_ff)).status, 200)
    assert.equal((await use(8)).status, 401)
  })

  // Abuse case (Passkeys): Two clones with the same counter, used concurrently, both signed in.
  test('of twenty concurrent assertions with the same counter, one signs in', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    const before = await countLiveSessions(latchkey, ada)
    const begun = await Promise.all(Array.from({ length: 20 }, () => startPasskeySignIn(latchkey)))
    const answers = await Promise.all(
      begun.map((one) =>
        verifyPasskeySignIn(latchkey, one, passkey.get(one.body.options, { counter: 9 })),
      ),
    )
    const statuses = answers.map(({ status }) => status).sort()
    assert.deepEqual(statuses, [200, ...Array(19).fill(401)])
    assert.equal(await countLiveSessions(latchkey, ada), before + 1)
    const [{ counter }] = await passkeyRowsOf(latchkey, ada)
    assert.equal(Number(counter), 9)
    assert.equal((await refusals(ada)).length, 3)
  })
})
