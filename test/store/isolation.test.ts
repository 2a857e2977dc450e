/**
 * Accounts whose versions, epochs, codes and numbers coincide stay apart: each operation of one changes
 * no row of the other.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { AppBrowser, type Arrival } from '../support/app-browser.ts'
import { addApp } from '../support/apps.ts'
import { travel } from '../support/clock.ts'
import { acceptInvitation, invite } from '../support/invitations.ts'
import { type ApiResponse, onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { provePhone } from '../support/mfa.ts'
import { operations } from '../support/openapi.ts'
import { createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import { addPasskey, startPasskeySignIn, verifyPasskeySignIn } from '../support/passkeys.ts'
import { SoftwareAuthenticator } from '../support/software-authenticator.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

const day = 86_400_000

/** Columns that the delivery worker changes by itself. */
const deliveryColumns = ['attempts', 'next_attempt_at', 'claimed_until', 'sent_at', 'secret_sealed']

onEachDatabase(
  (latchkey) => {
    test('each operation of an account leaves every row of another one, made alike, untouched', async (t) => {
      const [ada, ben] = [await makeAlike(latchkey), await makeAlike(latchkey)]

      const tried = new Set<string>()
      for (const [operationId, act] of Object.entries(actsOf(t, latchkey, ada))) {
        await alignNumbers(latchkey, ada, ben)
        const before = await rowsOf(latchkey, ben)
        assert.ok(before.length > 25, `${before.length} rows`)
        await act()
        assert.deepEqual(await rowsOf(latchkey, ben), before, operationId)
        tried.add(operationId)
        travel(31_000)
      }

      const changing = (await operations(latchkey)).filter(
        ({ method, path }) => method !== 'GET' && /^\/(settings|auth)/.test(path),
      )
      const missing = changing.filter(({ operationId }) => !tried.has(operationId))
      assert.deepEqual(
        missing.map(({ operationId }) => operationId),
        [],
      )
    })
  },
  { LATCHKEY_STEP_UP_MAX_AGE: '0', LATCHKEY_RATE_LIMITS: 'off' },
)

/** An owner with everything: a password, a passkey, an app, a phone, codes by email, a trusted device. */
async function makeAlike(latchkey: TestLatchkey): Promise<Owner> {
  const owner = await latchkey.owner({ phoneNumber: '+14155550123' })
  await owner.turnOn('authenticator')
  owner.passkey = await addPasskey(latchkey, owner)
  await owner.turnOn('email', { setDefault: false })
  await provePhone(latchkey, owner)
  await rememberDevice(latchkey, owner)
  await changeProfile(latchkey, owner, 'Ada')
  await latchkey.sql(
    `insert into account_group (account_id, name) select id, 'staff' from account where email = '${owner.email}'`,
  )
  await latchkey.post('/auth/ForgotPassword', { email: owner.email })
  await owner.signIn()
  travel(31_000)
  return owner
}

function changeProfile(latchkey: TestLatchkey, { accessToken: token }: Owner, name: string) {
  return latchkey.request('PATCH', '/settings/Profile', { token, body: { name } })
}

/** Gives an account the numbers of another one, by which a condition could take one for the other. */
async function alignNumbers(latchkey: TestLatchkey, like: Owner, owner: Owner): Promise<void> {
  const [{ credential_version, mfa_epoch, last_mfa_epoch }] = await latchkey.sql(
    `select * from account where email in ('${like.email}', 'new-${like.email}')`,
  )
  const account = `(select id from account where email = '${owner.email}')`
  for (const table of ['device', 'challenge', 'passkey_challenge', 'password_reset']) {
    await latchkey.sql(
      `update ${table} set credential_version = ${credential_version}
       where account_id = ${account} and credential_version is not null`,
    )
  }
  await latchkey.sql(
    `update account set credential_version = ${credential_version} where id = ${account}`,
  )
  // An undo ends the links since its change, and sends the notices that wait.
  await latchkey.sql(
    `update undo_token set created_at = expires_at - 1000 where account_id = ${account}`,
  )
  await latchkey.sql(
    `update outbox set waits_until = created_at + ${10 * day}, attempts = 0 where account_id = ${account}`,
  )
  if (mfa_epoch === null) return
  for (const table of ['totp_secret', 'passkey', 'recovery_code']) {
    await latchkey.sql(
      `update ${table} set mfa_epoch = ${mfa_epoch} where account_id = ${account} and mfa_epoch is not null`,
    )
  }
  await latchkey.sql(
    `update account set mfa_epoch = ${mfa_epoch}, last_mfa_epoch = ${last_mfa_epoch},
     phone_mfa_epoch = ${mfa_epoch}, mfa_email_epoch = ${mfa_epoch} where id = ${account}`,
  )
}

