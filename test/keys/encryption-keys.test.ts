import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { listKeys } from '../../src/keys/list-keys.ts'
import { sealedColumns } from '../../src/keys/sealed-columns.ts'
import { openDatabase } from '../../src/store/open.ts'
import { addApp } from '../support/apps.ts'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { submitMfaCode } from '../support/mfa.ts'
import type { Owner } from '../support/owner.ts'
import { addPasskey, startPasskeySignIn, verifyPasskeySignIn } from '../support/passkeys.ts'
import { runLatchkey, waitUntil } from '../support/process.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

const k1 = generateEncryptionKey('k1')
const k2 = generateEncryptionKey('k2')
const k3 = generateEncryptionKey('k3')

onEachDatabase(
  (latchkey) => {
    test('after an encryption key rotation everything keeps working, even without the old key', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const { deviceToken } = (await signIn(ada, { rememberDevice: true })).body
      // The undo link for turning MFA on was sealed under the old key too.
      const waiting = (await ada.signIn()).body
      const ben = await latchkey.owner({ mfaMethod: 'email' })
      const begunByBen = (await ben.signIn()).body
      const passkey = await addPasskey(latchkey, await latchkey.owner())
      const byPasskey = await startPasskeySignIn(latchkey)
      const lost = (await latchkey.post('/auth/Refresh', { refreshToken: ben.refreshToken })).body

      await latchkey.restart({ LATCHKEY_ENCRYPTION_KEYS: `${k2},${k1}` })
      await waitUntil(async () => (await sealedWith(latchkey, 'k1')) === 0)
      await latchkey.restart({ LATCHKEY_ENCRYPTION_KEYS: k2 })

      // Pending codes and tokens.
      const code = await latchkey.codeSentTo(ben.email)
      const { mfaToken } = begunByBen
      assert.equal((await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })).status, 200)
      const appCode = await ada.codeFor('authenticator')
      const answer = { mfaToken: waiting.mfaToken, code: appCode }
      assert.equal((await latchkey.post('/auth/SignIn/Mfa', answer)).status, 200)

      const assertion = passkey.get(byPasskey.body.options)
      assert.equal((await verifyPasskeySignIn(latchkey, byPasskey, assertion)).status, 200)

      // Sessions, trusted devices and recovery codes.
      assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
      const { refreshToken, email, password } = ada
      ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
      const trusted = await latchkey.post('/auth/SignIn', { email, password, deviceToken })
      assert.equal(trusted.body.status, 'signedIn')
      const [recoveryCode = ''] = ada.recoveryCodes
      const begun = await ada.signIn()
      const recovered = await submitMfaCode(latchkey, begun, {
        code: recoveryCode,
        mfaMethod: 'recoveryCode',
      })
      assert.equal(recovered.status, 200)

      // A refresh from before the rotation is repeated, and reuse of its token is detected.
      const usedToken = { refreshToken: ben.refreshToken }
      ben.storeTokens(await latchkey.post('/auth/Refresh', usedToken))
      assert.equal(ben.refreshToken, lost.refreshToken)
      ben.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: lost.refreshToken }))
      assert.equal((await latchkey.post('/auth/Refresh', usedToken)).status, 401)
      assert.equal((await ben.get('/settings')).status, 401)

      const token = await undoTokenSentTo(latchkey, ada.email, / on$/)
      const undone = await latchkey.post('/auth/Undo', { token })
      assert.equal(undone.status, 200, JSON.stringify(undone.body))
    })

    test('every column whose name ends in _sealed is resealed', async () => {
      const columns = await latchkey.sql(
        latchkey.databaseKind === 'SQLite'
          ? "select m.name || '.' || c.name as name from sqlite_schema m, pragma_table_info(m.name) c where m.type = 'table' and c.name like '%sealed%'"
          : "select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'public' and column_name like '%sealed%'",
      )
      const names = columns.map(({ name }) => name)
      assert.deepEqual(names.sort(), Object.keys(sealedColumns).sort())
    })

    test('every sealed column can be opened with the new key alone', async (t) => {
      await latchkey.restart({ LATCHKEY_ENCRYPTION_KEYS: `${k3},${k2}` })
      const url = 'https://git.example.com'
      await addApp(t, latchkey, 'git', '--url', url, '--redirect-uri', `${url}/callback`)
      const { refreshToken } = await latchkey.owner({ mfaMethod: 'authenticator' })
      assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 200)
      for (const column of Object.keys(sealedColumns)) {
        const [table, name] = column.split('.')
        const [row] = await latchkey.sql(
          `select count(*) as found from ${table} where ${name} is not null`,
        )
        assert.ok(Number(row.found) > 0, `${column} has no value to test`)
      }
      await waitUntil(async () => (await sealedWith(latchkey, 'k2')) === 0)
      assert.doesNotMatch(latchkey.log, /can’t be opened/)
      assert.match(latchkey.log, /"key":"k3","resealed":\d+,"unopened":0/)
    })

    test('startup without a key still in use is refused, with the number of values that need it', async (t) => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const needed = await sealedWith(latchkey, 'k3')
      assert.ok(needed > 5)
      await latchkey.stopKeepingData()
      const without = { ...latchkey.environment, LATCHKEY_ENCRYPTION_KEYS: k2 }
      const refused = await runLatchkey(t, { environment: without })
      assert.equal(refused.code, 1)
      const why = `${needed} values need k3`
      assert.ok(refused.stderr.includes(why), refused.stderr)

      // A different key with an id that was used before, although it seals nothing now.
      const environment = {
        ...latchkey.environment,
        LATCHKEY_ENCRYPTION_KEYS: `${k3},${generateEncryptionKey('k1')}`,
      }
      const { code, stderr } = await runLatchkey(t, { environment })
      assert.equal(code, 1)
      assert.match(stderr, /a different key with the id k1/)

      await latchkey.start()
      assert.equal((await ada.signInFully()).status, 200)
    })

    test('a command with a key that the service does not have changes nothing', async (t) => {
      const environment = {
        ...latchkey.environment,
        LATCHKEY_ENCRYPTION_KEYS: `${generateEncryptionKey('k5')},${k3}`,
      }
      const { code, stderr } = await runLatchkey(t, { environment, args: ['keys', 'rotate'] })
      assert.equal(code, 1)
      assert.match(stderr, /not been started with the encryption key k5/)
      const rows = await latchkey.sql('select id from signing_key')
      assert.equal(rows.length, 1)
      assert.deepEqual(await latchkey.sql("select id from encryption_key where id = 'k5'"), [])
    })

    test('a node that lacks another node’s key answers 503, is not ready and logs the key’s id', async () => {
      const ada = await latchkey.owner()
      const { LATCHKEY_ENCRYPTION_KEYS } = latchkey.environment
      latchkey.environment.LATCHKEY_ENCRYPTION_KEYS = `${generateEncryptionKey('k6')},${k3}`
      const node = await latchkey.secondNode()
      latchkey.environment.LATCHKEY_ENCRYPTION_KEYS = LATCHKEY_ENCRYPTION_KEYS ?? ''
      try {
        await waitUntil(async () => (await latchkey.get('/health/ready')).status === 503)
        assert.match(latchkey.log, /"key":"k6".*not in LATCHKEY_ENCRYPTION_KEYS here/)
        const { refreshToken } = ada
        // A 401 would sign the owner out.
        const here = await latchkey.post('/auth/Refresh', { refreshToken })
        assert.equal(here.status, 503)
        assert.ok(Number(here.headers.get('retry-after')) > 0)
        ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }, { node }))
      } finally {
        await node.stop()
      }
    })
  },
  { LATCHKEY_ENCRYPTION_KEYS: k1 },
)

/** Signs in with the authenticator, and with more fields in the second request. */
async function signIn(owner: Owner, more: object) {
  const { mfaToken } = (await owner.signIn()).body
  const code = await owner.codeFor('authenticator')
  return owner.storeTokens(await owner.post('/auth/SignIn/Mfa', { mfaToken, code, ...more }))
}

/** The number of values still sealed with a key, as in `keys list`. */
async function sealedWith(latchkey: TestLatchkey, id: string): Promise<number> {
  const { LATCHKEY_DATABASE_URL = '', LATCHKEY_ENCRYPTION_KEYS = '' } = latchkey.environment
  const db = openDatabase(LATCHKEY_DATABASE_URL)
  const { encryptionKeys } = await listKeys(db, LATCHKEY_ENCRYPTION_KEYS)
  await db.destroy()
  return encryptionKeys.find((key) => key.id === id)?.sealedValues ?? 0
}
