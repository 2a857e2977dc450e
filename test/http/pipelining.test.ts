/** Several requests on one connection, sent before their responses are read (RFC 9112 §9.3.2). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onDatabase } from '../support/latchkey.ts'
import { sendPipeline } from '../support/raw-http.ts'

/** Requests and their expected status, with and without a body. */
const requests: [bytes: string, status: number][] = [
  ['GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n', 200],
  ['GET /nope HTTP/1.1\r\nHost: localhost\r\n\r\n', 404],
  ['GET / HTTP/1.1\r\n\r\n', 400],
  [
    'POST /auth/Refresh HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
    400,
  ],
  ['PUT /auth/SignIn HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
  [
    'POST /auth/Refresh HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{} ',
    400,
  ],
]

onDatabase('SQLite', (latchkey) => {
  test('pipelined requests are all answered, in order', async () => {
    // A sequence without a short period, so that a swapped pair is noticed.
    const sent = Array.from({ length: 2000 }, (_, i) => requests[((i * i + i * 7) % 11) % 6])
    const expected = sent.map((request) => request?.[1])
    const bytes = sent.map((request) => request?.[0]).join('')
    const answers = await sendPipeline(latchkey, bytes, Number.POSITIVE_INFINITY)
    const final = answers.map(({ status }) => status).filter((status) => status !== 100)
    assert.deepEqual(final, expected)
  })

  test('a pipelined request sees the effects of the one before it', async () => {
    const email = 'new@example.com'
    const body = JSON.stringify({ email, password: 'a long sentence of hers' })
    // Hashing the password takes longer than reading the inbox.
    const pipeline =
      `POST /auth/SignUp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
      `GET /dev/Messages?to=${email} HTTP/1.1\r\nHost: localhost\r\n\r\n`
    const [signUp, inbox] = await sendPipeline(latchkey, pipeline, 2)
    assert.deepEqual([signUp?.status, inbox?.status], [202, 200])
    assert.equal(JSON.parse(inbox?.text ?? '').messages.length, 1)
  })

  test('an invalid request is answered after the requests before it, and ends the connection', async () => {
    const ada = await latchkey.owner()
    const valid = `GET /settings HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${ada.accessToken}\r\n\r\n`
    const pipeline = `${valid}${valid}${valid}no HTTP\r\n\r\n`
    const answers = await sendPipeline(latchkey, pipeline, Number.POSITIVE_INFINITY)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 400],
    )
    assert.equal(answers[3]?.headers.connection, 'close')
  })
})
