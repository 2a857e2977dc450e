/** Invalid bodies get a 4xx that states what is wrong, and never a 5xx. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { onDatabase, onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { operations } from '../support/openapi.ts'
import { formatRequestHead, sendRaw } from '../support/raw-http.ts'

const limit = 16 * 1024

onDatabase('SQLite', (latchkey) => {
  const assertRefused = async (body: string | Uint8Array, expected = '400 malformed_request') => {
    const { status, text } = await post(latchkey, '/auth/Refresh', body)
    assert.equal(`${status} ${JSON.parse(text).code}`, expected, String(body).slice(0, 60))
  }

  test('a body that is not JSON is rejected', async () => {
    for (const body of [
      '{',
      'nope',
      '{"a":1}{}',
      "{'a':1}",
      '{"a":01}',
      'NaN',
      ' ',
      '\n',
      '[1,]',
    ]) {
      await assertRefused(body)
    }
  })

  test('JSON that is not an object is rejected', async () => {
    for (const body of ['[]', 'null', '"x"', '1', 'true', '[{"refreshToken":"x"}]']) {
      await assertRefused(body, '400 invalid_request')
    }
  })

  test('keys that could pollute prototypes are rejected', async () => {
    for (const body of [
      '{"__proto__":{"refreshToken":"x"}}',
      '{"refreshToken":"x","__proto__":null}',
      '{"refreshToken":"x","\\u005f_proto__":{}}',
      '{"constructor":{"prototype":{"admin":true}}}',
      '{"a":[{"__proto__":{}}]}',
    ]) {
      await assertRefused(body)
    }
    await assertRefused('{"constructor":1,"toString":1,"refreshToken":"x"}', '400 invalid_request')
  })

  test('NUL and lone surrogates are rejected, in values and in names, at any depth', async () => {
    for (const text of ['\\u0000', '\\ud800', '\\udc00\\ud800', 'a\\uDFFFb']) {
      await assertRefused(`{"refreshToken":"${text}"}`)
      await assertRefused(`{"${text}":1,"refreshToken":"x"}`)
      await assertRefused(`{"refreshToken":"x","a":[[{"b":"${text}"}]]}`)
    }
    await assertRefused('{"refreshToken":"\0"}')
  })

  // Abuse case (Input and output): Two parsers interpreted one request differently.
  test('a body that is not UTF-8 is rejected, not repaired', async () => {
    const around = (...bytes: number[]) =>
      Buffer.concat([Buffer.from('{"refreshToken":"'), Buffer.from(bytes), Buffer.from('"}')])
    // A truncated character, a surrogate, an overlong "/", beyond Unicode, Latin-1.
    const broken = [[0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf4, 0x90, 0x80, 0x80], [0xe4]]
    for (const bytes of broken) await assertRefused(around(...bytes))
    await assertRefused(Buffer.from('{"refreshToken":"x"}', 'utf16le'))
    await assertRefused(around(0xc3, 0xa4), '401 invalid_refresh_token')
  })

  // Abuse case (Input and output): Huge or deep input kept the service busy.
  test('deep nesting is rejected like any other unknown field', async () => {
    const deep = 7_000
    await assertRefused(`${'['.repeat(deep)}${']'.repeat(deep)}`, '400 invalid_request')
    await assertRefused(`{"a":${'['.repeat(deep)}${']'.repeat(deep)}}`, '400 invalid_request')
    await assertRefused(`${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}`, '400 invalid_request')
    await assertRefused('['.repeat(limit))
  })

  test('unknown fields are named in the problem, of thousands the first twenty', async () => {
    const one = await latchkey.post('/auth/Refresh', { refreshToken: 'x', 'a/b~c': 1 })
    assert.equal(one.body.detail, '/a~1b~0c is not a field of this request.')
    const names = Array.from({ length: 1_500 }, (_, i) => `f${i}`)
    const many = await latchkey.post('/auth/Refresh', Object.fromEntries(names.map((f) => [f, 1])))
    assert.equal(many.status, 400)
    assert.equal(many.body.errors.length, 20)
  })

  test('a field of the wrong type is named once, with the required type', async () => {
    for (const value of [1, true, null, [], {}]) {
      const { status, body } = await latchkey.post('/auth/Refresh', { refreshToken: value })
      assert.equal(status, 400)
      assert.deepEqual(body.errors, [{ path: '/refreshToken', message: 'must be a string' }])
    }
  })

  test('16 KiB are read, and one byte more is rejected, with a Content-Length and without', async () => {
    const filled = (length: number) => `{"refreshToken":"x"}`.padEnd(length, ' ')
    await assertRefused(filled(limit), '401 invalid_refresh_token')
    await assertRefused(filled(limit + 1), '413 payload_too_large')
    const chunks = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    const lines = formatRequestHead(
      'POST',
      '/auth/Refresh',
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
    )
    for (const [length, expected] of [
      [limit, 401],
      [limit + 1, 413],
      [100_000, 413],
    ] as const) {
      const { status } = await sendRaw(latchkey, `${lines}\r\n${chunks(filled(length))}`)
      assert.equal(status, expected)
    }
  })

  test('only application/json is accepted as a body, with or without a charset', async () => {
    const as = async (type: string) =>
      (
        await latchkey.post(
          '/auth/Refresh',
          { refreshToken: 'x' },
          { headers: { 'content-type': type } },
        )
      ).status
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'Application/JSON',
    ]) {
      assert.equal(await as(type), 401, type)
    }
    for (const type of [
      'text/plain',
      'text/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonx',
      'application/merge-patch+json',
      'json',
    ]) {
      assert.equal(await as(type), 415, type)
    }
  })

  // Abuse case (Input and output): Two parsers interpreted one request differently.
  test('of duplicate keys the last one counts, for validation and for handling', async () => {
    const ada = await latchkey.owner()
    const { refreshToken } = ada
    const wrongLast = await latchkey.post(
      '/auth/Refresh',
      `{"refreshToken":"${refreshToken}","refreshToken":1}`,
    )
    assert.equal(wrongLast.status, 400)
    const rightLast = await latchkey.post(
      '/auth/Refresh',
      `{"refreshToken":1,"refreshToken":"${refreshToken}"}`,
    )
    assert.equal(rightLast.status, 200)
  })
})

onEachDatabase(
  (latchkey) => {
    test('no JSON body makes any call fail with a 5xx', async () => {
      const ada = await latchkey.owner()
      const calls = (await operations(latchkey)).filter(({ body }) => body)
      assert.ok(calls.length >= 8)
      for (const { method, path, requiresToken, body } of calls) {
        const names = Object.keys(body.properties)
        const text = fc.oneof(
          fc.string({ unit: 'binary', maxLength: 40 }),
          fc.constantFrom(ada.email, ada.password, '000000', '', 'x'.repeat(3000), "' or 1=1 --"),
          fc.constantFrom(
            'authenticator',
            'sms',
            'email',
            'recoveryCode',
            '+14155550123',
            '٠٠٠٠٠٠',
          ),
        )
        const value = fc.oneof({ weight: 3, arbitrary: text }, fc.jsonValue({ maxDepth: 3 }))
        // Mostly documented names, so that the code behind the schema is tested too.
        const fields = fc.dictionary(
          fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.string()),
          value,
          { maxKeys: names.length + 1, noNullPrototype: true },
        )
        const complete = fc.record(Object.fromEntries(names.map((name) => [name, text])))
        await fc.assert(
          fc.asyncProperty(fc.oneof(fields, complete, fc.jsonValue()), async (sent) => {
            const { status } = await latchkey.request(method, path, {
              body: JSON.stringify(sent),
              ...(requiresToken && { token: ada.accessToken }),
            })
            assert.ok(status < 500, `${method} ${path} ${status} ${JSON.stringify(sent)}`)
          }),
          { numRuns: 60 },
        )
      }
    })
  },
  { LATCHKEY_RATE_LIMITS: 'off' },
)

function post(latchkey: TestLatchkey, path: string, body: string | Uint8Array) {
  const bytes = Buffer.from(body)
  const length = `Content-Length: ${bytes.length}`
  const lines = formatRequestHead('POST', path, 'Content-Type: application/json', length)
  return sendRaw(latchkey, Buffer.concat([Buffer.from(`${lines}\r\n`), bytes]))
}