/** Every row of an account in every table, without what the delivery worker changes. */
async function rowsOf(latchkey: TestLatchkey, { email }: Owner): Promise<object[]> {
  const tables =
    latchkey.databaseKind === 'SQLite'
      ? "select m.name as name from sqlite_schema m join pragma_table_info(m.name) c on c.name = 'account_id' where m.type = 'table'"
      : "select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'account_id'"
  const account = `(select id from account where email = '${email}')`
  const queries = [
    `select * from account where id = ${account}`,
    `select * from refresh_token where session_id in (select id from session where account_id = ${account})`,
    ...(await latchkey.sql(tables)).map(
      ({ name }) => `select * from ${name} where account_id = ${account} order by 1, 2`,
    ),
  ]
  const rows: object[] = []
  for (const query of queries) {
    for (const row of await latchkey.sql(query)) {
      for (const column of deliveryColumns) delete row[column]
      rows.push(row)
    }
  }
  const order = (row: object) => JSON.stringify(Object.entries(row).sort())
  return rows.sort((one, other) => (order(one) < order(other) ? -1 : 1))
}

/** How an owner uses each operation that changes something, in an order in which all succeed. */
function actsOf(
  t: TestContext,
  latchkey: TestLatchkey,
  ada: Owner,
): Record<string, () => Promise<unknown>> {
  const { email } = ada
  const visitor = { email: `visitor-of-${email}`, password: 'the sentence of a visitor' }
  const first = async (list: string) =>
    (await ada.get(`/settings/${list}`)).body[`${list[0]?.toLowerCase()}${list.slice(1)}`][0].id
  const succeed = async (call: Promise<ApiResponse>) => {
    const response = await call
    assert.ok(response.status < 300, `${response.request} ${response.status}`)
    return response
  }
  let started: ApiResponse
  let operator: Owner
  let invitationToken = ''
  const browser = new AppBrowser(latchkey)
  let question: Arrival
  return {
    changeProfile: () => succeed(changeProfile(latchkey, ada, 'Ada Lovelace')),
    changeLanguage: () => succeed(ada.put('/settings/Language', { language: 'de' })),
    signIn: async () => {
      started = await succeed(ada.signIn())
    },
    sendMfaCode: () => {
      const { mfaToken } = started.body
      return succeed(latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'email' }))
    },
    verifyMfa: async () => {
      const { mfaToken } = started.body
      const code = ada.authenticator.nextCode()
      const answer = { mfaToken, mfaMethod: 'authenticator', code, rememberDevice: true }
      ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', answer))
    },
    authorize: async () => {
      const url = 'https://app.example.com'
      const callback = `${url}/callback`
      await addApp(t, latchkey, 'app', '--url', url, '--redirect-uri', callback)
      await browser.signIn(ada)
      const address = `/oidc/auth?client_id=app&response_type=code&scope=openid&redirect_uri=${callback}`
      question = await browser.authorize(await browser.open(address))
    },
    consent: () => browser.consent(question),
    removeAccountApp: () => succeed(ada.delete('/settings/Apps/app')),
    refresh: async () => {
      const { refreshToken } = ada
      ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
    },
    reauthenticate: async () => {
      const { password } = ada
      const { mfaToken } = (await succeed(ada.post('/auth/Reauthenticate', { password }))).body
      const code = ada.authenticator.nextCode()
      const answer = { mfaToken, mfaMethod: 'authenticator', code }
      ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', answer))
    },
    startPasskeySignIn: async () => {
      started = await startPasskeySignIn(latchkey)
    },
    verifyPasskeySignIn: async () => {
      const response = ada.passkey?.get(started.body.options)
      ada.storeTokens(await verifyPasskeySignIn(latchkey, started, response))
    },
    createMfaSecret: () => ada.enrollAuthenticator(),
    turnOnMfa: () => ada.turnOn('authenticator'),
    startPasskeyRegistration: async () => {
      started = await succeed(ada.startPasskeyRegistration())
    },
    addPasskey: () => {
      const response = new SoftwareAuthenticator(latchkey.origin).create(started.body.options)
      return succeed(ada.post('/settings/Passkeys/Verify', { response }))
    },
    renamePasskey: async () =>
      succeed(
        latchkey.request('PATCH', `/settings/Passkeys/${await first('Passkeys')}`, {
          token: ada.accessToken,
          body: { name: 'Another name' },
        }),
      ),
    removePasskey: async () => succeed(ada.delete(`/settings/Passkeys/${await first('Passkeys')}`)),
    generateRecoveryCodes: () => succeed(ada.post('/settings/RecoveryCodes')),
    changePhoneNumber: () => provePhone(latchkey, ada),
    removePhoneNumber: () => succeed(ada.delete('/settings/PhoneNumber')),
    removeMfaEmail: () => succeed(ada.delete('/settings/MfaEmail')),
    revokeTrustedDevice: async () => {
      await rememberDevice(latchkey, ada)
      await succeed(ada.delete(`/settings/TrustedDevices/${await first('TrustedDevices')}`))
    },
    revokeAllTrustedDevices: async () => {
      await rememberDevice(latchkey, ada)
      await succeed(ada.delete('/settings/TrustedDevices'))
    },
    endSession: async () => {
      const { sessions } = (await ada.get('/settings/Sessions')).body
      await succeed(ada.delete(`/settings/Sessions/${sessions.at(-1).id}`))
    },
    endOtherSessions: () => succeed(ada.delete('/settings/Sessions')),
    changePassword: () => ada.changePassword('another sentence of the owner'),
    turnOffMfa: async () => {
      await succeed(ada.delete('/settings/MfaSignIn'))
      // The app joins a new epoch, whose number no credential of the other account has.
      const code = ada.authenticator.nextCode()
      await succeed(ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code }))
      await succeed(ada.delete('/settings/MfaSignIn'))
    },
    removeMfaSecret: () => succeed(ada.delete('/settings/MfaSecret')),
    signUp: async () => {
      started = await succeed(latchkey.post('/auth/SignUp', visitor))
    },
    verifySignUp: async () => {
      const { signUpToken } = started.body
      const code = await latchkey.codeSentTo(visitor.email)
      await succeed(latchkey.post('/auth/SignUp/Verify', { signUpToken, code }))
    },
    readInvitation: async () => {
      operator = await createOperator(latchkey)
      const guest = { email: `invited-by-${email}` }
      invitationToken = (await invite(latchkey, operator, guest)).token
      await succeed(latchkey.post('/auth/Invitation', { token: invitationToken }))
    },
    acceptInvitation: () => succeed(acceptInvitation(latchkey, invitationToken)),
    startInvitationPasskey: async () => {
      const guest = { email: `passkey-of-${email}` }
      invitationToken = (await invite(latchkey, operator, guest)).token
      const body = { token: invitationToken }
      started = await succeed(latchkey.post('/auth/Invitation/Passkey', body))
    },
    acceptInvitationWithPasskey: () => {
      const { options, passkeyToken } = started.body
      const response = new SoftwareAuthenticator(latchkey.origin).create(options)
      const body = { token: invitationToken, passkeyToken, response }
      return succeed(latchkey.post('/auth/Invitation/Passkey/Verify', body))
    },
    forgotPassword: () => succeed(latchkey.post('/auth/ForgotPassword', { email })),
    resetPassword: () => ada.resetPassword('a sentence after a reset'),
    changeEmail: async () => {
      await ada.signInFully()
      await succeed(ada.startEmailChange(`new-${email}`))
      const code = await latchkey.codeSentTo(`new-${email}`)
      await succeed(ada.post('/settings/Email', { email: `new-${email}`, code }))
    },
    undo: async () => {
      const token = await undoTokenSentTo(latchkey, email, /Adresse/)
      const { resetToken } = (await succeed(latchkey.post('/auth/Undo', { token }))).body
      ada.password = 'a sentence after an undo'
      const reset = { resetToken, newPassword: ada.password }
      await succeed(latchkey.post('/auth/ResetPassword', reset))
      await ada.signInFully()
    },
    signOut: async () => {
      await succeed(ada.post('/auth/SignOut'))
      await ada.signInFully()
    },
    deleteAccount: () =>
      succeed(ada.delete('/settings/Account', { body: { password: ada.password } })),
  }
}

async function rememberDevice(latchkey: TestLatchkey, owner: Owner): Promise<void> {
  const { mfaToken } = (await owner.signIn()).body
  const code = owner.authenticator.nextCode()
  const answer = { mfaToken, mfaMethod: 'authenticator', code, rememberDevice: true }
  owner.storeTokens(await latchkey.post('/auth/SignIn/Mfa', answer))
}
