import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createWriteStream, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { cheapHash, runImport, writeImportFile } from '../support/import-file.ts'
import { onDatabase, onEachDatabase } from '../support/latchkey.ts'
import { provePhone, submitMfaCode } from '../support/mfa.ts'
import { Owner } from '../support/owner.ts'
import { createTempFolder, LatchkeyProcess, runLatchkey, waitUntil } from '../support/process.ts'
import { requireTool } from '../support/tool.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const { password, passwordHash } = cheapHash

onEachDatabase(
  (latchkey) => {
    const signIn = (email: string, typed = password) =>
      latchkey.post('/auth/SignIn', { email, password: typed })
    const count = async (where = 'true') =>
      Number(
        (await latchkey.sql(`select count(*) as accounts from account where ${where}`))[0].accounts,
      )

    test('an imported authenticator is required at sign-in, and its codes are accepted', async (t) => {
      const oathtool = await requireTool(t, 'oathtool')
      const email = 'with-app@example.com'
      const line = { email, passwordHash, totpSecret: secret, phoneNumber: '+14155552671' }
      const { code } = await runImport(t, latchkey, writeImportFile(t, [line]))
      assert.equal(code, 0)

      const begun = await signIn(email)
      assert.deepEqual(
        [begun.body.status, begun.body.mfaMethod, begun.body.availableMethods],
        ['mfaRequired', 'authenticator', ['authenticator']],
      )
      const { code: wrong } = (await submitMfaCode(latchkey, begun, { code: '000000' })).body
      assert.equal(wrong, 'invalid_code')
      if (!oathtool) return
      const now = `--now=${new Date(Date.now()).toISOString()}`
      const typed = (await oathtool('--totp', '--base32', now, secret)).trim()
      const answer = await submitMfaCode(latchkey, begun, { code: typed })
      assert.equal(answer.body.status, 'signedIn', JSON.stringify(answer.body))
      const replayed = await submitMfaCode(latchkey, await signIn(email), { code: typed })
      assert.equal(replayed.body.code, 'invalid_code')

      const token = answer.body.accessToken
      const { activity } = (await latchkey.get('/settings/Activity', { token })).body
      assert.deepEqual(activity.at(-1).type, 'account.created')
      assert.deepEqual(activity.at(-1).detail, { imported: true, mfaMethod: 'authenticator' })
      const { remaining } = (await latchkey.get('/settings/RecoveryCodes', { token })).body
      assert.equal(remaining, 0)
      assert.deepEqual(await latchkey.inbox(email), [], 'the import sent a message')
      const sealedSecrets = await latchkey.sql('select secret_sealed from totp_secret')
      assert.ok(!JSON.stringify(sealedSecrets).includes(secret))
    })

    test('imported MFA has settled: an undo takes its second factor', async (t) => {
      const ada = new Owner(latchkey, { email: 'settled@example.com', password })
      ada.authenticator.secret = secret
      const line = {
        email: ada.email,
        passwordHash,
        totpSecret: secret,
        mfaMethod: 'authenticator',
      }
      assert.equal((await runImport(t, latchkey, writeImportFile(t, [line]))).code, 0)
      await ada.signInFully()
      await ada.changePassword('the sentence of a thief')
      const token = await undoTokenSentTo(latchkey, ada.email, /password/)
      const { body } = await latchkey.post('/auth/Undo', { token })
      assert.deepEqual([body.status, body.availableMethods], ['mfaRequired', ['authenticator']])
    })

    // Abuse case (Second factor skipped): A factor that was enrolled while MFA was off signed in after
    // the owner turned MFA on.
    test('an app and a mailbox imported with MFA off are pending once the owner turns it on', async (t) => {
      const email = 'off-with-app@example.com'
      const mfaEmail = 'codes-off@example.com'
      const line = { email, passwordHash, totpSecret: secret, mfaEmail, mfaMethod: 'off' }
      assert.equal((await runImport(t, latchkey, writeImportFile(t, [line]))).code, 0)
      const ada = new Owner(latchkey, { email, password, phoneNumber: '+14155552679' })
      await ada.signInFully()
      const { availableMethods, pendingMethods } = (await ada.turnOn('sms')).body
      assert.deepEqual(availableMethods, ['sms'])
      assert.deepEqual(pendingMethods, ['authenticator', 'email'])
    })

    test('a number imported beside codes by email is no method, and pending once its owner makes it one', async (t) => {
      const email = 'by-mail-with-phone@example.com'
      const phoneNumber = '+14155552678'
      const line = { email, passwordHash, phoneNumber, mfaEmail: email, mfaMethod: 'email' }
      assert.equal((await runImport(t, latchkey, writeImportFile(t, [line]))).code, 0)
      const ada = new Owner(latchkey, { email, password, phoneNumber })
      await ada.signInFully()
      const mfaSignIn = async () => {
        const { availableMethods, pendingMethods } = (await ada.get('/settings/MfaSignIn')).body
        return { availableMethods, pendingMethods }
      }
      assert.deepEqual(await mfaSignIn(), { availableMethods: ['email'], pendingMethods: [] })
      await provePhone(latchkey, ada)
      assert.deepEqual(await mfaSignIn(), { availableMethods: ['email'], pendingMethods: ['sms'] })
    })

    test('codes by text and email, language and creation time are imported', async (t) => {
      const people = [
        {
          email: 'by-text@example.com',
          passwordHash,
          phoneNumber: '+14155552672',
          mfaMethod: 'sms',
        },
        {
          email: 'By-Mail@example.com',
          passwordHash,
          mfaMethod: 'email',
          mfaEmail: 'codes@example.com',
          language: 'de',
          createdAt: '2019-03-04T05:06:07Z',
        },
      ]
      assert.equal((await runImport(t, latchkey, writeImportFile(t, people))).code, 0)
      assert.equal((await signIn('by-text@example.com')).body.mfaMethod, 'sms')
      assert.ok(await latchkey.codeSentTo('+14155552672'))

      const begun = await signIn('by-mail@EXAMPLE.com')
      const [mail] = await latchkey.inbox('codes@example.com')
      assert.match(mail?.text ?? '', /Gib diesen Code ein/)
      const answer = await submitMfaCode(latchkey, begun, {
        code: await latchkey.codeSentTo('codes@example.com'),
      })
      const token = answer.body.accessToken
      const account = (await latchkey.get('/settings', { token })).body
      assert.deepEqual(
        [account.email, account.createdAt],
        ['By-Mail@example.com', '2019-03-04T05:06:07.000Z'],
      )
    })

    test('rejected lines are reported with their number and reason, and the others are imported', async (t) => {
      const { email: existing } = await latchkey.owner()
      const lines = [
        { email: 'line-1@example.com', passwordHash },
        { email: 'no address', passwordHash: 'do-not-print-me' },
        '',
        { email: 'line-4@example.com', passwordHash: 'do-not-print-me' },
        { email: existing.toUpperCase(), passwordHash },
        { email: 'LINE-1@example.com', passwordHash },
        { email: 'line-1@example.com', passwordHash },
        `{"email":"${'x'.repeat(17_000)}"}`,
        { email: 'line-9@example.com' },
      ]
      const refusals = [
        'line 2: email is not an email address',
        'line 4: the format of the hash is not supported',
        'line 5: another account has this address',
        'line 6: another account has this address',
        'line 8: it is not UTF-8, or longer than 16 KiB',
        '',
      ]
      const file = writeImportFile(t, lines)
      const before = await count()
      const checked = await runImport(t, latchkey, file, '--check', '--json')
      assert.equal(checked.code, 65)
      assert.equal(JSON.parse(checked.stdout).checked, true)
      assert.equal(await count(), before, '--check wrote accounts')

      const first = await runImport(t, latchkey, file)
      assert.equal(first.code, 65)
      assert.equal(first.stderr, refusals.join('\n'))
      assert.equal(first.stdout, '8 lines: 2 imported, 1 already there, 5 refused.\n')
      assert.equal(await count(), before + 2)

      const report = join(createTempFolder(t), 'refused.txt')
      const second = await runImport(t, latchkey, file, '--json', '--refused', report)
      assert.deepEqual([second.code, second.stderr], [65, ''])
      assert.deepEqual(JSON.parse(second.stdout), {
        checked: false,
        lines: 8,
        imported: 0,
        already: 3,
        refused: 5,
      })
      assert.equal(readFileSync(report, 'utf8'), refusals.join('\n'))
      assert.equal(statSync(report).mode & 0o777, 0o600)
      assert.equal(await count(), before + 2)
    })

    // Abuse case (MFA changed by an attacker): Importing the accounts again
    // restored the old password and factor.
    test('importing again does not revert owners’ changes', async (t) => {
      const ada = new Owner(latchkey, { email: 'ada-moves@example.com', password })
      const file = writeImportFile(t, [{ email: ada.email, passwordHash, totpSecret: secret }])
      await runImport(t, latchkey, file)
      ada.authenticator.secret = secret
      await ada.signInFully()
      await ada.delete('/settings/MfaSignIn')
      await ada.changePassword('a whole new sentence')
      const email = 'ada-moved@example.com'
      assert.equal((await ada.startEmailChange(email)).status, 202)
      const code = await latchkey.codeSentTo(email)
      assert.equal((await ada.post('/settings/Email', { email, code })).status, 200)

      const again = await runImport(t, latchkey, file, '--json')
      assert.deepEqual([again.code, JSON.parse(again.stdout).already], [0, 1], again.stderr)
      assert.equal(await count("email like 'ada-moves@%'"), 0)
      // Another account can use the old address only when an undo can no longer restore it.
      const otherFile = writeImportFile(t, [{ email: ada.email, language: 'de' }])
      const refused = await runImport(t, latchkey, otherFile)
      assert.match(refused.stderr, /^line 1: another account can still get this address back/)
      const signedIn = await signIn(email, 'a whole new sentence')
      assert.equal(signedIn.body.status, 'signedIn')

      travel(8 * 24 * 60 * 60 * 1000)
      const later = await runImport(t, latchkey, file, '--json')
      assert.equal(JSON.parse(later.stdout).already, 1)
    })

    test('an import of thousands of lines that is killed midway and repeated creates each account once', async (t) => {
      // PostgreSQL takes a round trip per line, so fewer lines are enough.
      const many = latchkey.databaseKind === 'SQLite' ? 10_000 : 4_000
      const prefix = 'one-of-many'
      const lines = Array.from({ length: many }, (_, index) => ({
        email: `${prefix}-${index}@example.com`,
        passwordHash,
        ...(index % 2 === 0 && { totpSecret: secret }),
      }))
      const file = writeImportFile(t, lines)
      const folder = createTempFolder(t)
      const pipe = join(folder, 'pipe')
      assert.equal(spawnSync('sh', ['-c', 'mkfifo "$0"', pipe]).status, 0)
      const args = ['accounts', 'import', '-']
      const { environment } = latchkey
      const via = ['sh', '-c', 'exec "$@" < "$0"', pipe]
      const victim = new LatchkeyProcess({ folder, environment, args, wrapper: via })
      t.after(() => victim.kill('SIGKILL'))
      // The process is killed before the end of the file.
      const feed = createWriteStream(pipe).on('error', () => {})
      feed.write(
        `${lines
          .slice(0, many / 2)
          .map((line) => JSON.stringify(line))
          .join('\n')}\n`,
      )
      await waitUntil(() => count(`email like '${prefix}-%'`))
      victim.kill('SIGKILL')
      assert.equal((await victim.result).signal, 'SIGKILL')
      feed.destroy()
      const countBefore = await count(`email like '${prefix}-%'`)
      assert.ok(countBefore > 0 && countBefore < many, `${countBefore}`)

      // Two concurrent imports of the same file do not conflict either.
      const imports = await Promise.all([
        runImport(t, latchkey, file, '--json'),
        runImport(t, latchkey, file, '--json'),
      ])
      for (const { code, stderr } of imports) assert.deepEqual([code, stderr], [0, ''])
      const reports = imports.map(({ stdout }) => JSON.parse(stdout))
      assert.equal(reports[0].imported + reports[1].imported, many - countBefore)
      assert.equal(reports[0].already + reports[0].imported, many)
      assert.equal(await count(`email like '${prefix}-%'`), many)
      for (const table of ['totp_secret', 'activity']) {
        const [row] = await latchkey.sql(
          `select count(*) as entries from ${table} where account_id in (select id from account where email like '${prefix}-%')`,
        )
        assert.equal(Number(row.entries), table === 'activity' ? many : many / 2)
      }
      assert.equal((await signIn(`${prefix}-${many - 1}@example.com`)).body.status, 'signedIn')
    })
  },
  // The tests travel in time; access tokens must not become too old for step-up.
  { LATCHKEY_STEP_UP_MAX_AGE: '0' },
)

onDatabase('SQLite', (latchkey) => {
  test('an imported line is recognized under a new primary encryption key', async (t) => {
    const file = writeImportFile(t, [{ email: 'known@example.com', passwordHash }])
    await runImport(t, latchkey, file)
    const { LATCHKEY_ENCRYPTION_KEYS: keys } = latchkey.environment
    const next = `next:${Buffer.alloc(32, 9).toString('base64')}`
    await latchkey.restart({ LATCHKEY_ENCRYPTION_KEYS: `${next},${keys}` })
    const args = ['accounts', 'import', file, '--json']
    const { stdout } = await runLatchkey(t, { environment: latchkey.environment, args })
    assert.equal(JSON.parse(stdout).already, 1)
  })
})
