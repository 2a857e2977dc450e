import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPasswordHasher, owaspHashCost } from '../../src/lib/password-hasher.ts'
import { checkPassword } from '../../src/sessions/check-password.ts'
import { openDatabase } from '../../src/store/open.ts'
import { generateForeignHashes } from '../support/foreign-hashes.ts'
import { cheapHash, runImport, writeImportFile } from '../support/import-file.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { Owner } from '../support/owner.ts'

onEachDatabase(
  (latchkey) => {
    latchkey.hashCost = owaspHashCost
    const newFormat = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/
    const rowOf = async (email: string) =>
      (await latchkey.sql(`select * from account where email = '${email}'`))[0]
    const signIn = (email: string, password: string) =>
      latchkey.post('/auth/SignIn', { email, password })
    const storeHash = (email: string, hash: string) =>
      latchkey.sql(`update account set password_hash = '${hash}' where email = '${email}'`)

    test('an imported account signs in with its old password, which is then rehashed in the current format', async (t) => {
      const password = 'correct horse, Grüße'
      const hashes = await generateForeignHashes(t, password)
      if (!hashes) return
      const people = Object.values(hashes).map((passwordHash, index) => {
        return { email: `kind-${index}@example.com`, passwordHash }
      })
      const { code, stderr } = await runImport(t, latchkey, writeImportFile(t, people))
      assert.deepEqual([code, stderr], [0, ''])

      for (const { email, passwordHash } of people) {
        const rowBefore = await rowOf(email)
        assert.equal(rowBefore.password_hash, passwordHash)
        assert.equal((await signIn(email, 'correct horse')).status, 401, passwordHash)
        assert.equal((await rowOf(email)).password_hash, passwordHash)

        assert.equal((await signIn(email, password)).status, 200, passwordHash)
        const rowAfter = await rowOf(email)
        assert.ok(newFormat.test(rowAfter.password_hash), passwordHash)
        // Rehashing changes nothing else and sends no notice.
        assert.deepEqual({ ...rowAfter, password_hash: passwordHash }, { ...rowBefore })
        assert.deepEqual(await latchkey.inbox(email), [])
        assert.equal((await signIn(email, password)).status, 200)
        assert.equal((await signIn(email, 'correct horse')).status, 401)
      }
    })

    test('every call that requires the password accepts any stored hash format', async () => {
      const ada = await latchkey.owner({ password: cheapHash.password.padEnd(12, '!') })
      const { email } = ada
      ada.password = cheapHash.password
      const reset = () => storeHash(email, cheapHash.passwordHash)

      await reset()
      const again = await ada.post('/auth/Reauthenticate', { password: ada.password })
      assert.equal(again.status, 200, JSON.stringify(again.body))
      ada.storeTokens(again)
      await reset()
      await ada.changePassword('a whole new sentence')
      await reset()
      const wrong = await ada.delete('/settings/Account', { body: { password: 'hashcats' } })
      assert.equal(wrong.status, 401)
      ada.password = cheapHash.password
      const deleted = await ada.delete('/settings/Account', { body: { password: ada.password } })
      assert.equal(deleted.status, 204, JSON.stringify(deleted.body))
    })

    test('ten concurrent sign-ins with an imported password all succeed', async () => {
      const { email } = await latchkey.owner()
      await storeHash(email, cheapHash.passwordHash)
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => signIn(email, cheapHash.password)),
      )
      assert.deepEqual(
        answers.map(({ status }) => status),
        Array(10).fill(200),
      )
    })

    test('a new password set while the old one is being rehashed is kept', async (t) => {
      const { email } = await latchkey.owner()
      await storeHash(email, cheapHash.passwordHash)
      const { id } = await rowOf(email)
      const db = openDatabase(latchkey.environment.LATCHKEY_DATABASE_URL ?? '')
      t.after(() => db.destroy())
      const real = await createPasswordHasher({ concurrency: 1 })
      const newHash = await real.hash('a whole new sentence')
      const passwords = {
        ...real,
        async hash(password: string) {
          await storeHash(email, newHash)
          return real.hash(password)
        },
      }
      const account = { id, password_hash: cheapHash.passwordHash }
      const fits = await checkPassword({ db, passwords }, account, cheapHash.password)
      assert.equal(fits, undefined)
      assert.equal((await rowOf(email)).password_hash, newHash)
      assert.equal((await signIn(email, cheapHash.password)).status, 401)
      assert.equal((await signIn(email, 'a whole new sentence')).status, 200)
    })

    test('an unreadable stored hash accepts no password and causes no error', async () => {
      const { email, password } = await latchkey.owner()
      for (const hash of ['', 'plain', '$argon2id$v=19$m=19456,t=2,p=1$', '$2b$31$']) {
        await storeHash(email, hash)
        assert.equal((await signIn(email, password)).status, 401, hash)
        assert.equal((await signIn(email, hash || 'x')).status, 401, hash)
      }
    })

    test('an account imported without a password cannot sign in until its owner sets one', async (t) => {
      const ada = new Owner(latchkey, { email: 'no-password@example.com' })
      const { email } = ada
      await runImport(t, latchkey, writeImportFile(t, [{ email }]))
      for (const typed of ['no password yet.', 'null', ' ']) {
        assert.equal((await signIn(email, typed)).body.code, 'invalid_credentials')
      }
      await ada.resetPassword('a whole new sentence')
      await ada.signInFully()
    })
  },
  { LATCHKEY_RATE_LIMITS: 'off' },
)
