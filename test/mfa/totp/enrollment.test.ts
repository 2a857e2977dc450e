import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportAccounts } from '../../../src/admin/export.ts'
import { loadKeys } from '../../../src/keys/encryption-keys.ts'
import { openDatabase } from '../../../src/store/open.ts'
import { onEachDatabase } from '../../support/latchkey.ts'
import { accountStateOf, mfaActivityOf, mfaNoticesTo, submitMfaCode } from '../../support/mfa.ts'
import { accountIdOf } from '../../support/operator.ts'
import type { Owner } from '../../support/owner.ts'
import { assertBody } from '../../support/responses.ts'

onEachDatabase((latchkey) => {
  test('a new TOTP secret has 160 bits and the parameters that every app supports, and is not in use yet', async () => {
    const ada = await latchkey.owner()
    const { body } = await ada.post('/settings/MfaSecret')
    assert.match(body.secret, /^[A-Z2-7]{32}$/, '160 bits (RFC 4226 §4)')
    assert.equal(body.confirmed, false)

    const uri = new URL(body.otpauthUri)
    assert.equal(uri.protocol, 'otpauth:')
    assert.equal(uri.host, 'totp')
    assert.equal(decodeURIComponent(uri.pathname), `/Latchkey:${ada.email}`)
    assert.deepEqual(Object.fromEntries(uri.searchParams), {
      issuer: 'Latchkey',
      secret: body.secret,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    })

    const unconfirmed = { confirmed: false, confirmedAt: null }
    assert.deepEqual((await ada.get('/settings/MfaSecret')).body, unconfirmed)
    assert.deepEqual((await ada.get('/settings/MfaSignIn')).body.availableMethods, [])
    assert.equal((await ada.signIn()).body.status, 'signedIn')
    assert.deepEqual(await mfaActivityOf(ada), [])
  })

  test('every TOTP secret is new, and only the newest pending one can be confirmed', async () => {
    const ada = await latchkey.owner()
    await ada.enrollAuthenticator()
    const firstSecret = ada.authenticator.secret
    await ada.enrollAuthenticator()
    const secondSecret = ada.authenticator.secret
    assert.notEqual(firstSecret, secondSecret)

    ada.authenticator.secret = firstSecret
    const code = ada.authenticator.nextCode()
    const refused = await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
    assert.equal(refused.body.code, 'invalid_code')
    ada.authenticator.secret = secondSecret
    await ada.turnOn('authenticator')
    const { body } = await ada.get('/settings/MfaSecret')
    assert.equal(body.confirmed, true)
    assert.ok(Math.abs(Date.parse(body.confirmedAt) - Date.now()) < 30_000)
  })

  // Abuse case (MFA changed by an attacker): The old secret still worked
  // after a new one was confirmed, or the new one worked before (CVE-2026-9047).
  test('a new TOTP secret leaves the old one in use until it is confirmed, and then replaces it', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const oldSecret = ada.authenticator.secret
    const { body: confirmedBefore } = await ada.get('/settings/MfaSecret')
    await ada.enrollAuthenticator()
    const freshSecret = ada.authenticator.secret
    assert.deepEqual((await ada.get('/settings/MfaSecret')).body, confirmedBefore)

    const begun = await ada.signIn()
    const early = await submitMfaCode(latchkey, begun, { code: ada.authenticator.nextCode() })
    assert.equal(early.body.code, 'invalid_code', 'an unconfirmed secret signs nobody in')
    ada.authenticator.secret = oldSecret
    ada.storeTokens(await submitMfaCode(latchkey, begun, { code: ada.authenticator.nextCode() }))

    ada.authenticator.secret = freshSecret
    const changed = await ada.turnOn('authenticator')
    assert.deepEqual(changed.body.availableMethods, ['authenticator'])
    assert.equal((await mfaActivityOf(ada))[0], 'mfa.method_added')
    const begunAgain = await ada.signIn()
    ada.authenticator.secret = oldSecret
    for (const at of [-30_000, 0, 30_000]) {
      const code = ada.authenticator.code(Date.now() + at)
      const dead = await submitMfaCode(latchkey, begunAgain, { code })
      assert.equal(dead.status, 401)
    }
    const oldAgain = await ada.post('/settings/MfaSignIn', {
      mfaMethod: 'authenticator',
      code: ada.authenticator.nextCode(),
    })
    assert.equal(oldAgain.body.code, 'invalid_code')
    ada.authenticator.secret = freshSecret
    assert.equal(
      (await submitMfaCode(latchkey, begunAgain, { code: ada.authenticator.nextCode() })).status,
      200,
    )
  })

  test('while a new secret is pending, a code of the old app is accepted and confirms nothing', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const oldSecret = ada.authenticator.secret
    await ada.enrollAuthenticator()
    ada.authenticator.secret = oldSecret
    const code = ada.authenticator.nextCode()
    const { status } = await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
    assert.equal(status, 200)
    assert.deepEqual(await mfaActivityOf(ada), ['recovery_codes.generated', 'mfa.on'])
    await ada.signInFully()
  })

  for (const first of ['in use', 'pending'] as const) {
    test(`with a pending secret beside the one in use, only the latter counts, with the row of the one ${first} first`, async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const old = ada.authenticator.secret
      await ada.enrollAuthenticator()
      const account = await accountIdOf(latchkey, ada)
      if (first === 'pending') {
        const condition = `account_id = '${account}' and confirmed_at is not null`
        const [row] = await latchkey.sql(`select * from totp_secret where ${condition}`)
        await latchkey.sql(`delete from totp_secret where ${condition}`)
        const values = Object.values(row).map((value) => (value === null ? 'null' : `'${value}'`))
        await latchkey.sql(
          `insert into totp_secret (${Object.keys(row)}) values (${values.join(', ')})`,
        )
      }
      // Even in the epoch that is on, as a secret that was once confirmed in it would be.
      await latchkey.sql(
        `update totp_secret set mfa_epoch = (select mfa_epoch from account where id = '${account}')
         where account_id = '${account}'`,
      )
      const pending = ada.authenticator.nextCode()
      const refused = await submitMfaCode(latchkey, await ada.signIn(), { code: pending })
      assert.equal(`${refused.status} ${refused.body.code}`, '401 invalid_code')
      const exported = await exportedSecretOf(ada)
      assert.equal(exported, old)
      ada.authenticator.secret = old
      await ada.signInFully()
      assert.equal((await ada.get('/settings/MfaSecret')).body.confirmed, true)
    })
  }

  async function exportedSecretOf({ email }: Owner): Promise<string | undefined> {
    const { LATCHKEY_DATABASE_URL = '', LATCHKEY_ENCRYPTION_KEYS = '' } = latchkey.environment
    const db = openDatabase(LATCHKEY_DATABASE_URL)
    const keyring = await loadKeys(db, LATCHKEY_ENCRYPTION_KEYS)
    const records = await Array.fromAsync(
      exportAccounts(
        { db, keyring, settings: { profileAttributes: [] } },
        { includeSecrets: true },
      ),
    )
    await db.destroy()
    return records.find((record) => record.email === email)?.totpSecret
  }

  // Abuse case (Reuse of codes and tokens): An app’s code could be reused within its 30
  // seconds (CVE-2026-82470, CVE-2025-6014, GHSA-96qm-hwhp-2rm8).
  test('the code that confirms a secret does not also sign in', async () => {
    const ada = await latchkey.owner()
    await ada.enrollAuthenticator()
    const code = ada.authenticator.nextCode()
    await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
    const refused = await submitMfaCode(latchkey, await ada.signIn(), { code })
    assert.equal(refused.body.code, 'invalid_code')
  })

  test('removing the app makes the strongest other method the default, and notifies the owner', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    await ada.turnOn('email')
    await ada.turnOn('authenticator')
    const waiting = await ada.signIn()

    const removed = await ada.delete('/settings/MfaSecret')
    const { body: mfaSignIn } = await ada.get('/settings/MfaSignIn')
    assertBody(removed, 200, { confirmed: false, mfaSignIn })
    assert.equal(removed.body.mfaSignIn.mfaMethod, 'sms')
    assert.deepEqual(removed.body.mfaSignIn.availableMethods, ['sms', 'email'])
    assert.equal((await ada.get('/settings/MfaSecret')).body.confirmed, false)

    assert.equal((await mfaActivityOf(ada))[0], 'mfa.method_removed')
    const [notice] = await mfaNoticesTo(latchkey, ada.email)
    assert.equal(notice?.subject, 'A second step for Latchkey was removed')
    assert.match(notice?.text ?? '', /you can no longer use an authenticator app/)

    const code = ada.authenticator.nextCode()
    const late = await submitMfaCode(latchkey, waiting, { code, mfaMethod: 'authenticator' })
    assert.equal(late.body.code, 'mfa_token_expired')
    const begun = await ada.signIn()
    assert.equal(begun.body.mfaMethod, 'sms')
    const dead = await submitMfaCode(latchkey, begun, { code, mfaMethod: 'authenticator' })
    assert.equal(dead.body.code, 'invalid_code')
    const right = { code: await ada.codeFor('sms') }
    assert.equal((await submitMfaCode(latchkey, begun, right)).status, 200)
  })

  test('removing an app that is not the default method leaves the default as it is', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('email')
    const { body } = await ada.delete('/settings/MfaSecret')
    assert.equal(body.mfaSignIn.mfaMethod, 'email')
    assert.equal((await ada.signIn()).body.mfaMethod, 'email')
  })

  // Abuse case (MFA changed by an attacker): Removing the last method left
  // MFA on without a method, or turned it off silently.
  test('the last method cannot be removed while MFA is on: recovery codes do not count as one', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    assert.equal(ada.recoveryCodes.length, 10)
    await ada.enrollAuthenticator()
    const before = await accountStateOf(latchkey, ada)
    const refused = await ada.delete('/settings/MfaSecret')
    assert.equal(refused.status, 409)
    assert.equal(refused.body.code, 'last_method')
    assert.deepEqual(await accountStateOf(latchkey, ada), before, 'the pending secret stays')

    await ada.delete('/settings/MfaSignIn')
    const removed = await ada.delete('/settings/MfaSecret')
    assert.equal(removed.status, 200)
    assert.deepEqual(removed.body.mfaSignIn.availableMethods, [])
    assert.equal(removed.body.mfaSignIn.enabled, false)
  })

  test('removing an app that is not confirmed succeeds, changes nothing else and sends no notice', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const before = await accountStateOf(latchkey, ada)
    const removed = await ada.delete('/settings/MfaSecret')
    assert.equal(removed.body.confirmed, false)
    assert.equal(removed.body.mfaSignIn.mfaMethod, 'email')
    assert.deepEqual(await accountStateOf(latchkey, ada), before)

    await ada.enrollAuthenticator()
    const code = ada.authenticator.nextCode()
    await ada.delete('/settings/MfaSecret')
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
    const late = await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
    assert.equal(late.body.code, 'method_not_set_up', 'a removed secret cannot be confirmed')
  })

  // Abuse case (Input and output): A response, a log line or the database contained a secret
  // (CVE-2026-53725).
  test('a TOTP secret is shown once: no later response, message or row of the database contains it', async () => {
    const ada = await latchkey.owner()
    const enrolled = await ada.enrollAuthenticator()
    const { secret } = ada.authenticator
    const wrong = await ada.wrongCodeFor('authenticator')
    const code = ada.authenticator.nextCode()
    const answers = [
      await ada.get('/settings/MfaSecret'),
      await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code: wrong }),
      await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code }),
      await ada.get('/settings/MfaSecret'),
      await ada.get('/settings/MfaSignIn'),
      await ada.get('/settings/Activity?limit=100'),
      await ada.signIn(),
      await ada.signInFully(),
      await ada.delete('/settings/MfaSecret'),
      await latchkey.get('/dev/Messages'),
      await ada.post('/settings/MfaSecret'),
    ]
    const rows = JSON.stringify(await accountStateOf(latchkey, ada))
    for (const text of [...answers.map(({ body }) => JSON.stringify(body)), rows]) {
      assert.ok(!text.toUpperCase().includes(secret))
      assert.ok(!text.includes(enrolled.body.qrCode))
    }
    for (const path of ['/settings/MfaSecret', '/settings/MfaSignIn']) {
      const stranger = await latchkey.get(path)
      assert.equal(stranger.body.code, 'missing_token')
    }
  })
})
