/**
 * A change of credentials raises the account's credential version, which voids everything that was
 * pending. Each row of the table is completed once as it is, and once after the version was raised.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import {
  addPasskey,
  removePassword,
  requestMfaToken,
  signInWithPasskey,
  startPasskeySignIn,
  verifyPasskeySignIn,
} from '../support/passkeys.ts'
import { SoftwareAuthenticator } from '../support/software-authenticator.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

const voidedTables = ['challenge', 'passkey_challenge', 'device', 'password_reset']

interface Pending {
  /** The table that stores it, with the version of the account when it was created. */
  table: string
  what: string
  /** @returns a function that completes it */
  start(ada: Owner): Promise<() => Promise<ApiResponse>>
  completed: number | string
  voided: number | string
}

onEachDatabase((latchkey) => {
  const newPassword = 'a whole new sentence'

  const pending: Pending[] = [
    {
      table: 'challenge',
      what: 'a sign-in that waits for its second factor',
      start: async (ada) => {
        const mfaToken = await requestMfaToken(ada)
        return () =>
          latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: ada.authenticator.nextCode() })
      },
      completed: 200,
      voided: '401 mfa_token_expired',
    },
    {
      table: 'challenge',
      what: 'a reauthentication that waits for its second factor',
      start: async (ada) => {
        const { body } = await ada.post('/auth/Reauthenticate', { password: ada.password })
        const { mfaToken } = body
        return () =>
          latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: ada.authenticator.nextCode() })
      },
      completed: 200,
      voided: '401 mfa_token_expired',
    },
    {
      table: 'challenge',
      what: 'a code that sets up a method',
      start: async (ada) => {
        const body = await ada.prepareTurnOn('sms')
        return () => ada.post('/settings/MfaSignIn', body)
      },
      completed: 200,
      voided: '401 invalid_code',
    },
    {
      table: 'challenge',
      what: 'a code that verifies a new email address',
      start: async (ada) => {
        const email = `moved-${ada.email}`
        await ada.startEmailChange(email)
        const code = await latchkey.codeSentTo(email)
        return () => ada.post('/settings/Email', { email, code })
      },
      completed: 200,
      voided: '401 invalid_code',
    },
    {
      table: 'challenge',
      what: 'a code that verifies a phone number',
      start: async (ada) => {
        const { phoneNumber } = ada
        await ada.post('/settings/PhoneNumber', { phoneNumber })
        const code = await latchkey.codeSentTo(phoneNumber)
        return () => ada.post('/settings/PhoneNumber', { phoneNumber, code })
      },
      completed: 200,
      voided: '401 invalid_code',
    },
    {
      table: 'passkey_challenge',
      what: 'the registration of a passkey',
      start: async (ada) => {
        const { body } = await ada.startPasskeyRegistration()
        const response = new SoftwareAuthenticator(latchkey.origin, {}).create(body.options)
        return () => ada.post('/settings/Passkeys/Verify', { response })
      },
      completed: 201,
      voided: '401 invalid_passkey',
    },
    {
      table: 'passkey_challenge',
      what: 'an assertion that makes a passkey the MFA method',
      start: async (ada) => {
        const body = await ada.prepareTurnOn('passkey')
        return () => ada.post('/settings/MfaSignIn', body)
      },
      completed: 200,
      voided: '401 invalid_passkey',
    },
    {
      table: 'passkey_challenge',
      what: 'an assertion that is the second factor of a sign-in',
      start: async (ada) => {
        const mfaToken = await requestMfaToken(ada)
        const started = await startPasskeySignIn(latchkey, { mfaToken })
        const response = ada.passkey?.get(started.body.options)
        return () => verifyPasskeySignIn(latchkey, started, response)
      },
      completed: 200,
      voided: '401 passkey_token_expired',
    },
    {
      table: 'passkey_challenge',
      what: 'an assertion that confirms a session',
      start: async (ada) => {
        const call = { token: ada.accessToken }
        const started = await startPasskeySignIn(latchkey, { call })
        const response = ada.passkey?.get(started.body.options)
        return () => verifyPasskeySignIn(latchkey, started, response, { call })
      },
      completed: 200,
      voided: '401 passkey_token_expired',
    },
    {
      table: 'passkey_challenge',
      what: 'an assertion that confirms a call',
      start: async (ada) => {
        await removePassword(latchkey, ada)
        const { body } = await ada.post('/auth/Reauthenticate', {})
        const assertion = ada.passkey?.get(body.options)
        return () => ada.post('/auth/Reauthenticate', { assertion })
      },
      completed: 200,
      voided: '401 invalid_passkey',
    },
    {
      table: 'device',
      what: 'the trust in a device',
      start: async (ada) => {
        const { email, password } = ada
        const deviceToken = await trustDevice(ada)
        return () => latchkey.post('/auth/SignIn', { email, password, deviceToken })
      },
      completed: '200 signedIn',
      voided: '200 mfaRequired',
    },
    {
      table: 'password_reset',
      what: 'a mailed code that resets the password',
      start: async ({ email }) => {
        await latchkey.post('/auth/ForgotPassword', { email })
        const code = await latchkey.codeSentTo(email)
        return () => latchkey.post('/auth/ResetPassword', { email, code, newPassword })
      },
      completed: 200,
      voided: '401 invalid_code',
    },
    {
      table: 'password_reset',
      what: 'the reset token of an undo',
      start: async (ada) => {
        await ada.changePassword('the sentence of a thief')
        const token = await undoTokenSentTo(latchkey, ada.email, /password/)
        const { resetToken } = (await latchkey.post('/auth/Undo', { token })).body
        return () => latchkey.post('/auth/ResetPassword', { resetToken, newPassword })
      },
      completed: 200,
      voided: '401 reset_token_expired',
    },
  ]

  async function pendingOf({ start }: Pending) {
    const ada = await ownerWithPasskey()
    // The code that turned MFA on cannot be used again.
    travel(31_000)
    return { ada, complete: await start(ada) }
  }

  async function ownerWithPasskey(): Promise<Owner> {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    ada.passkey = await addPasskey(latchkey, ada)
    return ada
  }

  /** Signs in on a device and trusts it. @returns its token */
  async function trustDevice(ada: Owner): Promise<string> {
    const { passkey } = ada
    assert.ok(passkey)
    const mfaToken = await requestMfaToken(ada)
    const { body } = await signInWithPasskey(latchkey, passkey, { mfaToken, rememberDevice: true })
    latchkey.markSecret(body.deviceToken)
    return body.deviceToken
  }

  async function versionOf({ email }: Owner): Promise<number> {
    const [row] = await latchkey.sql(
      `select credential_version from account where email = '${email}'`,
    )
    return Number(row.credential_version)
  }

  /** Raises the version and does nothing else, so that nothing but the version can void it. */
  async function raiseVersion({ email }: Owner): Promise<void> {
    await latchkey.sql(
      `update account set credential_version = credential_version + 1 where email = '${email}'`,
    )
  }

  for (const each of pending) {
    test(`a raised credential version voids ${each.what}`, async () => {
      const untouched = await pendingOf(each)
      assert.equal(outcomeOf(await untouched.complete(), each.completed), each.completed)

      const { ada, complete } = await pendingOf(each)
      await raiseVersion(ada)
      assert.equal(outcomeOf(await complete(), each.voided), each.voided)
    })
  }

  test('a raised credential version removes trusted devices from the list, and none can be revoked', async () => {
    const ada = await ownerWithPasskey()
    await trustDevice(ada)
    const { body } = await ada.get('/settings/TrustedDevices')
    const [{ id }] = body.trustedDevices
    await raiseVersion(ada)
    assert.deepEqual((await ada.get('/settings/TrustedDevices')).body.trustedDevices, [])
    assert.equal((await ada.delete(`/settings/TrustedDevices/${id}`)).status, 404)
  })

  test('a change of credentials raises the credential version, and so does its undo', async () => {
    const ada = await latchkey.owner()
    const versionBefore = await versionOf(ada)
    await ada.changePassword('the sentence of a thief')
    const changedVersion = await versionOf(ada)
    assert.ok(changedVersion > versionBefore, `${changedVersion} after ${versionBefore}`)
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    assert.equal((await latchkey.post('/auth/Undo', { token })).status, 200)
    const undoneVersion = await versionOf(ada)
    assert.ok(undoneVersion > changedVersion, `${undoneVersion} after ${changedVersion}`)
  })

  test('the cases above cover every table with a credential version', async () => {
    const statement =
      latchkey.databaseKind === 'SQLite'
        ? "select m.name as table_name from sqlite_schema m, pragma_table_info(m.name) c where m.type = 'table' and c.name = 'credential_version'"
        : "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'credential_version'"
    const tables = (await latchkey.sql(statement)).map(({ table_name }) => table_name)
    const listed = new Set(pending.map(({ table }) => table))
    assert.deepEqual([...listed].sort(), [...voidedTables].sort())
    assert.deepEqual(tables.sort(), ['account', ...listed].sort())
  })
})

test('docs/architecture.md lists what a raised credential version voids', () => {
  const page = readFileSync('docs/architecture.md', 'utf8')
  const [, section = ''] = page.split('### The credential version')
  const [rows = ''] = section.split(/^#/m)
  const listed = [...rows.matchAll(/^\| `(\w+)` \|/gm)].map(([, table]) => table)
  assert.deepEqual([...new Set(listed)].sort(), [...voidedTables].sort())
})

function outcomeOf({ status, body }: ApiResponse, expected: number | string): number | string {
  return typeof expected === 'number' ? status : `${status} ${body.code ?? body.status}`
}
