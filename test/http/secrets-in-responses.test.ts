/** A response contains a secret only when it is issued to its owner. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { createOperator } from '../support/operator.ts'
import { addPasskey, signInWithPasskey, startPasskeySignIn } from '../support/passkeys.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

onEachDatabase((latchkey) => {
  // Abuse case (Sign-up): The response contained the code (CVE-2026-105211).
  // Abuse case (Input and output): A response, a log line or the database contained a secret
  // (CVE-2026-53725).
  test('no response in the life of an account contains a code, a hash, or a secret other than once to its owner', async () => {
    const answers: { call: string; shown: string }[] = []
    const request = latchkey.request.bind(latchkey)
    latchkey.request = async (method, path, call) => {
      const answer = await request(method, path, call)
      // The dev inbox stands for a mailbox, so codes may be there.
      if (!path.startsWith('/dev/')) {
        const headers = JSON.stringify([...answer.headers])
        answers.push({ call: `${method} ${path}`, shown: JSON.stringify(answer.body) + headers })
      }
      return answer
    }

    const ada = await latchkey.owner()
    const codes = [await latchkey.codeSentTo(ada.email)]
    await ada.turnOn('sms')
    codes.push(await latchkey.codeSentTo(ada.phoneNumber))
    await ada.turnOn('email')
    codes.push(await latchkey.codeSentTo(ada.email))
    await ada.turnOn('authenticator')
    codes.push(ada.authenticator.code())

    await ada.signInFully()
    const waiting = await ada.signIn()
    const { mfaToken } = waiting.body
    await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: '000000' })
    travel(31_000)
    await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'sms' })
    codes.push(await latchkey.codeSentTo(ada.phoneNumber))
    const [recoveryCode = ''] = ada.recoveryCodes
    const recover = { mfaToken, mfaMethod: 'recoveryCode', code: recoveryCode }
    ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', recover))

    const passkey = await addPasskey(latchkey, ada)
    ada.storeTokens(await signInWithPasskey(latchkey, passkey))
    await startPasskeySignIn(latchkey)
    await ada.get('/settings/Passkeys')

    await latchkey.post('/auth/SignIn', { email: ada.email, password: 'a wrong sentence' })
    await latchkey.post('/auth/SignUp', { email: ada.email, password: 'another sentence' })
    await latchkey.post('/auth/SignIn', { email: ada.email, password: { not: ada.password } })
    await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code: '12345 ', secret: 1 })
    await ada.get('/settings/MfaSignIn')
    await ada.get('/settings/MfaSecret')
    await ada.get('/settings/Activity?limit=100')
    const moved = `moved-${ada.email}`
    await ada.startEmailChange(moved)
    codes.push(await latchkey.codeSentTo(moved))
    const phoneNumber = latchkey.databaseKind === 'SQLite' ? '+14155550921' : '+14155550922'
    await ada.post('/settings/PhoneNumber', { phoneNumber })
    codes.push(await latchkey.codeSentTo(phoneNumber))
    await ada.delete('/settings/MfaSignIn')
    await ada.delete('/settings/MfaSecret')
    const undoToken = await undoTokenSentTo(latchkey, ada.email, / off$/)
    await latchkey.post('/auth/ForgotPassword', { email: ada.email })
    codes.push(await latchkey.codeSentTo(ada.email))
    const undone = await latchkey.post('/auth/Undo', { token: undoToken })
    assert.equal(undone.status, 200)
    codes.push(undoToken)

    const eve = await createOperator(latchkey)
    const email = encodeURIComponent(ada.email)
    const { body } = await eve.get(`/admin/Users?email=${email}`)
    const path = `/admin/Users/${body.users[0].id}`
    await eve.get(path)
    await eve.get('/admin/Activity?limit=100')
    const required = await eve.post(`${path}/PasswordReset`, { reason: 'Told to' })
    assert.equal(required.status, 200)
    codes.push(await latchkey.codeSentTo(ada.email), ada.phoneNumber, phoneNumber)

    assert.ok(answers.length > 20)
    const { secret } = ada.authenticator
    const answersWith = (what: string) => answers.filter(({ shown }) => shown.includes(what))
    assert.deepEqual(
      answersWith(secret).map(({ call }) => call),
      ['POST /settings/MfaSecret'],
    )
    for (const code of ada.recoveryCodes) {
      assert.deepEqual(
        answersWith(code).map(({ call }) => call),
        ['POST /settings/MfaSignIn'],
      )
    }

    const stored = await hashedAndSealedValues()
    assert.ok(stored.length > 10)
    for (const hidden of [...codes, ada.password, ...stored]) {
      const standing = new RegExp(`(?<![A-Za-z0-9])${RegExp.escape(hidden)}(?![A-Za-z0-9])`)
      for (const { call, shown } of answers) assert.doesNotMatch(shown, standing, call)
    }
  })

  /** The values of all hash and sealed columns. */
  async function hashedAndSealedValues(): Promise<string[]> {
    const columns = await latchkey.sql(
      latchkey.databaseKind === 'SQLite'
        ? `select t.name as "table", c.name as "column" from sqlite_schema t
           join pragma_table_info(t.name) c where t.type = 'table'`
        : `select table_name as "table", column_name as "column" from information_schema.columns
           where table_schema = 'public'`,
    )
    const secret = columns.filter(({ column }) => /_(hash|sealed)$/.test(column))
    assert.ok(secret.length > 10, `${secret.length} columns`)
    const rows = await latchkey.sql(
      secret
        .map(({ table, column }) => `select ${column} as value from ${table} where ${column} <> ''`)
        .join(' union all '),
    )
    return rows.map(({ value }) => value)
  }
})
