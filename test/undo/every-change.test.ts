/** Undoes each change that can be undone, and compares everything that decides signing in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { snapshotColumns } from '../../src/undo/snapshot.ts'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { accountStateOf } from '../support/mfa.ts'
import type { Method, Owner } from '../support/owner.ts'
import { addPasskey } from '../support/passkeys.ts'
import { assertProblem, assertStatus } from '../support/responses.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

const minute = 60_000
const day = 24 * 60 * minute

interface Undoable {
  type: string
  /** The MFA method before the change. */
  mfaMethod?: Method
  /** Runs before the change. */
  prepare?(ada: Owner): Promise<unknown>
  /** Matches the subject of the notice. */
  subject: RegExp
  change(ada: Owner): Promise<unknown>
}

onEachDatabase((latchkey) => {
  async function verifyAt(ada: Owner, path: string, body: object, to: string): Promise<void> {
    assert.equal((await ada.post(path, body)).status, 202)
    const code = await latchkey.codeSentTo(to)
    assert.equal((await ada.post(path, { ...body, code })).status, 200)
  }

  async function removeOldestPasskey(ada: Owner): Promise<void> {
    const { id } = (await ada.get('/settings/Passkeys')).body.passkeys.at(-1)
    assert.equal((await ada.delete(`/settings/Passkeys/${id}`)).status, 200)
  }

  const undoable: Undoable[] = [
    { type: 'mfa.on', subject: / on$/, change: (ada) => ada.turnOn('authenticator') },
    {
      type: 'mfa.off',
      mfaMethod: 'passkey',
      subject: / off$/,
      change: (ada) => ada.delete('/settings/MfaSignIn'),
    },
    {
      type: 'mfa.method_added',
      mfaMethod: 'authenticator',
      subject: /was changed$/,
      change: (ada) => ada.turnOn('sms'),
    },
    {
      type: 'mfa.method_changed',
      mfaMethod: 'sms',
      subject: /was changed$/,
      prepare: (ada) => ada.turnOn('authenticator'),
      change: (ada) => ada.turnOn('sms'),
    },
    {
      type: 'mfa.method_removed',
      mfaMethod: 'authenticator',
      subject: /was removed$/,
      prepare: (ada) => ada.turnOn('email'),
      change: (ada) => ada.delete('/settings/MfaSecret'),
    },
    {
      type: 'passkey.added',
      mfaMethod: 'passkey',
      subject: /passkey .* was added$/,
      change: (ada) => addPasskey(latchkey, ada),
    },
    {
      type: 'passkey.removed',
      mfaMethod: 'authenticator',
      subject: /passkey .* was removed$/,
      prepare: (ada) => ada.turnOn('passkey'),
      change: removeOldestPasskey,
    },
    {
      type: 'password.changed',
      mfaMethod: 'sms',
      subject: /password/,
      change: (ada) => ada.changePassword('the sentence of a thief'),
    },
    {
      type: 'password.reset',
      mfaMethod: 'sms',
      subject: /Your password/,
      change: (ada) => ada.resetPassword('the sentence of a thief'),
    },
    {
      type: 'email.changed',
      mfaMethod: 'email',
      subject: /email address/,
      change: (ada) => {
        const email = `thief-${ada.email}`
        const { password: currentPassword } = ada
        return verifyAt(ada, '/settings/Email', { email, currentPassword }, email)
      },
    },
    {
      type: 'phone.changed',
      mfaMethod: 'sms',
      subject: /phone number/,
      change: (ada) => {
        const phoneNumber = ada.phoneNumber.replace('+1415', '+1416')
        return verifyAt(ada, '/settings/PhoneNumber', { phoneNumber }, phoneNumber)
      },
    },
    {
      type: 'recovery_codes.generated',
      mfaMethod: 'authenticator',
      subject: /recovery codes/,
      change: (ada) => ada.post('/settings/RecoveryCodes'),
    },
    {
      type: 'account.deleted',
      mfaMethod: 'authenticator',
      subject: /was deleted/,
      change: (ada) => ada.delete('/settings/Account', { body: { password: ada.password } }),
    },
  ]

  /** The state of the account, as far as an undo restores it. */
  async function restorableState(ada: Owner) {
    const { account, authenticator, recoveryCodes, passkeys } = await accountStateOf(latchkey, ada)
    const alive = (rows: { id: string; removed_at: unknown; confirmed_at?: unknown }[]) =>
      rows.filter((row) => row.removed_at === null && row.confirmed_at !== null).map(({ id }) => id)
    // An epoch that comes back before it had settled starts settling again: settled.test.ts.
    const columns = snapshotColumns.filter((column) => column !== 'mfa_settles_at')
    return {
      account: columns.map((column) => account[0][column]),
      authenticator: alive(authenticator),
      recoveryCodes: alive(recoveryCodes),
      passkeys: alive(passkeys),
    }
  }

  for (const { type, mfaMethod, subject, prepare, change } of undoable) {
    test(`${type} can be undone: everything is as it was, and only a new password signs in`, async () => {
      const ada = await latchkey.owner(mfaMethod ? { mfaMethod } : {})
      travel(31_000)
      await prepare?.(ada)
      const before = await restorableState(ada)
      const { password } = ada
      await change(ada)
      const token = await undoTokenSentTo(latchkey, ada.email, subject)
      assert.notDeepEqual(await changedState(ada, type), before)

      const undone = await latchkey.post('/auth/Undo', { token })
      assert.equal(undone.status, 200, JSON.stringify(undone.body))
      assert.equal(undone.body.undone, type)
      assert.equal(undone.body.email, ada.email)
      assert.deepEqual(await restorableState(ada), before)
      assert.equal((await ada.get('/settings')).status, 401)
      for (const known of [password, ada.password]) {
        const body = { email: ada.email, password: known }
        assert.equal((await latchkey.post('/auth/SignIn', body)).status, 401)
      }

      const { resetToken } = undone.body
      const newPassword = 'a whole new sentence'
      const reset = await latchkey.post('/auth/ResetPassword', { resetToken, newPassword })
      assert.equal(reset.status, 200)
      ada.password = newPassword
      travel(31_000)
      await ada.signInFully()
      const { body } = await ada.get('/settings/Activity')
      const kinds = body.activity.map((entry: { type: string }) => entry.type)
      const done = kinds.filter((kind: string) => kind !== 'signin.failed').slice(0, 3)
      assert.deepEqual(done, ['signin.succeeded', 'password.reset', 'change.undone'])
    })
  }

  for (const { type, mfaMethod, subject, prepare, change } of undoable) {
    test(`${type} can be undone for seven days, and no longer`, async () => {
      const [ada, ben] = [
        await latchkey.owner(mfaMethod ? { mfaMethod } : {}),
        await latchkey.owner(mfaMethod ? { mfaMethod } : {}),
      ]
      travel(31_000)
      const tokens: string[] = []
      for (const owner of [ada, ben]) {
        await prepare?.(owner)
        await change(owner)
        tokens.push(await undoTokenSentTo(latchkey, owner.email, subject))
      }
      // MFA has settled by then, so the link may ask for a second factor first.
      travel(7 * day - minute)
      assertStatus(await latchkey.post('/auth/Undo', { token: tokens[0] }), 200)
      travel(minute + 1)
      const late = await latchkey.post('/auth/Undo', { token: tokens[1] })
      assertProblem(late, 401, 'undo_token_expired')
    })
  }

  /** The state after a change; after a change of the address, the account has the new one. */
  function changedState(ada: Owner, type: string) {
    if (type !== 'email.changed') return restorableState(ada)
    return restorableState({ email: `thief-${ada.email}` } as Owner)
  }

  // Abuse case (Undo): An undo reverted one change and
  // left the thief’s other changes.
  test('after several changes of phone, app, passkeys and codes, each link restores its own moment', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await addPasskey(latchkey, ada)
    const ownSecret = ada.authenticator.secret
    const codes = ada.recoveryCodes
    const moments: { token: string; before: unknown }[] = []
    const recordChange = async (subject: RegExp, change: () => Promise<unknown>) => {
      const before = await restorableState(ada)
      await change()
      moments.push({ token: await undoTokenSentTo(latchkey, ada.email, subject), before })
      travel(1000)
    }
    const setPhone = (phoneNumber: string) =>
      verifyAt(ada, '/settings/PhoneNumber', { phoneNumber }, phoneNumber)
    const base = ada.phoneNumber.slice(0, -1)

    await recordChange(/phone number/, () => setPhone(`${base}1`))
    await recordChange(/recovery codes/, () => ada.post('/settings/RecoveryCodes'))
    await recordChange(/passkey/, () => addPasskey(latchkey, ada))
    await recordChange(/was changed$/, async () => {
      await ada.enrollAuthenticator()
      await ada.turnOn('authenticator')
    })
    await recordChange(/phone number/, () => setPhone(`${base}2`))
    await recordChange(/passkey/, () => removeOldestPasskey(ada))
    await recordChange(/recovery codes/, () => ada.post('/settings/RecoveryCodes'))
    await recordChange(/was removed/, () => ada.delete('/settings/PhoneNumber'))

    // Undoes the newest, then the oldest, which includes all between them.
    const [first] = moments
    const last = moments.at(-1)
    assert.ok(first && last)
    for (const { token, before } of [last, first]) {
      assert.equal((await latchkey.post('/auth/Undo', { token })).status, 200)
      assert.deepEqual(await restorableState(ada), before)
    }
    for (const { token } of moments.slice(1)) {
      assert.equal((await latchkey.post('/auth/Undo', { token })).status, 401)
    }
    await ada.resetPassword('a whole new sentence')
    ada.authenticator.secret = ownSecret
    await ada.signInFully()
    const { mfaToken } = (await ada.signIn()).body
    const byCode = { mfaToken, mfaMethod: 'recoveryCode', code: codes[0] }
    assert.equal((await latchkey.post('/auth/SignIn/Mfa', byCode)).status, 200)
  })

  test('after an undo that is not about MFA, the first turning-on can still be undone', async () => {
    const ada = await latchkey.owner()
    await ada.changePassword('the sentence of a thief')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    assert.equal((await latchkey.post('/auth/Undo', { token })).status, 200)
    await ada.resetPassword('a whole new sentence')
    await ada.signInFully()
    assert.equal((await ada.get('/settings/MfaSignIn')).body.changedAt, null)
    await ada.turnOn('authenticator')
    await undoTokenSentTo(latchkey, ada.email, / on$/)
  })
})
