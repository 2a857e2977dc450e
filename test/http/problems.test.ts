/** Every failure, however early, gets a complete problem response. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../src/http/app.ts'
import { problemTypes } from '../../src/http/problem-types.ts'
import { createLog } from '../../src/lib/log.ts'
import { onDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { formatRequestHead, type RawResponse, sendRaw } from '../support/raw-http.ts'

const json = 'Content-Type: application/json'
const refresh = (...headers: string[]) => formatRequestHead('POST', '/auth/Refresh', ...headers)
const large = 'x'.repeat(20_000)

/** Raw requests and their expected status and code. */
const failures: Record<string, [bytes: string, answer: string]> = {
  'an unknown path': [`${formatRequestHead('GET', '/nope')}\r\n`, '404 not_found'],
  'an unknown path with an invalid body': [
    `${formatRequestHead('POST', '/nope', json, 'Content-Length: 4')}\r\nnope`,
    '404 not_found',
  ],
  'an unknown path with an oversized body': [
    `${formatRequestHead('POST', '/nope', json, 'Content-Length: 20000')}\r\n${large}`,
    '404 not_found',
  ],
  'a path in lower case': [
    `${formatRequestHead('GET', '/settings/mfasignin')}\r\n`,
    '404 not_found',
  ],
  'a path with two slashes': [`${formatRequestHead('GET', '//evil.example')}\r\n`, '404 not_found'],
  'a very long path': [`${formatRequestHead('GET', `/${'a'.repeat(5000)}`)}\r\n`, '404 not_found'],
  'another method': [`${formatRequestHead('PUT', '/auth/SignIn')}\r\n`, '405 method_not_allowed'],
  'a broken path': [`${formatRequestHead('GET', '/%zz')}\r\n`, '400 malformed_request'],
  'a path that is not UTF-8': [`${formatRequestHead('GET', '/%ff')}\r\n`, '400 malformed_request'],
  'a broken query': [
    `${formatRequestHead('GET', '/health/live?a=%zz')}\r\n`,
    '400 malformed_request',
  ],
  'a query that is not UTF-8': [
    `${formatRequestHead('GET', '/health/live?a=%ED%A0%80')}\r\n`,
    '400 malformed_request',
  ],
  'a query with NUL': [
    `${formatRequestHead('GET', '/health/live?a=%00')}\r\n`,
    '400 malformed_request',
  ],
  'no token': [`${formatRequestHead('DELETE', '/settings/MfaSignIn')}\r\n`, '401 missing_token'],
  'broken JSON': [`${refresh(json, 'Content-Length: 1')}\r\n{`, '400 malformed_request'],
  'another media type': [
    `${refresh('Content-Type: text/plain', 'Content-Length: 2')}\r\n{}`,
    '415 unsupported_media_type',
  ],
  'an oversized body': [
    `${refresh(json, 'Content-Length: 20000')}\r\n${large}`,
    '413 payload_too_large',
  ],
  'an oversized chunked body': [
    `${refresh(json, 'Transfer-Encoding: chunked')}\r\n4e20\r\n${large}\r\n0\r\n\r\n`,
    '413 payload_too_large',
  ],
  'a body that violates the schema': [
    `${refresh(json, 'Content-Length: 2')}\r\n{}`,
    '400 invalid_request',
  ],
  'a broken chunk': [
    `${refresh(json, 'Transfer-Encoding: chunked')}\r\nzz\r\n`,
    '400 malformed_request',
  ],
  'Content-Length with Transfer-Encoding': [
    `${refresh(json, 'Content-Length: 2', 'Transfer-Encoding: chunked')}\r\n0\r\n\r\n`,
    '400 malformed_request',
  ],
  'an unknown Expect header': [
    `${refresh(json, 'Expect: banana', 'Content-Length: 2')}\r\n{}`,
    '400 invalid_request',
  ],
  'headers over 16 KiB': [
    `${formatRequestHead('GET', '/', `X-Large: ${large}`)}\r\n`,
    '431 headers_too_large',
  ],
  'no Host': ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', '400 malformed_request'],
  'two Hosts': [
    `${formatRequestHead('GET', '/', 'Host: evil.example')}\r\n`,
    '400 malformed_request',
  ],
  'an unknown version': ['GET / HTTP/9.9\r\nHost: a\r\n\r\n', '400 malformed_request'],
  'HTTP/2 without negotiation': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400 malformed_request'],
  'an unknown method': [`${formatRequestHead('BREW', '/')}\r\n`, '400 malformed_request'],
  'a header without a name': [
    `${formatRequestHead('GET', '/', ': x')}\r\n`,
    '400 malformed_request',
  ],
  'a header with NUL': [`${formatRequestHead('GET', '/', 'X-A: \0')}\r\n`, '400 malformed_request'],
  'TLS to a port without it': [
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
    '400 malformed_request',
  ],
  garbage: ['what?\r\n\r\n', '400 malformed_request'],
}

