import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'

onEachDatabase((latchkey) => {
  test('resets from one network are counted before a password is hashed for them', async () => {
    const values = Array.from(
      { length: 600 },
      (_, i) => `('filled-${i}', 'resets 127.0.0.1', ${Date.now()})`,
    )
    await latchkey.sql(`insert into attempt (id, subject, at) values ${values.join()}`)
    const newPassword = 'a whole new sentence'
    const body = { resetToken: 'made up', newPassword }
    const stopped = await latchkey.post('/auth/ResetPassword', body)
    assert.equal(stopped.status, 429)
    const elsewhere = await latchkey.post('/auth/ResetPassword', body, { from: '127.0.0.2' })
    assert.equal(elsewhere.status, 401)
  })
})
