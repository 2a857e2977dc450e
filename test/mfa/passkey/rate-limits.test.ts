import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { travel } from '../../support/clock.ts'
import { onEachDatabase } from '../../support/latchkey.ts'
import { submitMfaCode } from '../../support/mfa.ts'
import {
  addPasskey,
  requestMfaToken,
  signInWithPasskey,
  startPasskeySignIn,
  turnOnWithPasskey,
  verifyPasskeySignIn,
} from '../../support/passkeys.ts'

const hour = 60 * 60_000

onEachDatabase((latchkey) => {
  // The limits that the previous test used up are free again.
  beforeEach(() => travel(24 * hour + 1))

  // Abuse case (Guessing): Guessing locked the owner out.
  test('a passkey signs in, alone and as second factor, however many guesses a stranger makes', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    await turnOnWithPasskey(ada, passkey)
    const { email } = ada
    const earlyMfaToken = await requestMfaToken(ada)

    // Uses up the password limits of the owner’s network and of the account.
    for (let i = 0; i < 60; i += 1) {
      const from = i < 11 ? '127.0.0.1' : `127.0.30.${i}`
      await latchkey.post('/auth/SignIn', { email, password: `wrong ${i}` }, { from })
    }
    assert.equal((await ada.signIn()).status, 429)
    // Uses up the limits for codes, with the right password.
    travel(hour + 1)
    const mfaMethod = 'recoveryCode' as const
    let begun = await ada.signIn()
    for (let i = 0; ; i += 1) {
      assert.ok(i < 100, 'guesses are not limited')
      const answer = await submitMfaCode(latchkey, begun, { code: 'AAAA-AAAA-AAAA', mfaMethod })
      if (answer.status === 429) break
      if (answer.body.code === 'mfa_token_expired') begun = await ada.signIn()
    }
    assert.equal((await signInWithPasskey(latchkey, passkey)).status, 200)
    const mfaToken = await requestMfaToken(ada)
    assert.equal((await signInWithPasskey(latchkey, passkey, { mfaToken })).status, 200)
    const started = await latchkey.post('/auth/SignIn/Passkey', { mfaToken: earlyMfaToken })
    assert.equal(started.body.code, 'mfa_token_expired', 'the sign-in started before has expired')
  })

  // Abuse case (Guessing): Guessing locked the owner out.
  test('a thousand passkey sign-ins that a stranger starts and fails store nothing, and bar nobody in that network', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    const before = await countAllRows()
    const call = { from: '127.0.31.1' }
    for (let i = 0; i < 1000; i += 50) {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const tampering = { unregisteredKey: true }
          const failed = await signInWithPasskey(latchkey, passkey, { call, tampering })
          assert.equal(failed.body.code, 'invalid_passkey')
        }),
      )
    }
    assert.deepEqual(await countAllRows(), before)
    assert.equal((await signInWithPasskey(latchkey, passkey, { call })).status, 200)
  })

  test('five wrong passkeys and codes together end the sign-in that they were to complete', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const passkey = await addPasskey(latchkey, ada)
    const begun = await ada.signIn()
    const { mfaToken } = begun.body
    const wrong = { unregisteredKey: true }
    const spare = await startPasskeySignIn(latchkey, { mfaToken })
    for (let i = 0; i < 4; i += 1) {
      const answer = await signInWithPasskey(latchkey, passkey, { mfaToken, tampering: wrong })
      assert.equal(answer.body.code, 'invalid_passkey')
    }
    const code = await ada.wrongCodeFor('authenticator')
    assert.equal((await submitMfaCode(latchkey, begun, { code })).body.attemptsLeft, 0)

    const right = await verifyPasskeySignIn(latchkey, spare, passkey.get(spare.body.options))
    assert.equal(right.body.code, 'mfa_token_expired')
    const late = await submitMfaCode(latchkey, begun, { code: ada.authenticator.nextCode() })
    assert.equal(late.body.code, 'mfa_token_expired')
    const again = await latchkey.post('/auth/SignIn/Passkey', { mfaToken })
    assert.equal(again.body.code, 'mfa_token_expired')
    assert.equal((await signInWithPasskey(latchkey, passkey)).status, 200)
  })

  // Abuse case (Guessing): Concurrent attempts bypassed the count.
  test('thirty concurrent wrong passkeys end the sign-in', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    await turnOnWithPasskey(ada, passkey)
    const mfaToken = await requestMfaToken(ada)
    const begun = await Promise.all(
      Array.from({ length: 30 }, () => startPasskeySignIn(latchkey, { mfaToken })),
    )
    await Promise.all(
      begun.map((one) =>
        verifyPasskeySignIn(
          latchkey,
          one,
          passkey.get(one.body.options, { unregisteredKey: true }),
        ),
      ),
    )
    const again = await latchkey.post('/auth/SignIn/Passkey', { mfaToken })
    assert.equal(again.body.code, 'mfa_token_expired')
  })

  test('a failed passkey sign-in is in the owner’s activity only if the account was known before', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    await turnOnWithPasskey(ada, passkey)
    const mfaToken = await requestMfaToken(ada)
    const wrong = { unregisteredKey: true }
    await signInWithPasskey(latchkey, passkey, { mfaToken, tampering: wrong })
    // Knowing a credential id is not enough to add entries to an activity.
    await signInWithPasskey(latchkey, passkey, { tampering: wrong })
    const { activity } = (await ada.get('/settings/Activity')).body
    const failed = activity.filter(({ type }: { type: string }) => type === 'signin.failed')
    assert.deepEqual(
      failed.map(({ detail }: { detail: unknown }) => detail),
      [{ step: 'passkey' }],
    )
  })

  async function countAllRows(): Promise<Record<string, unknown>> {
    const tables = await latchkey.sql(
      latchkey.databaseKind === 'SQLite'
        ? "select name from sqlite_schema where type = 'table' and name not like 'sqlite%'"
        : "select table_name as name from information_schema.tables where table_schema = 'public'",
    )
    const counts: Record<string, unknown> = {}
    for (const { name } of tables) {
      const [row] = await latchkey.sql(`select count(*) as rows from "${name}"`)
      counts[name] = row.rows
    }
    return counts
  }
})
