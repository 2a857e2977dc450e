/** Operators' actions on an account: their effects, notices and activity entries. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onDatabase, onEachDatabase } from '../support/latchkey.ts'
import { accountStateOf, openSecondSession } from '../support/mfa.ts'
import { accountActions, accountIdOf, actOnAccount, createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import { addPasskey } from '../support/passkeys.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

const reason = 'Phone lost; <b>called back</b> at the number we have'

onEachDatabase((latchkey) => {
  /** The newest entries of an account, as operators see them. */
  async function newestOf(eve: Owner, ada: Owner, count = 1) {
    const id = await accountIdOf(latchkey, ada)
    const { body } = await eve.get(`/admin/Activity?user=${id}&limit=${count}`)
    return body.activity
  }

  // Abuse case (Trusted devices): A device stayed trusted after an operator had helped the
  // owner.
  test('when an operator turns MFA off, the password alone signs in, and the owner gets the reason and can undo it', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const mailbox = `codes-${ada.email}`
    const email = { mfaMethod: 'email', email: mailbox }
    await ada.post('/settings/MfaSignIn', email)
    const code = await latchkey.codeSentTo(mailbox)
    assert.equal((await ada.post('/settings/MfaSignIn', { ...email, code })).status, 200)
    const waiting = await ada.signIn()
    const { deviceToken } = (
      await latchkey.post('/auth/SignIn/Mfa', {
        mfaToken: (await ada.signIn()).body.mfaToken,
        mfaMethod: 'authenticator',
        code: ada.authenticator.nextCode(),
        rememberDevice: true,
      })
    ).body

    const off = await actOnAccount(latchkey, eve, 'mfaOff', { target: ada, reason })
    assert.equal(off.status, 200, JSON.stringify(off.body))
    assert.deepEqual(off.body.mfaSignIn, (await ada.get('/settings/MfaSignIn')).body)
    assert.equal(off.body.mfaSignIn.enabled, false)
    assert.equal(off.body.trustedDevices, 0)
    assert.equal((await ada.signIn()).body.status, 'signedIn')
    const answer = { mfaToken: waiting.body.mfaToken, code: '000000' }
    assert.equal((await latchkey.post('/auth/SignIn/Mfa', answer)).body.code, 'mfa_token_expired')

    for (const to of [ada.email, mailbox]) {
      const notices = (await latchkey.inbox(to)).filter(({ subject }) => / off$/.test(subject))
      assert.equal(notices.length, 1, to)
      assert.match(notices[0]?.text ?? '', /The operator of Latchkey turned it off for you\./)
      assert.ok(notices[0]?.text.includes(reason))
      assert.ok(!notices[0]?.html?.includes('<b>called'), 'the reason is not escaped')
    }
    const [entry] = (await ada.get('/settings/Activity')).body.activity.filter(
      ({ type }: { type: string }) => type === 'mfa.off',
    )
    assert.deepEqual([entry.ipAddress, entry.userAgent], [null, null])
    assert.deepEqual(entry.detail, { mfaMethod: 'email', by: eve.email, why: reason })

    await ada.turnOn('authenticator')
    const { password } = ada
    const device = { email: ada.email, password, deviceToken }
    assert.equal((await latchkey.post('/auth/SignIn', device)).body.status, 'mfaRequired')

    const token = await undoTokenSentTo(latchkey, ada.email, / off$/)
    assert.equal((await latchkey.post('/auth/Undo', { token })).status, 200)
    await ada.resetPassword('a whole new sentence')
    // After a reset, codes by email do not count while there is another method.
    assert.equal((await ada.signIn()).body.mfaMethod, 'authenticator')
  })

  test('an operator who turns MFA off voids the undo links of before', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.delete('/settings/MfaSignIn')
    const before = await undoTokenSentTo(latchkey, ada.email, / off$/)
    await ada.turnOn('authenticator')
    assert.equal((await actOnAccount(latchkey, eve, 'mfaOff', { target: ada, reason })).status, 200)
    assert.equal((await latchkey.post('/auth/Undo', { token: before })).status, 401)
    const after = await undoTokenSentTo(latchkey, ada.email, / off$/)
    assert.equal((await latchkey.post('/auth/Undo', { token: after })).status, 200)
  })

  test('an operator turns MFA off even where the policy requires it, and the owner sets it up again', async () => {
    await latchkey.restart({ LATCHKEY_MFA_POLICY: 'required' })
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    assert.equal((await actOnAccount(latchkey, eve, 'mfaOff', { target: ada, reason })).status, 200)
    ada.storeTokens(await ada.signIn())
    assert.equal((await ada.get('/settings')).body.code, 'mfa_set_up_required')
    await ada.turnOn('sms')
    assert.equal((await ada.get('/settings')).status, 200)
    await latchkey.restart({ LATCHKEY_MFA_POLICY: 'optional' })
  })

  test('when an operator ends all sessions, every token is void and trusted devices need the second factor again', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const other = await openSecondSession(latchkey, ada)
    const { mfaToken } = (await ada.signIn()).body
    const code = ada.authenticator.nextCode()
    const answer = { mfaToken, code, rememberDevice: true }
    const { deviceToken } = (await latchkey.post('/auth/SignIn/Mfa', answer)).body

    const ended = await actOnAccount(latchkey, eve, 'endSessions', { target: ada, reason })
    assert.deepEqual([ended.body.sessions, ended.body.trustedDevices], [0, 0])
    for (const { accessToken: token, refreshToken } of [ada, other]) {
      assert.equal((await latchkey.get('/settings', { token })).status, 401)
      assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
    }
    const { email, password } = ada
    const again = await latchkey.post('/auth/SignIn', { email, password, deviceToken })
    assert.equal(again.body.status, 'mfaRequired')
    const [notice] = await latchkey.inbox(email)
    assert.match(notice?.subject ?? '', /signed out/)
    assert.ok(notice?.text.includes(reason))
    const [entry] = await newestOf(eve, ada)
    assert.equal(entry.type, 'session.ended')
    const detail = { reason: 'ended_by_operator', which: 'all', by: eve.email, why: reason }
    assert.deepEqual(entry.detail, detail)
  })

  test('a required password reset voids the old password, sessions and pending sign-ins, and the emailed code sets a new password', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    ada.passkey = await addPasskey(latchkey, ada)
    const waiting = await ada.signIn()
    const required = await actOnAccount(latchkey, eve, 'newPassword', { target: ada })
    assert.equal(required.status, 200)
    assert.ok(required.body.passwordResetRequiredSince)
    assert.equal(required.body.sessions, 0)
    assert.equal((await ada.get('/settings')).status, 401)
    assert.equal((await ada.signIn()).body.code, 'password_reset_required')
    const { mfaToken } = waiting.body
    const answer = { mfaToken, code: ada.authenticator.nextCode() }
    assert.equal((await latchkey.post('/auth/SignIn/Mfa', answer)).status, 401)

    const [mailed, notice] = await latchkey.inbox(ada.email)
    assert.match(mailed?.subject ?? '', /^\d{6} is your Latchkey code$/)
    assert.match(notice?.subject ?? '', /^Please choose a new password/)
    const code = await latchkey.codeSentTo(ada.email)
    assert.ok(!JSON.stringify(required.body).includes(code))
    const newPassword = 'a whole new sentence'
    const body = { email: ada.email, code, newPassword }
    assert.equal((await latchkey.post('/auth/ResetPassword', body)).status, 200)
    ada.password = newPassword
    await ada.signInFully()
    const entries = await newestOf(eve, ada, 10)
    const { detail } = entries.find(
      ({ type }: { type: string }) => type === 'password.reset_required',
    )
    assert.deepEqual(detail, { by: eve.email })
  })

  test('an action that the account does not need succeeds and changes, notifies and records nothing', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner()
    await actOnAccount(latchkey, eve, 'suspend', { target: ada, reason: 'first' })
    const before = await accountStateOf(latchkey, ada)
    for (const what of ['mfaOff', 'endSessions', 'suspend'] as const) {
      const { status, body } = await actOnAccount(latchkey, eve, what, {
        target: ada,
        reason: 'second',
      })
      assert.deepEqual([status, body.suspension.reason], [200, 'first'], what)
      assert.deepEqual(await accountStateOf(latchkey, ada), before, what)
    }
    await actOnAccount(latchkey, eve, 'unsuspend', { target: ada })
    const unsuspended = await accountStateOf(latchkey, ada)
    assert.equal((await actOnAccount(latchkey, eve, 'unsuspend', { target: ada })).status, 200)
    assert.deepEqual(await accountStateOf(latchkey, ada), unsuspended)
  })

  test('thirty concurrent requests turn MFA off, notify the owner and record it once', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const all = Array.from({ length: 30 }, () =>
      actOnAccount(latchkey, eve, 'mfaOff', { target: ada, reason }),
    )
    assert.deepEqual(new Set((await Promise.all(all)).map(({ status }) => status)), new Set([200]))
    const notices = (await latchkey.inbox(ada.email)).filter(({ subject }) => / off$/.test(subject))
    assert.equal(notices.length, 1)
    const entries = await newestOf(eve, ada, 100)
    const offs = entries.filter(({ type }: { type: string }) => type === 'mfa.off')
    assert.equal(offs.length, 1)
  })

  test('operators who act on each other concurrently do not deadlock', async () => {
    const [eve, joe] = [await createOperator(latchkey), await createOperator(latchkey)]
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        index % 2
          ? actOnAccount(latchkey, eve, 'newPassword', { target: joe })
          : actOnAccount(latchkey, joe, 'newPassword', { target: eve }),
      ),
    )
    for (const { status } of answers) assert.ok([200, 401].includes(status), `${status}`)
  })

  test('an operator finds an account by its address and by the address that a thief has replaced', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner()
    const id = await accountIdOf(latchkey, ada)
    const find = async (email: string) =>
      (await eve.get(`/admin/Users?email=${encodeURIComponent(email)}`)).body.users
    assert.equal((await find(` ${ada.email.toUpperCase()}`))[0]?.id, id)
    const email = `thief-${ada.email}`
    await ada.startEmailChange(email)
    const code = await latchkey.codeSentTo(email)
    await ada.post('/settings/Email', { email, code })
    const [found] = await find(ada.email)
    assert.deepEqual([found.id, found.email], [id, email])
    assert.deepEqual((await find(email))[0], (await eve.get(`/admin/Users/${id}`)).body)
    assert.deepEqual(await find('nobody@example.com'), [])
    travel(8 * 86_400_000)
    await eve.signInFully()
    assert.deepEqual(await find(ada.email), [])
  })

  test('an operator sees what support requires and no secrets', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const { body } = await eve.get(`/admin/Users/${await accountIdOf(latchkey, ada)}`)
    const masked = `+1•••••••${ada.phoneNumber.slice(-2)}`
    assert.deepEqual([body.email, body.phoneNumber], [ada.email, masked])
    assert.deepEqual(body.mfaSignIn, (await ada.get('/settings/MfaSignIn')).body)
    assert.equal(body.recoveryCodes.remaining, 10)
    assert.deepEqual([body.sessions, body.trustedDevices, body.passkeys], [1, 0, 0])
    const absent = [
      body.suspension,
      body.deletedAt,
      body.adminSince,
      body.passwordResetRequiredSince,
    ]
    assert.deepEqual(absent, [null, null, null, null])
    assert.ok(Date.parse(body.lastSignInAt) >= Date.parse(body.createdAt))
    assert.deepEqual(
      Object.keys(body).filter((name) => /hash|secret|sealed|token/i.test(name)),
      [],
    )
  })

  test('operators list all activity page by page, each entry with its account', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner()
    await latchkey.post('/auth/SignIn', { email: 'nobody@example.com', password: 'x' })
    const first = await eve.get('/admin/Activity?limit=1')
    const [{ type, user }] = first.body.activity
    assert.deepEqual([type, user], ['signin.failed', null])
    const { nextCursor } = first.body
    const second = await eve.get(`/admin/Activity?limit=2&cursor=${nextCursor}`)
    const users = second.body.activity.map((entry: { user: string }) => entry.user)
    const id = await accountIdOf(latchkey, ada)
    assert.deepEqual(users, [id, id])
    const own = (await ada.get('/settings/Activity')).body.activity
    assert.ok(own.every((entry: object) => !('user' in entry) && !('account_id' in entry)))
  })
})

onDatabase('SQLite', (latchkey) => {
  test('turning MFA off and suspending require a reason, and every reason is a single printable line', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const before = await accountStateOf(latchkey, ada)
    for (const what of ['mfaOff', 'suspend'] as const) {
      const refused = await actOnAccount(latchkey, eve, what, { target: ada })
      assert.deepEqual([refused.status, refused.body.errors[0].path], [400, '/reason'], what)
    }
    for (const what of Object.keys(accountActions) as (keyof typeof accountActions)[]) {
      for (const bad of ['', ' ', 'two\nlines', 'a\ttab', 'turned \u202e round', 'x'.repeat(501)]) {
        const { status, body } = await actOnAccount(latchkey, eve, what, {
          target: ada,
          reason: bad,
        })
        assert.equal(status, 400, `${what} ${JSON.stringify(bad)}`)
        assert.equal(body.errors[0].path, '/reason')
      }
    }
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
  })
})
