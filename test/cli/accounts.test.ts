/** `latchkey accounts …`: operators' actions on the command line while the service runs. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { TestLatchkey } from '../support/latchkey.ts'
import { onDatabase, onEachDatabase } from '../support/latchkey.ts'
import { accountStateOf, openSecondSession } from '../support/mfa.ts'
import { accountIdOf, createOperator } from '../support/operator.ts'
import { type ProcessResult, runLatchkey } from '../support/process.ts'

/** Runs `latchkey accounts` with the database and keys of a running service. */
function run(
  t: TestContext,
  { folder, environment }: TestLatchkey,
  args: string[],
  via: string[] = [],
): Promise<ProcessResult> {
  return runLatchkey(t, { folder, environment, args: ['accounts', ...args], wrapper: via })
}

/** Runs a command that must succeed. @returns its standard output */
async function succeed(t: TestContext, latchkey: TestLatchkey, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(t, latchkey, args)
  assert.deepEqual([code, stderr], [0, ''], args.join(' '))
  return stdout
}

onEachDatabase((latchkey) => {
  test('mfa-off, suspend, unsuspend and admin work while the service runs and notify the owner', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const id = await accountIdOf(latchkey, ada)
    const stdout = await succeed(t, latchkey, 'mfa-off', ada.email, '--reason', 'Lost phone')
    assert.match(stdout, /^MFA is now off for .* and can undo it for seven days\.\n$/)
    assert.equal((await ada.signIn()).body.status, 'signedIn')
    const [notice] = await latchkey.inbox(ada.email)
    assert.match(notice?.text ?? '', /The reason given: “Lost phone”.*\/undo#token=/s)
    const [entry] = (await ada.get('/settings/Activity')).body.activity.filter(
      ({ type }: { type: string }) => type === 'mfa.off',
    )
    const detail = { mfaMethod: 'authenticator', by: 'the command line', why: 'Lost phone' }
    assert.deepEqual(entry.detail, detail)

    const json = await succeed(t, latchkey, 'suspend', id, '--reason', 'Sends spam', '--json')
    const { changed, user } = JSON.parse(json)
    assert.deepEqual([changed, user.suspension.reason], [true, 'Sends spam'])
    assert.equal((await ada.get('/settings')).status, 401)
    assert.equal((await ada.signIn()).body.code, 'account_suspended')
    await succeed(t, latchkey, 'unsuspend', ada.email)
    await ada.signInFully()

    const { environment } = latchkey
    const args = ['accounts', 'admin', ada.email]
    const refused = await runLatchkey(t, { environment, args })
    assert.deepEqual([refused.code, refused.stdout], [1, ''])
    assert.match(refused.stderr, /^Operators need MFA, and it is off for this account\. /)
    await ada.turnOn('authenticator')
    const granted = await succeed(t, latchkey, 'admin', ada.email)
    assert.match(granted, /is now an operator\./)
    assert.equal((await ada.get(`/admin/Users/${id}`)).status, 200)
    const grantedAgain = await succeed(t, latchkey, 'admin', ada.email)
    assert.match(grantedAgain, /^\S+ was already an operator\. Nothing changed\.\n$/)
    await succeed(t, latchkey, 'admin', id, '--remove')
    assert.equal((await ada.get(`/admin/Users/${id}`)).body.code, 'not_an_operator')
    const subjects = (await latchkey.inbox(ada.email)).map(({ subject }) => subject)
    assert.ok(subjects.includes('You are an operator of Latchkey'))
    assert.ok(subjects.includes('You are no longer an operator of Latchkey'))
  })

  test('sessions-end --all ends every session at once and records it in each account’s activity', async (t) => {
    const [ada, ben] = [await latchkey.owner(), await latchkey.owner()]
    const cleo = await latchkey.owner({ mfaMethod: 'email' })
    const { mfaToken } = (await cleo.signIn()).body
    const remembered = { mfaToken, code: await cleo.codeFor('email'), rememberDevice: true }
    cleo.storeTokens(await latchkey.post('/auth/SignIn/Mfa', remembered))
    const { email, password, deviceToken } = cleo
    const signInOnDevice = () => latchkey.post('/auth/SignIn', { email, password, deviceToken })
    assert.equal((await signInOnDevice()).body.status, 'signedIn')
    const stdout = await succeed(t, latchkey, 'sessions-end', '--all', '--reason', 'Tokens leaked')
    assert.match(stdout, /^All sessions have ended, .*: \d+\./)
    for (const { accessToken: token, refreshToken } of [ada, ben]) {
      assert.equal((await latchkey.get('/settings', { token })).status, 401)
      assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
    }
    assert.equal((await signInOnDevice()).body.status, 'mfaRequired')
    await ben.signInFully()
    const [, { type, detail }] = (await ben.get('/settings/Activity')).body.activity
    const why = { by: 'the command line', why: 'Tokens leaked' }
    assert.equal(type, 'session.ended')
    assert.deepEqual(detail, { reason: 'ended_by_operator', which: 'all', ...why })
  })

  test('create makes an account that nobody can sign in to until its owner sets a password', async (t) => {
    const email = `new-${latchkey.databaseKind.toLowerCase()}@example.com`
    const stdout = await succeed(t, latchkey, 'create', ` ${email}`)
    assert.match(stdout, /^Created the account new-\S+\. The owner gets a code by email/)
    const [{ id, password_hash, password_reset_required_since }] = await latchkey.sql(
      `select id, password_hash, password_reset_required_since from account where email = '${email}'`,
    )
    assert.match(password_hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.ok(password_reset_required_since)
    const code = await latchkey.codeSentTo(email)
    const newPassword = 'a whole new sentence'
    const reset = await latchkey.post('/auth/ResetPassword', { email, code, newPassword })
    assert.equal(reset.status, 200)
    const signedIn = await latchkey.post('/auth/SignIn', { email, password: newPassword })
    assert.equal(signedIn.body.status, 'signedIn')
    const { activity } = (
      await latchkey.get('/settings/Activity', { token: signedIn.body.accessToken })
    ).body
    const { type, detail } = activity.at(-1)
    assert.deepEqual([type, detail], ['account.created', { by: 'the command line' }])

    const twice = await run(t, latchkey, ['create', email])
    assert.deepEqual([twice.code, twice.stdout], [1, ''])
    assert.equal(twice.stderr, 'An account has this address already.\n')
    assert.equal((await latchkey.sql(`select id from account where email = '${email}'`))[0].id, id)
  })
})

onDatabase('SQLite', (latchkey) => {
  test('find and show print the same data as text and JSON, without secrets', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const eve = await createOperator(latchkey)
    const id = await accountIdOf(latchkey, ada)
    const { body } = await eve.get(`/admin/Users/${id}`)
    const found = JSON.parse(await succeed(t, latchkey, 'find', ada.email.toUpperCase(), '--json'))
    assert.deepEqual(found, { users: [body] })
    for (const named of [id, ada.email]) {
      const shown = await succeed(t, latchkey, 'show', named)
      assert.match(shown, new RegExp(`^${RegExp.escape(ada.email)}\\n {2}id +${id}\\n`))
      assert.match(shown, /^ {2}MFA +on, sms; methods: sms$/m)
      assert.match(shown, /^ {2}recovery codes +10 left$/m)
      assert.ok(!shown.includes(ada.phoneNumber))
      assert.doesNotMatch(shown, /argon2|suspended|deleted|operator/)
    }
    const none = await run(t, latchkey, ['find', 'nobody@example.com'])
    assert.deepEqual([none.code, none.stderr], [1, ''])
    assert.match(none.stdout, /^No account has this address/)
  })

  test('sessions-end and password-reset end every session of an account, and the notice gives the reason', async (t) => {
    const ada = await latchkey.owner()
    const reason = 'A laptop was stolen'
    await succeed(t, latchkey, 'sessions-end', ada.email, '--reason', reason)
    assert.equal((await ada.get('/settings')).status, 401)
    assert.ok((await latchkey.inbox(ada.email))[0]?.text.includes(reason))
    const nowhere = await succeed(t, latchkey, 'sessions-end', ada.email)
    assert.match(nowhere, /had no session and no trusted device\. Nothing changed\./)
    const stdout = await succeed(t, latchkey, 'password-reset', ada.email)
    assert.doesNotMatch(stdout, /\d{6}/)
    assert.equal((await ada.signIn()).body.code, 'password_reset_required')
    await ada.resetPassword('a whole new sentence')
    await ada.signInFully()
  })

  test('create reads a first password from standard input and applies the password rules', async (t) => {
    const email = 'typed@example.com'
    const piped = (password: string) => ['sh', '-c', `printf '%s\\n' '${password}' | "$0" "$@"`]
    const args = ['create', email, '--password-stdin']
    const common = await run(t, latchkey, args, piped('password1'))
    assert.deepEqual([common.code, common.stdout], [1, ''])
    assert.match(common.stderr, /too common/)
    const password = ' a sentence, with spaces '
    const { code, stdout, stderr } = await run(t, latchkey, args, piped(password))
    assert.deepEqual([code, stderr], [0, ''])
    assert.ok(!stdout.includes(password))
    const signedIn = await latchkey.post('/auth/SignIn', { email, password })
    assert.equal(signedIn.body.status, 'signedIn')
    const [notice] = await latchkey.inbox(email)
    assert.equal(notice?.subject, 'You have a Latchkey account')
    assert.ok(!notice?.text.includes(password))
  })

  test('missing and unknown arguments are reported, and nothing changes', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const second = await openSecondSession(latchkey, ada)
    const before = await accountStateOf(latchkey, ada)
    for (const [args, expected, words] of [
      [['mfa-off', ada.email], 64, /--reason/],
      [['suspend', ada.email], 64, /--reason/],
      [['mfa-off'], 64, /<account> is missing/],
      [['sessions-end'], 64, /--all/],
      [['sessions-end', ada.email, '--all'], 64, /--all/],
      [['suspend', ada.email, '--reason', 'two\nlines'], 1, /single line/],
      [['create', 'no-address'], 64, /“no-address” is not an email address/],
      [['show', 'nobody@example.com'], 1, /No account has .*“nobody@example\.com”/],
      [['mfa-off', 'x', '--reason', 'x'], 1, /No account has .*“x”/],
    ] as const) {
      const { code, stdout, stderr } = await run(t, latchkey, [...args])
      assert.deepEqual([code, stdout], [expected, ''], args.join(' '))
      assert.match(stderr, words)
      assert.doesNotMatch(stderr, /\n {4}at /, 'the error has a stack')
    }
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
    assert.equal((await second.get('/settings')).status, 200)
  })
})
