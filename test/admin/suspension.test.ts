/** Nothing signs in to a suspended account until an operator lifts the suspension. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import { countLiveSessions } from '../support/mfa.ts'
import { actOnAccount, createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import {
  addPasskey,
  signInWithPasskey,
  startPasskeySignIn,
  verifyPasskeySignIn,
} from '../support/passkeys.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

const reason = 'Sends spam'

onEachDatabase((latchkey) => {
  /** Signs in and remembers the device. @returns its token */
  async function rememberedDevice(ada: Owner): Promise<string> {
    const { mfaToken } = (await ada.signIn()).body
    const code = ada.authenticator.nextCode()
    const answer = { mfaToken, code, rememberDevice: true }
    return (await latchkey.post('/auth/SignIn/Mfa', answer)).body.deviceToken
  }

  /** Suspends the account in the database only: its sessions and devices stay. */
  const suspendAlone = ({ email }: Owner) =>
    latchkey.sql(`update account set suspended_since = 1 where email = '${email}'`)

  function assertAnswer({ status, body }: ApiResponse, expected: string, what: string): void {
    assert.equal(`${status} ${body.code}`, expected, what)
  }

  // Abuse case (Operators and suspended accounts): A suspended account kept working: its sessions
  // were refreshed and its tokens accepted (CVE-2023-22492, CVE-2026-9798).
  test('suspending an account ends its sessions, trusted devices and pending flows at once and notifies its owner', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const deviceToken = await rememberedDevice(ada)
    const { mfaToken } = (await ada.signIn()).body
    await latchkey.post('/auth/ForgotPassword', { email: ada.email })
    const code = await latchkey.codeSentTo(ada.email)

    const suspended = await actOnAccount(latchkey, eve, 'suspend', { target: ada, reason })
    assert.equal(suspended.body.suspension.reason, reason)
    assert.ok(Date.parse(suspended.body.suspension.since) > 0)
    assert.deepEqual([suspended.body.sessions, suspended.body.trustedDevices], [0, 0])
    assertAnswer(await ada.get('/settings'), '401 invalid_token', 'access token')
    const { refreshToken, email, password } = ada
    const refreshed = await latchkey.post('/auth/Refresh', { refreshToken })
    assertAnswer(refreshed, '401 invalid_refresh_token', 'refresh')
    const mfa = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: '123456' })
    assertAnswer(mfa, '401 mfa_token_expired', 'second factor')
    const newPassword = 'a whole new sentence'
    const reset = await latchkey.post('/auth/ResetPassword', { email, code, newPassword })
    assertAnswer(reset, '401 invalid_code', 'reset')
    const device = await latchkey.post('/auth/SignIn', { email, password, deviceToken })
    assertAnswer(device, '403 account_suspended', 'remembered device')

    const [notice] = await latchkey.inbox(email)
    assert.equal(notice?.subject, 'Your Latchkey account is suspended')
    assert.ok(notice?.text.includes(reason))
    assert.doesNotMatch(notice?.text ?? '', /undo/)
  })

  test('only the right password reveals that an account is suspended', async () => {
    const ada = await latchkey.owner()
    await suspendAlone(ada)
    assertAnswer(await ada.signIn(), '403 account_suspended', 'right password')
    const { email } = ada
    const wrong = await latchkey.post('/auth/SignIn', { email, password: 'not the one' })
    const nobody = { email: 'nobody@example.com', password: 'not the one' }
    const unknown = await latchkey.post('/auth/SignIn', nobody)
    const { requestId: _, ...known } = wrong.body
    const { requestId: __, ...stranger } = unknown.body
    assert.deepEqual([wrong.status, known], [unknown.status, stranger])

    const forgotten = await latchkey.post('/auth/ForgotPassword', { email })
    const never = await latchkey.post('/auth/ForgotPassword', { email: nobody.email })
    assert.deepEqual([forgotten.status, forgotten.body], [never.status, never.body])
    const [notice] = await latchkey.inbox(email)
    assert.equal(notice?.subject, 'Your Latchkey account is suspended')
    assert.doesNotMatch(notice?.text ?? '', /\d{6}/, 'a suspended account was sent a code')
  })

  test('no reset code is mailed to a suspended or a deleted account, whoever requests it', async () => {
    const eve = await createOperator(latchkey)
    const closings: Record<string, (ada: Owner) => Promise<unknown>> = {
      suspended: (ada) => actOnAccount(latchkey, eve, 'suspend', { target: ada, reason }),
      deleted: (ada) => ada.delete('/settings/Account', { body: { password: ada.password } }),
    }
    for (const [state, close] of Object.entries(closings)) {
      const ada = await latchkey.owner()
      await close(ada)
      const before = new Set((await latchkey.inbox(ada.email)).map(({ id }) => id))
      const { email } = ada
      assert.equal((await latchkey.post('/auth/ForgotPassword', { email })).status, 202)
      const required = await actOnAccount(latchkey, eve, 'newPassword', { target: ada, reason })
      assert.equal(required.status, 200)
      const sent = (await latchkey.inbox(email)).filter(({ id }) => !before.has(id))
      assert.ok(sent.length >= 2, `${sent.length} messages to a ${state} account`)
      for (const { subject, text } of sent) assert.doesNotMatch(subject + text, /\b\d{6}\b/, state)
    }
  })

  // Abuse case (Operators and suspended accounts): A suspension was checked when a sign-in began,
  // but not when it completed (CVE-2026-43983).
  test('a suspension applies when a token or code is redeemed, not only when it is issued', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('sms')
    await ada.turnOn('authenticator')
    const passkey = await addPasskey(latchkey, ada)
    travel(31_000)
    const deviceToken = await rememberedDevice(ada)
    const { mfaToken } = (await ada.signIn()).body
    const alone = await startPasskeySignIn(latchkey)
    const second = await startPasskeySignIn(latchkey, { mfaToken })
    const call = { token: ada.accessToken }
    const confirming = await startPasskeySignIn(latchkey, { call })
    const { email, password, refreshToken } = ada
    await latchkey.post('/auth/ForgotPassword', { email })
    const code = await latchkey.codeSentTo(email)
    const mfaCode = ada.authenticator.nextCode()
    const newPassword = 'a whole new sentence'
    const textCount = (await latchkey.inbox(ada.phoneNumber)).length

    await suspendAlone(ada)
    const redeemed: [what: string, expected: string, redeem: () => Promise<ApiResponse>][] = [
      ['access token', '401 invalid_token', () => ada.get('/settings/MfaSignIn')],
      ['change', '401 invalid_token', () => ada.delete('/settings/MfaSignIn')],
      [
        'deletion',
        '401 invalid_token',
        () => ada.delete('/settings/Account', { body: { password } }),
      ],
      ['reauthenticate', '401 invalid_token', () => ada.post('/auth/Reauthenticate', { password })],
      [
        'refresh',
        '401 invalid_refresh_token',
        () => latchkey.post('/auth/Refresh', { refreshToken }),
      ],
      ['password', '403 account_suspended', () => ada.signIn()],
      [
        'remembered device',
        '403 account_suspended',
        () => latchkey.post('/auth/SignIn', { email, password, deviceToken }),
      ],
      [
        'a code by another method',
        '403 account_suspended',
        () => latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'sms' }),
      ],
      [
        'second factor',
        '403 account_suspended',
        () => latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: mfaCode }),
      ],
      [
        'a passkey that begins to be the second factor',
        '403 account_suspended',
        () => latchkey.post('/auth/SignIn/Passkey', { mfaToken }),
      ],
      [
        'passkey as second factor',
        '403 account_suspended',
        () => verifyPasskeySignIn(latchkey, second, passkey.get(second.body.options)),
      ],
      [
        'passkey alone',
        '403 account_suspended',
        () => verifyPasskeySignIn(latchkey, alone, passkey.get(alone.body.options)),
      ],
      [
        'passkey that confirms',
        '401 invalid_token',
        () =>
          verifyPasskeySignIn(latchkey, confirming, passkey.get(confirming.body.options), { call }),
      ],
      [
        'reset',
        '403 account_suspended',
        () => latchkey.post('/auth/ResetPassword', { email, code, newPassword }),
      ],
    ]
    for (const [what, expected, redeem] of redeemed) assertAnswer(await redeem(), expected, what)
    assert.equal((await latchkey.inbox(ada.phoneNumber)).length, textCount, 'no text was sent')
    const wrong = { mfaToken, code: await ada.wrongCodeFor('authenticator') }
    assertAnswer(await latchkey.post('/auth/SignIn/Mfa', wrong), '403 account_suspended', 'wrong')
  })

  test('after an unsuspension the owner is notified and signs in as before, but earlier sessions and devices stay ended', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const passkey = await addPasskey(latchkey, ada)
    const deviceToken = await rememberedDevice(ada)
    await actOnAccount(latchkey, eve, 'suspend', { target: ada, reason })
    const restored = await actOnAccount(latchkey, eve, 'unsuspend', {
      target: ada,
      reason: 'It was not them',
    })
    assert.equal(restored.body.suspension, null)
    assertAnswer(await ada.get('/settings'), '401 invalid_token', 'access token')
    const { refreshToken, email, password } = ada
    const refreshed = await latchkey.post('/auth/Refresh', { refreshToken })
    assertAnswer(refreshed, '401 invalid_refresh_token', 'refresh')
    const device = await latchkey.post('/auth/SignIn', { email, password, deviceToken })
    assert.equal(device.body.status, 'mfaRequired')
    travel(31_000)
    await ada.signInFully()
    assert.equal((await signInWithPasskey(latchkey, passkey)).body.status, 'signedIn')

    const [notice] = await latchkey.inbox(email)
    assert.equal(notice?.subject, 'Your Latchkey account is open again')
    assert.match(notice?.text ?? '', /It was not them/)
    const { activity } = (await ada.get('/settings/Activity')).body
    const [open, closed] = activity.filter(({ type }: { type: string }) => /^account/.test(type))
    assert.deepEqual([open.type, closed.type], ['account.unsuspended', 'account.suspended'])
    assert.deepEqual(closed.detail, { by: eve.email, why: reason })
  })

  test('an undo restores the credentials and leaves the account suspended', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.delete('/settings/MfaSignIn')
    const token = await undoTokenSentTo(latchkey, ada.email, / off$/)
    await actOnAccount(latchkey, eve, 'suspend', { target: ada, reason })
    const undone = await latchkey.post('/auth/Undo', { token })
    assert.equal(undone.status, 200)
    assertAnswer(await ada.signIn(), '403 account_suspended', 'password')
    const newPassword = 'a whole new sentence'
    const { resetToken } = undone.body
    const reset = () => latchkey.post('/auth/ResetPassword', { resetToken, newPassword })
    assertAnswer(await reset(), '403 account_suspended', 'reset')

    await actOnAccount(latchkey, eve, 'unsuspend', { target: ada })
    assert.equal((await reset()).status, 200)
    ada.password = newPassword
    assert.equal((await ada.signIn()).body.status, 'mfaRequired')
  })

  test('suspending concurrently with sign-ins and refreshes leaves no live session', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner()
    const { refreshToken } = ada
    const calls = [
      ...Array.from({ length: 6 }, () => ada.signIn()),
      latchkey.post('/auth/Refresh', { refreshToken }),
      actOnAccount(latchkey, eve, 'suspend', { target: ada, reason }),
    ]
    for (const { status } of await Promise.all(calls)) assert.ok(status < 500, `${status}`)
    assert.equal(await countLiveSessions(latchkey, ada), 0)
  })

  test('an account suspended on one node is refused by another at once', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner()
    const node = await latchkey.secondNode()
    try {
      assert.equal((await ada.get('/settings', { node })).status, 200)
      await actOnAccount(latchkey, eve, 'suspend', { target: ada, reason })
      assertAnswer(await ada.get('/settings', { node }), '401 invalid_token', 'access token')
      assertAnswer(await ada.signIn({ node }), '403 account_suspended', 'password')
    } finally {
      await node.stop()
    }
  })
})
