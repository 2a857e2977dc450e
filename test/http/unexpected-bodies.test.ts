/** Calls that require no body: which bodies count as none, and which are rejected. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { addPasskey } from '../support/passkeys.ts'
import { formatRequestHead, sendRaw } from '../support/raw-http.ts'

const json = 'Content-Type: application/json'
const form = 'Content-Type: application/x-www-form-urlencoded'

/** The forms of an empty body that clients send. */
const nothing: Record<string, [headers: string[], body: string]> = {
  'a request without body headers': [[], ''],
  'a length of 0': [['Content-Length: 0'], ''],
  'JSON of length 0': [[json, 'Content-Length: 0'], ''],
  'JSON without a length': [[json], ''],
  'JSON with a charset': [
    ['Content-Type: application/json; charset=utf-8', 'Content-Length: 0'],
    '',
  ],
  'JSON in mixed case': [['content-type: Application/JSON;charset=UTF-8', 'Content-Length: 0'], ''],
  'chunked JSON without chunks': [[json, 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
  'a chunked body without type and chunks': [['Transfer-Encoding: chunked'], '0\r\n\r\n'],
  'an empty form, as some clients send by default': [[form, 'Content-Length: 0'], ''],
  '{}': [[json, 'Content-Length: 2'], '{}'],
  'null, as some clients send for no body': [[json, 'Content-Length: 4'], 'null'],
}

const wrong: Record<string, string> = {
  'an empty list': '[]',
  'a text': '"x"',
  'a number': '1',
  true: 'true',
  false: 'false',
  'a user id': '{"userId":"01a20ea7-e834-7ca3-82ef-a5303939606d"}',
  'a subject': '{"sub":"01a20ea7-e834-7ca3-82ef-a5303939606d"}',
  'a field of another call': '{"mfaMethod":"sms"}',
  'the current value': '{"enabled":false}',
  'a name that needs escaping': '{"a/b~c":1}',
}

const calls = [
  ['DELETE', '/settings/MfaSignIn', 200],
  ['DELETE', '/settings/MfaSecret', 200],
  ['POST', '/settings/MfaSecret', 200],
  ['POST', '/auth/SignIn/Passkey', 200],
  ['POST', '/auth/SignOut', 204],
] as const

onEachDatabase((latchkey) => {
  for (const [what, [headers, body]] of Object.entries(nothing)) {
    test(`${what} counts as no body where none is required`, async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      await addPasskey(latchkey, ada)
      for (const [method, path, expected] of calls) {
        const { status, text } = await send(latchkey, ada, method, path, headers, body)
        assert.equal(status, expected, `${method} ${path}: ${text}`)
      }
    })
  }

  for (const [what, body] of Object.entries(wrong)) {
    test(`${what} is rejected where no body is required, and changes nothing`, async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      await addPasskey(latchkey, ada)
      for (const [method, path] of calls) {
        const length = `Content-Length: ${Buffer.byteLength(body)}`
        const { status, text } = await send(latchkey, ada, method, path, [json, length], body)
        const { code, errors } = JSON.parse(text)
        assert.equal(`${status} ${code}`, '400 invalid_request', `${method} ${path}`)
        const [name] = Object.keys(JSON.parse(body) ?? {})
        const named =
          body.startsWith('{') && name ? `/${name.replace('~', '~0').replace('/', '~1')}` : ''
        assert.deepEqual(
          errors.map((error: { path: string }) => error.path),
          [named],
        )
      }
      assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, true)
    })
  }

  test('a call that requires a body rejects a request without one', async () => {
    for (const headers of [[], ['Content-Length: 0'], [json], [form, 'Content-Length: 0']]) {
      const { status, text } = await sendRaw(
        latchkey,
        `${formatRequestHead('POST', '/auth/SignIn', ...headers)}\r\n`,
      )
      assert.equal(`${status} ${JSON.parse(text).code}`, '400 invalid_request')
    }
  })

  test('an undocumented query is ignored and affects no other account', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const bob = await latchkey.owner({ mfaMethod: 'email' })
    const query = `?userId=${bob.email}&email=${bob.email}&enabled=true&_=1`
    const off = await ada.delete(`/settings/MfaSignIn${query}`)
    assert.equal(off.body.enabled, false)
    assert.equal((await bob.get('/settings/MfaSignIn')).body.enabled, true)
  })
})

function send(
  latchkey: TestLatchkey,
  { accessToken }: Owner,
  method: string,
  path: string,
  headers: string[],
  body: string,
) {
  const authorization = `Authorization: Bearer ${accessToken}`
  return sendRaw(
    latchkey,
    `${formatRequestHead(method, path, authorization, ...headers)}\r\n${body}`,
  )
}
