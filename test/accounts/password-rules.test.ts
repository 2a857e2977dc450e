import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

let people = 0
const newcomer = () => `chooser-${people++}@example.com`

onEachDatabase((latchkey) => {
  test('password length is counted in characters, not in UTF-16 code units or bytes', async () => {
    assert.equal((await choose(latchkey, '🐘🦊🐢🦉🐝🐳🦔')).code, 'invalid_password')
    assert.equal((await choose(latchkey, 'tülpen1')).code, 'invalid_password')
    assert.equal((await choose(latchkey, '🐘🦊🐢🦉🐝🐳🦔🐞')).status, 'codeSent')
    assert.equal((await choose(latchkey, 'tülpen1ß')).status, 'codeSent')
  })

  test('a password of 1,024 bytes is accepted, and one of 1,025 is rejected', async () => {
    const longest = 'long passwords are fine '.repeat(43).slice(0, 1024)
    const inTwoBytes = 'çñöüßåøæ'.repeat(64)
    assert.equal(Buffer.byteLength(inTwoBytes), 1024)
    for (const password of [longest, inTwoBytes]) {
      await ensureSignsIn(latchkey, password, [password.slice(0, -1)])
      const { code } = await choose(latchkey, `${password}x`)
      assert.match(code, /^invalid_(password|request)$/)
    }
  })

  test('common passwords are rejected, also in capitals', async () => {
    for (const password of ['password123', 'PassWord123', 'qwertyuiop', 'iloveyou1', '12345678']) {
      assert.equal((await choose(latchkey, password)).code, 'invalid_password', password)
    }
  })

  test('the owner’s address, its local part and the brand name are rejected as passwords', async () => {
    const email = `ada.lovelace-${latchkey.databaseKind}@example.com`
    for (const password of [
      email,
      email.toUpperCase(),
      `ada.lovelace-${latchkey.databaseKind}`,
      'Latchkey',
      'LATCHKEY',
    ]) {
      const { body } = await latchkey.post('/auth/SignUp', { email, password })
      assert.equal(body.code, 'invalid_password', password)
      assert.equal(body.errors[0].path, '/password')
    }
  })

  test('after an undo, too, the owner’s address is rejected as the new password', async () => {
    const ada = await latchkey.owner({ email: `ada.undo-${latchkey.databaseKind}@example.com` })
    await ada.changePassword('another sentence of the owner')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    const { resetToken } = (await latchkey.post('/auth/Undo', { token })).body
    const reset = (newPassword: string) =>
      latchkey.post('/auth/ResetPassword', { resetToken, newPassword })
    assert.equal((await reset(ada.email)).body.code, 'invalid_password')
    assert.equal((await reset(`ada.undo-${latchkey.databaseKind}`)).body.code, 'invalid_password')
    assert.equal((await reset('a good new sentence')).status, 200)
  })

  // Abuse case (Input and output): A long password was truncated, so that its beginning was enough.
  test('passwords are used verbatim: nothing is trimmed, folded, normalized or truncated', async () => {
    const beginning =
      'x'.repeat(20) + 'seventy-two bytes and then some more of them'.padEnd(60, '.')
    const choices: [password: string, others: string[]][] = [
      ['  spaces at both ends  ', ['spaces at both ends', '  spaces at both ends']],
      ['pasted\tfrom a\r\nfile\n', ['pasted\tfrom a\nfile\n', 'pasted\tfrom a\r\nfile']],
      ['Capital Letters', ['capital letters', 'CAPITAL LETTERS']],
      [`${beginning} one`, [`${beginning} two`, beginning]],
      ['caf\u00e9 au lait', ['cafe\u0301 au lait', 'cafe au lait']],
      ['cafe\u0301 au lait', ['caf\u00e9 au lait']],
      ['ｆｕｌｌ－ｗｉｄｔｈ', ['full-width']],
      ['пароль 密码 🔑 كلمة', ['пароль 密码 🔑']],
      ['\u200binvisible\u200b', ['invisible']],
      ['{"$ne":null}\' or 1=1 --', ['{"$ne":null}']],
    ]
    for (const [password, others] of choices) await ensureSignsIn(latchkey, password, others)
  })

  test('every accepted password signs in, and no other does', async () => {
    // Some generated passwords are common ones; no common password begins with a section sign.
    const text = fc.string({ unit: 'binary', minLength: 8, maxLength: 60 }).map((it) => `§${it}`)
    await fc.assert(
      fc.asyncProperty(text, fc.nat(), async (password, at) => {
        fc.pre(!password.includes('\0'))
        const characters = [...password]
        characters.splice(at % characters.length, 1)
        await ensureSignsIn(latchkey, password, [characters.join('')])
      }),
      { numRuns: 10 },
    )
  })

  test('lone surrogates and NUL are rejected, because they could not be kept verbatim', async () => {
    for (const password of ['a password \ud83d', 'a password \0 and more']) {
      assert.equal((await choose(latchkey, password)).code, 'malformed_request')
    }
  })
})

onEachDatabase(
  (latchkey) => {
    test('the operator sets the minimum password length', async () => {
      assert.equal((await choose(latchkey, 'fourteen chars')).code, 'invalid_password')
      assert.equal((await choose(latchkey, 'fifteen charact')).status, 'codeSent')
    })
  },
  { LATCHKEY_PASSWORD_MIN_LENGTH: '15' },
)

/** Tries to sign up with a password. @returns the body of the response */
async function choose(latchkey: TestLatchkey, password: string) {
  const { status, body } = await latchkey.post('/auth/SignUp', { email: newcomer(), password })
  assert.equal(status, body.code ? 400 : 202)
  return body
}

/** Signs up with a password, and asserts that it signs in and the others do not. */
async function ensureSignsIn(latchkey: TestLatchkey, password: string, others: string[]) {
  const { email } = await latchkey.owner({ email: newcomer(), password })
  const right = await latchkey.post('/auth/SignIn', { email, password })
  assert.equal(right.status, 200, JSON.stringify(password))
  for (const other of others) {
    const wrong = await latchkey.post('/auth/SignIn', { email, password: other })
    assert.equal(wrong.status, 401, `${JSON.stringify(other)} for ${JSON.stringify(password)}`)
  }
}
