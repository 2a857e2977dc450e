/** The helpers of test/support fail a test where it would prove nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stopTravelling, travel } from '../support/clock.ts'
import { assertBody, guardBody } from '../support/responses.ts'

const headers = new Headers()
const refused = { request: 'POST /auth/SignIn', status: 401, headers, body: { code: 'invalid' } }

test('reading a field that an error response lacks fails with the request, status and body', () => {
  const body = guardBody(refused)
  assert.equal(body.code, 'invalid')
  assert.equal(body.retryAfter, undefined)
  assert.deepEqual(JSON.parse(JSON.stringify(body)), refused.body)
  assert.throws(() => body.mfaToken, {
    message: 'No mfaToken: POST /auth/SignIn responded 401: {"code":"invalid"}',
  })
})

test('assertBody compares the status and the named fields only', () => {
  const response = { ...refused, status: 200, body: { enabled: true, changedAt: null } }
  assertBody(response, 200, { enabled: true })
  assert.throws(() => assertBody(response, 200, { enabled: false }))
  assert.throws(() => assertBody(response, 202, { enabled: true }), /POST .* responded 200/)
})

test('time can’t travel while a second node runs', () => {
  const resume = stopTravelling()
  assert.throws(() => travel(1), /second node/)
  resume()
  travel(1)
})
