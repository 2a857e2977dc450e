import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'

const password = 'seven red bicycles'

/** Addresses that cannot receive mail or could be mistaken for another person's. */
const refused = {
  'a full-width @': 'eve＠example.com',
  'full-width letters in the domain': 'eve@ｅｘａｍｐｌｅ.com',
  'full-width letters before the @': 'ｅve@example.com',
  'a Kelvin sign for a k': 'eve@\u212aelvin.example',
  'an ideographic full stop': 'eve@example。com',
  'a soft hyphen': 'eve@exam\u00adple.com',
  'a zero-width space': 'eve@exam\u200bple.com',
  'a zero-width joiner before the @': 'e\u200dve@example.com',
  'a decomposed umlaut': 'eve@mu\u0308nchen.de',
  'an umlaut before the @': 'ève@example.com',
  'text that runs right to left': '\u202eeve@example.com',
  'a quoted local part': '"eve"@example.com',
  'a quoted local part with a space': '"eve smith"@example.com',
  'a comment': 'eve(comment)@example.com',
  'a display name': 'Eve <eve@example.com>',
  'a second address': 'eve@example.com,mallory@example.com',
  'a second address, with a semicolon': 'eve@example.com;mallory@example.com',
  'a header': 'eve@example.com\r\nBcc: mallory@example.com',
  'a line break behind': 'eve@example.com\n',
  'a line break before': '\r\neve@example.com',
  'a tab': 'eve@example.com\t',
  'a no-break space': 'eve@example.com\u00a0',
  'a space inside': 'eve @example.com',
  'an escaped domain': 'eve@ex%61mple.com',
  'two @': 'eve@mallory@example.com',
  'a route': '@mallory.com:eve@example.com',
  'no local part': '@example.com',
  'no domain': 'eve@',
  'a domain of one word': 'eve@localhost',
  'an IP address': 'eve@127.0.0.1',
  'an IP address in brackets': 'eve@[127.0.0.1]',
  'an IP address as a number': 'eve@0x7f000001',
  'a port': 'eve@example.com:25',
  'a dot at the end': 'eve@example.com.',
  'a dot at the beginning': '.eve@example.com',
  'two dots': 'e..ve@example.com',
  'a hyphen at the beginning of a domain': 'eve@-example.com',
  'an underscore in a domain': 'eve@exam_ple.com',
  'a local part of 65 characters': `${'e'.repeat(65)}@example.com`,
}

onEachDatabase((latchkey) => {
  // Abuse case (Sign-up): A look-alike address was normalized to another person’s
  // (GHSA-7rqj-j65f-68wh, GHSA-mwm4-5qwr-g9pf).
  test('addresses that are malformed or could be mistaken for others are rejected, and no email is sent', async () => {
    const before = await latchkey.sql('select id from outbox')
    for (const [name, email] of Object.entries(refused)) {
      const answer = await latchkey.post('/auth/SignUp', { email, password })
      assert.equal(answer.status, 400, name)
      assert.equal(answer.body.errors?.[0].path, '/email', name)
    }
    const after = await latchkey.sql('select id from outbox')
    assert.equal(after.length, before.length)
  })

  test('signing in with an invalid address is answered like an unknown address', async () => {
    const unknown = await latchkey.post('/auth/SignIn', { email: 'nobody@example.com', password })
    for (const email of ['eve＠example.com', '"eve"@example.com', 'eve@localhost', 'eve@@@']) {
      const answer = await latchkey.post('/auth/SignIn', { email, password })
      assert.equal(answer.status, 401)
      assert.deepEqual({ ...answer.body, requestId: '' }, { ...unknown.body, requestId: '' })
    }
  })

  // Abuse case (Second factor skipped): Another spelling of the address reached the same
  // account without its second factor (CVE-2025-6013).
  test('every spelling of an address leads to the same account and its second factor', async () => {
    const email = `Ada.Spelled-${latchkey.databaseKind}@Bücher.example`
    const ada = await latchkey.owner({ email: email.replace('Bücher', 'xn--bcher-kva'), password })
    await ada.turnOn('authenticator')
    const spellings = [
      email,
      email.toLowerCase(),
      email.toUpperCase(),
      ` ${email}`,
      `${email}   `,
      email.replace('Bücher', 'xn--bcher-kva'),
      email.replace('Bücher', 'XN--BCHER-KVA'),
    ]
    for (const spelling of spellings) {
      const begun = await latchkey.post('/auth/SignIn', { email: spelling, password })
      assert.equal(begun.body.status, 'mfaRequired', spelling)
    }
  })

  test('a sign-up with another spelling of a known address notifies the owner at the owner’s spelling', async () => {
    const email = `bob-${latchkey.databaseKind}@example.com`
    await latchkey.owner({ email })
    const shouted = email.toUpperCase()
    assert.equal((await latchkey.post('/auth/SignUp', { email: shouted, password })).status, 202)
    assert.match((await latchkey.inbox(email))[0]?.subject ?? '', /already have/)
    assert.deepEqual(await latchkey.inbox(shouted), [])
    assert.deepEqual(await latchkey.inbox(shouted.replace('EXAMPLE.COM', 'example.com')), [])
  })

  test('email goes to the address as its owner spelled it, with the domain in ASCII', async () => {
    const written = `Grace.Hopper-${latchkey.databaseKind}@Bücher.example`
    await latchkey.post('/auth/SignUp', { email: written, password })
    const [message] = await latchkey.inbox(
      `Grace.Hopper-${latchkey.databaseKind}@xn--bcher-kva.example`,
    )
    assert.match(message?.subject ?? '', /code/)
  })

  // Abuse case (Sign-up): A look-alike address was normalized to another person’s
  // (GHSA-7rqj-j65f-68wh, GHSA-mwm4-5qwr-g9pf).
  test('addresses that some mail servers treat as different belong to different accounts', async () => {
    const host = `${latchkey.databaseKind.toLowerCase()}.example.com`
    const addresses = [
      `carol@${host}`,
      `carol+news@${host}`,
      `c.arol@${host}`,
      // With a Cyrillic a: a different domain, sent to in its ASCII form.
      `carol@${host.replace('example', 'ex\u0430mple')}`,
    ]
    for (const email of addresses) {
      const { status, body } = await latchkey.post('/auth/SignUp', {
        email,
        password: `${password} ${email}`,
      })
      assert.equal(status, 202, email)
      const { signUpToken } = body
      const inAscii = email.replace('ex\u0430mple', 'xn--exmple-4nf')
      const [message] = await latchkey.inbox(inAscii)
      assert.match(message?.subject ?? '', /is your Latchkey code/, email)
      const code = await latchkey.codeSentTo(inAscii)
      const verified = await latchkey.post('/auth/SignUp/Verify', { signUpToken, code })
      assert.equal(verified.status, 201)
    }
    const others = await latchkey.post('/auth/SignIn', {
      email: addresses[0],
      password: `${password} ${addresses[3]}`,
    })
    assert.equal(others.status, 401)
    for (const email of addresses) {
      const own = await latchkey.post('/auth/SignIn', { email, password: `${password} ${email}` })
      assert.equal(own.status, 200, email)
    }
  })
})
