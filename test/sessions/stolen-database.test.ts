/** A stolen database gives no access to accounts, and a restart ends no session. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Secret } from 'otpauth'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { loadSigningKey } from '../support/forge-token.ts'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { addPasskey, signInWithPasskey, startPasskeySignIn } from '../support/passkeys.ts'
import { startSignUp } from '../support/sign-up.ts'
import { SoftwareAuthenticator } from '../support/software-authenticator.ts'

onEachDatabase((latchkey) => {
  // Abuse case (Input and output): A response, a log line or the database contained a secret
  // (CVE-2026-53725).
  test('nothing in the database signs in, reveals a code or signs a token', async () => {
    const ada = await latchkey.owner()
    const secrets: Record<string, string> = {
      'a password': ada.password,
      'a code of a sign-up': await latchkey.codeSentTo(ada.email),
    }
    await ada.turnOn('sms')
    secrets['a code by text'] = await latchkey.codeSentTo(ada.phoneNumber)
    await ada.turnOn('authenticator')
    await ada.signInFully()
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
    await addPasskey(latchkey, ada)
    const { mfaToken } = (await ada.signIn()).body
    const byPasskey = await startPasskeySignIn(latchkey, { mfaToken })
    secrets['a passkeyToken'] = byPasskey.body.passkeyToken
    await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'sms' })
    secrets['a code of an open sign-in'] = await latchkey.codeSentTo(ada.phoneNumber)
    const newcomer = { email: 'bob@example.com', password: 'a sentence that nobody guesses' }
    const { signUpToken, code } = await startSignUp(latchkey, newcomer)
    secrets['a signUpToken'] = signUpToken
    secrets['a code of an open sign-up'] = code

    const { privateKey } = await loadSigningKey(latchkey)
    const { d = '' } = privateKey.export({ format: 'jwk' })
    const binary = Buffer.from(Secret.fromBase32(ada.authenticator.secret).buffer)
    Object.assign(secrets, {
      'a password of an open sign-up': newcomer.password,
      'an mfaToken': mfaToken,
      'a refresh token': ada.refreshToken,
      'an access token': ada.accessToken,
      'the signature of an access token': ada.accessToken.split('.')[2],
      'a TOTP secret': ada.authenticator.secret,
      'a TOTP secret in hex': binary.toString('hex'),
      'a TOTP secret in base64': binary.toString('base64'),
      'the private key': d,
      'the private key in hex': Buffer.from(d, 'base64url').toString('hex'),
      'the private key as DER': privateKey
        .export({ format: 'der', type: 'sec1' })
        .toString('base64'),
      'the encryption key': latchkey.environment.LATCHKEY_ENCRYPTION_KEYS?.split(':')[1] ?? '',
    })
    for (const code of ada.recoveryCodes) {
      secrets[`the recovery code ${code}`] = code
      secrets[`the recovery code ${code} without dashes`] = code.replaceAll('-', '')
    }

    const dump = await dumpDatabase(latchkey)
    assert.ok(dump.includes(ada.email), 'the dump lacks the account')
    for (const [what, secret] of Object.entries(secrets)) {
      assert.ok(secret.length >= 6, what)
      for (const [how, form] of Object.entries(formsOf(secret))) {
        const standing = new RegExp(`(?<![A-Za-z0-9])${RegExp.escape(form)}(?![A-Za-z0-9])`, 'i')
        const found = standing.exec(dump)
        assert.equal(found, null, `${what} ${how}: …${dump.substr((found?.index ?? 0) - 40, 120)}…`)
      }
    }
  })

  test('the stored data of a passkey cannot sign in', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    const [row] = await latchkey.sql(
      `select credential_id, counter, user_handle from passkey
       join account on account.id = account_id where email = '${ada.email}'`,
    )
    const copy = new SoftwareAuthenticator(latchkey.origin)
    copy.credentialId = row.credential_id
    copy.userHandle = row.user_handle
    copy.counter = Number(row.counter)
    const refused = await signInWithPasskey(latchkey, copy)
    assert.deepEqual([refused.status, refused.body.code], [401, 'invalid_passkey'])
    ada.storeTokens(await signInWithPasskey(latchkey, passkey))
  })

  test('a restart keeps keys, tokens and sessions', async () => {
    const ada = await latchkey.owner()
    const before = (await latchkey.get('/.well-known/jwks.json')).body
    await latchkey.restart()
    assert.deepEqual((await latchkey.get('/.well-known/jwks.json')).body, before)
    assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
    assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
  })

  test('a new primary encryption key changes nothing for existing sessions', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { LATCHKEY_ENCRYPTION_KEYS: old } = latchkey.environment
    await latchkey.restart({ LATCHKEY_ENCRYPTION_KEYS: `${generateEncryptionKey('newer')},${old}` })
    assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
    await ada.signInFully()
    ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }))
  })

  // Abuse case (Sessions and tokens): A check passed because it could not be made
  // (GHSA-8fpg-xm3f-6cx3).
  test('without its encryption key the service does not start', async () => {
    const { LATCHKEY_ENCRYPTION_KEYS: good = '' } = latchkey.environment
    await assert.rejects(
      latchkey.restart({ LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('another') }),
    )
    await latchkey.restart({ LATCHKEY_ENCRYPTION_KEYS: good })
    assert.equal((await latchkey.get('/health/ready')).status, 200)
  })
})

/** The rows of every table; on SQLite also the raw files, which may contain deleted rows. */
async function dumpDatabase(latchkey: TestLatchkey): Promise<string> {
  const tables = await latchkey.sql(
    latchkey.databaseKind === 'SQLite'
      ? `select name from sqlite_master where type = 'table'`
      : `select table_name as name from information_schema.tables where table_schema = 'public'`,
  )
  const rows: string[] = []
  for (const { name } of tables) {
    rows.push(JSON.stringify(await latchkey.sql(`select * from "${name}"`)))
  }
  if (latchkey.databaseKind === 'SQLite') {
    const files = readdirSync(latchkey.folder).filter((name) => name.startsWith('latchkey.sqlite'))
    rows.push(...files.map((name) => readFileSync(join(latchkey.folder, name), 'latin1')))
  }
  return rows.join('\n')
}

/** A secret in clear, encoded, and hashed. Without a key, a hash of six digits is soon reversed. */
function formsOf(secret: string): Record<string, string> {
  const digest = (algorithm: string) => createHash(algorithm).update(secret).digest()
  return {
    'in clear': secret,
    'in base64': Buffer.from(secret).toString('base64'),
    'as SHA-256 in hex': digest('sha256').toString('hex'),
    'as SHA-256 in base64': digest('sha256').toString('base64'),
    'as SHA-256 in base64url': digest('sha256').toString('base64url'),
    'as SHA-1': digest('sha1').toString('hex'),
    'as MD5': digest('md5').toString('hex'),
  }
}
