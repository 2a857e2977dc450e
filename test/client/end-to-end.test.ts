/** The typed client against a running service. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Activity, createLatchkey } from '../../client/latchkey.ts'
import { onDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { AuthenticatorApp, type Owner } from '../support/owner.ts'

const as = (latchkey: TestLatchkey, { accessToken }: Owner) =>
  createLatchkey({ baseUrl: latchkey.origin, token: () => accessToken })

onDatabase('SQLite', (latchkey) => {
  test('an owner signs up, turns MFA on with an authenticator app, signs in with it and turns it off', async () => {
    let accessToken: string | undefined
    const client = createLatchkey({ baseUrl: latchkey.origin, token: () => accessToken })
    const email = 'client@example.com'
    const password = 'a sentence for the client'
    latchkey.markSecret(email, password)

    const begun = await client.auth.signUp.post({ email, password })
    assert.ok(begun.status === 202)
    assert.equal(begun.data.status, 'codeSent')
    const code = await latchkey.codeSentTo(email)
    const { signUpToken } = begun.data
    latchkey.markSecret(signUpToken)
    const signedUp = await client.auth.signUp.verify.post({ signUpToken, code })
    assert.ok(signedUp.status === 201)
    accessToken = signedUp.data.accessToken
    latchkey.markSecret(accessToken)

    const app = new AuthenticatorApp()
    const made = await client.settings.mfaSecret.post()
    assert.ok(made.ok)
    app.secret = made.data.secret
    latchkey.markSecret(app.secret)
    const on = await client.settings.mfaSignIn.post({
      mfaMethod: 'authenticator',
      code: app.nextCode(),
    })
    assert.ok(on.status === 200)
    assert.equal(on.data.enabled, true)
    assert.equal(on.data.recoveryCodes?.length, 10)

    const first = await client.auth.signIn.post({ email, password })
    assert.ok(first.ok && first.data.status === 'mfaRequired')
    const { mfaToken, mfaMethod } = first.data
    assert.equal(mfaMethod, 'authenticator')
    const second = await client.auth.signIn.mfa.post({ mfaToken, code: app.nextCode() })
    assert.ok(second.ok)
    accessToken = second.data.accessToken

    const off = await client.settings.mfaSignIn.delete()
    assert.ok(off.ok)
    assert.deepEqual(
      { ...off.data, changedAt: '' },
      {
        enabled: false,
        mfaMethod: null,
        availableMethods: ['authenticator'],
        pendingMethods: [],
        mfaEmail: null,
        changedAt: '',
      },
    )
    const now = await client.auth.signIn.post({ email, password })
    assert.ok(now.ok && now.data.status === 'signedIn')
    assert.deepEqual(await client.auth.signOut.post(), { ok: true, status: 204, data: undefined })
  })

  test('the status distinguishes the two successful responses of one call', async () => {
    const ada = await latchkey.owner()
    const client = as(latchkey, ada)
    const { phoneNumber } = ada
    const sent = await client.settings.mfaSignIn.post({ mfaMethod: 'sms', phoneNumber })
    assert.ok(sent.status === 202 && sent.data.status === 'codeSent')
    assert.ok(sent.data.retryAfter > 0)
    const code = await latchkey.codeSentTo(phoneNumber)
    const on = await client.settings.mfaSignIn.post({ mfaMethod: 'sms', phoneNumber, code })
    assert.ok(on.status === 200)
    assert.equal(on.data.mfaMethod, 'sms')
  })

  test('a problem is a return value with a code for programs', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const client = createLatchkey({ baseUrl: latchkey.origin })
    const { email, password } = ada
    const begun = await client.auth.signIn.post({ email, password })
    assert.ok(begun.ok && begun.data.status === 'mfaRequired')

    const code = await ada.wrongCodeFor('authenticator')
    const wrong = await client.auth.signIn.mfa.post({ mfaToken: begun.data.mfaToken, code })
    assert.ok(!wrong.ok)
    assert.equal(wrong.status, 401)
    assert.equal(wrong.problem.code, 'invalid_code')
    assert.equal(wrong.problem.attemptsLeft, 4)
    assert.equal(wrong.problem.status, 401)
    assert.ok(wrong.problem.detail)
  })

  test('list parameters are sent in the query string, and null omits one', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const client = as(latchkey, ada)
    const all = await client.settings.activity.get()
    assert.ok(all.ok && all.data.activity.length > 2)

    const ids: string[] = []
    let cursor: string | null = null
    do {
      const page = await client.settings.activity.get({ cursor, limit: 2 })
      assert.ok(page.ok && page.data.activity.length <= 2)
      const { activity, nextCursor }: Activity = page.data
      ids.push(...activity.map(({ id }) => id))
      cursor = nextCursor
    } while (cursor !== null)
    const { activity } = all.data
    assert.deepEqual(
      ids,
      activity.map(({ id }) => id),
    )
  })

  test('byId deletes one item, and no unusual id deletes all of them', async () => {
    const ada = await latchkey.owner()
    await ada.signInFully()
    await ada.signInFully()
    const { sessions } = as(latchkey, ada).settings
    const before = await sessions.get()
    assert.ok(before.ok && before.data.sessions.length === 3)

    for (const id of ['', '.', '..', '../Sessions', '?', '#', '*']) {
      const answer = await sessions.byId(id).delete()
      assert.ok(!answer.ok, id)
      assert.deepEqual(await sessions.get(), before, id)
    }
    const other = before.data.sessions.find(({ current }) => !current)
    const after = await sessions.byId(other?.id ?? '').delete()
    assert.ok(after.ok && after.data.sessions.length === 2)
    assert.ok(after.data.sessions.every(({ id }) => id !== other?.id))
  })
})