onDatabase('SQLite', (latchkey) => {
  for (const [what, [bytes, expected]] of Object.entries(failures)) {
    test(`${what} gets a complete problem response`, async () => {
      const answer = await sendRaw(latchkey, bytes)
      const { status, code } = assertWholeProblem(latchkey, answer)
      assert.equal(`${status} ${code}`, expected)
    })
  }

  test('after every kind of failure the service responds as before', async () => {
    assert.equal((await latchkey.get('/health/ready')).status, 200)
  })

  test('HTTP/1.0 needs no Host', async () => {
    const { status } = await sendRaw(latchkey, 'GET /health/live HTTP/1.0\r\n\r\n')
    assert.equal(status, 200)
  })

  test('a 401 with any code has a WWW-Authenticate header for Bearer', async () => {
    const ada = await latchkey.owner()
    const wrong = [
      await latchkey.get('/settings/MfaSignIn'),
      await latchkey.get('/settings/MfaSignIn', { token: 'x' }),
      await latchkey.post('/auth/SignIn', { email: ada.email, password: 'not this one' }),
      await latchkey.post('/auth/Refresh', { refreshToken: 'x' }),
      await latchkey.post('/auth/SignIn/Mfa', { mfaToken: 'x', code: '123456' }),
      await latchkey.post('/auth/SignUp/Verify', { signUpToken: 'x', code: '123456' }),
    ]
    for (const { status, headers, body } of wrong) {
      assert.equal(status, 401)
      assert.match(headers.get('www-authenticate') ?? '', /^Bearer/, body.code)
    }
  })
})

test('an incomplete request gets a 408, and its connection is closed', async (t) => {
  const publicUrl = 'http://localhost:4000'
  const app = createApp({
    publicUrl,
    log: createLog('silent'),
    trustProxy: [],
    isStopping: () => false,
    timeouts: { requestMs: 100, responseMs: 60_000 },
  })
  t.after(() => app.close())
  app.post('/slow', async () => 'arrived')
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))

  const environment = { LATCHKEY_PORT: port, LATCHKEY_PUBLIC_URL: publicUrl }
  const whole = `${formatRequestHead('POST', '/slow', json, 'Content-Length: 10')}\r\n{"a"`
  for (const part of [whole, whole.slice(0, 30)]) {
    const answer = await sendRaw({ environment }, part)
    const { status, code } = assertWholeProblem({ origin: publicUrl }, answer)
    assert.equal(`${status} ${code}`, '408 request_timeout')
  }
})

function assertWholeProblem({ origin }: Pick<TestLatchkey, 'origin'>, answer: RawResponse) {
  const { headers, text } = answer
  assert.match(headers['content-type'] ?? '', /^application\/problem\+json(;|$)/)
  const problem = JSON.parse(text)
  const { code, detail, errors = [], requestId } = problem
  assert.equal(problem.status, answer.status)
  assert.equal(problem.title, problemTypes[code as keyof typeof problemTypes].title)
  assert.equal(problem.type, `${origin}/docs/errors#${code}`)
  assert.match(detail, /^\S.*\.$/)
  assert.match(requestId, /^[0-9a-f]{8}-[0-9a-f-]{27}$/)
  assert.equal(headers['x-request-id'], requestId)
  for (const error of errors) assert.deepEqual(Object.keys(error), ['path', 'message'])

  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['x-frame-options'], 'DENY')
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.match(
    headers['content-security-policy'] ?? '',
    /default-src 'none'.*frame-ancestors 'none'/,
  )
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
  assert.ok(!('server' in headers) && !('x-powered-by' in headers))
  // No stack trace, file path or SQL.
  assert.doesNotMatch(text, / at .*:\d+|node_modules|\/src\/|FST_|SQLITE|select /)
  return { status: answer.status, code }
}
