import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { hour } from '../../src/lib/clock.ts'
import { travel } from '../support/clock.ts'
import { runImport, writeImportFile } from '../support/import-file.ts'
import { onDatabase, onEachDatabase, TestLatchkey } from '../support/latchkey.ts'
import { submitMfaCode } from '../support/mfa.ts'
import { Owner } from '../support/owner.ts'
import { createTempFolder, runLatchkey } from '../support/process.ts'
import { requireTool } from '../support/tool.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

/** Runs the export. @returns its parsed lines and raw output */
async function runExport(t: TestContext, { environment }: TestLatchkey, ...flags: string[]) {
  const args = ['accounts', 'export', ...flags]
  const { code, stdout, stderr } = await runLatchkey(t, { environment, args })
  assert.equal(code, 0, stderr)
  const lines = stdout.split('\n').filter((line) => line !== '')
  return { lines: lines.map((line) => JSON.parse(line)), stdout, stderr }
}

onEachDatabase((latchkey) => {
  test('every exported account imports into another service and signs in there as before', async (t) => {
    const plain = await latchkey.owner()
    const byApp = await latchkey.owner({ mfaMethod: 'authenticator' })
    const byText = await latchkey.owner({ mfaMethod: 'sms' })
    const byMail = await latchkey.owner({ mfaMethod: 'email' })
    const turnedOff = await latchkey.owner({ mfaMethod: 'authenticator' })
    await turnedOff.delete('/settings/MfaSignIn')
    const everyone = [plain, byApp, byText, byMail, turnedOff]

    const file = join(createTempFolder(t), 'accounts.jsonl')
    await runExport(t, latchkey, '--secrets', '--to', file)
    const elsewhere = new TestLatchkey(latchkey.databaseKind)
    await elsewhere.start()
    t.after(() => elsewhere.stop())
    const { code, stdout, stderr } = await runImport(t, elsewhere, file, '--json')
    assert.deepEqual([code, stderr], [0, ''])
    assert.ok(JSON.parse(stdout).imported >= everyone.length)

    for (const owner of everyone) {
      const { email, password, phoneNumber, authenticator } = owner
      const there = new Owner(elsewhere, { email, password, phoneNumber, authenticator })
      await there.signInFully()
      const here = (await owner.get('/settings/MfaSignIn')).body
      const { enabled, mfaMethod } = (await there.get('/settings/MfaSignIn')).body
      assert.deepEqual([enabled, mfaMethod], [here.enabled, here.mfaMethod], email)
      const { createdAt } = (await there.get('/settings')).body
      assert.equal(createdAt, (await owner.get('/settings')).body.createdAt)
    }

    const oathtool = await requireTool(t, 'oathtool')
    if (!oathtool) return
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .find((text) => text.includes(byApp.email))
    const { totpSecret } = JSON.parse(line ?? '{}')
    const { email, password } = byApp
    travel(hour)
    const now = `--now=${new Date(Date.now()).toISOString()}`
    const typed = (await oathtool('--totp', '--base32', now, totpSecret)).trim()
    const begun = await elsewhere.post('/auth/SignIn', { email, password })
    const answer = await submitMfaCode(elsewhere, begun, { code: typed })
    assert.equal(answer.body.status, 'signedIn', JSON.stringify(answer.body))
  })

  test('an export of more than one page writes each account once', async (t) => {
    const people = Array.from({ length: 1201 }, (_, index) => {
      return { email: `page-${index}@example.com` }
    })
    await runImport(t, latchkey, writeImportFile(t, people))
    const { lines } = await runExport(t, latchkey)
    const emails = lines.map(({ email }) => email).filter((email) => email.startsWith('page-'))
    assert.deepEqual(
      emails,
      people.map(({ email }) => email),
    )
  })
})

onDatabase('SQLite', (latchkey) => {
  // Abuse case (Input and output): A list of accounts for a mailing contained the password hashes
  // and TOTP secrets.
  test('secrets are exported only on request', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { lines, stdout } = await runExport(t, latchkey)
    const line = lines.find(({ email }) => email === ada.email)
    assert.deepEqual(Object.keys(line).sort(), ['createdAt', 'email', 'language', 'mfaMethod'])
    assert.ok(!stdout.includes('$argon2') && !stdout.includes(ada.authenticator.secret))
    // The import reports the missing secret instead of dropping the second factor.
    const elsewhere = writeImportFile(t, [{ ...line, email: 'elsewhere@example.com' }])
    const { code, stderr } = await runImport(t, latchkey, elsewhere)
    assert.equal(code, 65)
    assert.match(stderr, /^line 1: mfaMethod is authenticator, but totpSecret is missing/)
  })

  test('deleted accounts and passwords voided by an undo are not exported', async (t) => {
    const deleted = await latchkey.owner()
    await deleted.delete('/settings/Account', { body: { password: deleted.password } })
    const afterUndo = await latchkey.owner()
    await afterUndo.changePassword('the thief’s own sentence')
    const token = await undoTokenSentTo(latchkey, afterUndo.email, /password/i)
    assert.equal((await latchkey.post('/auth/Undo', { token })).status, 200)
    const withoutPassword = { email: 'no-password@example.com' }
    await runImport(t, latchkey, writeImportFile(t, [withoutPassword]))

    const { lines } = await runExport(t, latchkey, '--secrets')
    const of = (address: string) => lines.find(({ email }) => email === address)
    assert.equal(of(deleted.email), undefined)
    assert.equal(of(afterUndo.email).passwordHash, undefined)
    assert.equal(of(withoutPassword.email).passwordHash, undefined)
  })

  test('passkeys are not exported: another method takes over, or the export warns that none can', async (t) => {
    const alone = await latchkey.owner({ mfaMethod: 'passkey' })
    const both = await latchkey.owner({ mfaMethod: 'authenticator' })
    await both.turnOn('passkey')
    const { lines, stderr } = await runExport(t, latchkey, '--secrets')
    const of = (owner: Owner) => lines.find(({ email }) => email === owner.email)
    assert.equal(of(alone).mfaMethod, 'passkey')
    assert.equal(of(both).mfaMethod, 'authenticator')
    assert.match(stderr, /\b1 of them have a passkey as their only second factor/)
  })
})

test('the export file is private to its user and never overwrites another file', async (t) => {
  const folder = createTempFolder(t)
  await runLatchkey(t, { folder, args: ['migrate'] })
  const args = ['accounts', 'export', '--to', 'accounts.jsonl']
  const first = await runLatchkey(t, { folder, args })
  assert.deepEqual([first.code, first.stdout], [0, ''])
  assert.equal(statSync(join(folder, 'accounts.jsonl')).mode & 0o777, 0o600)
  const second = await runLatchkey(t, { folder, args })
  assert.equal(second.code, 1)
  assert.match(
    second.stderr,
    /^The file can’t be created\. A file of that name already exists\.\n$/,
  )
})
