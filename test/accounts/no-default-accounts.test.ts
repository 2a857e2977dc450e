/** The service ships without accounts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'

const customary = ['admin', 'root', 'administrator', 'test', 'demo', 'sa']

onEachDatabase((latchkey) => {
  test('a new service has no accounts, and customary default credentials do not sign in', async () => {
    const [{ accounts }] = await latchkey.sql('select count(*) as accounts from account')
    assert.equal(Number(accounts), 0)
    for (const name of customary) {
      for (const email of [`${name}@localhost`, `${name}@example.com`]) {
        const { status } = await latchkey.post('/auth/SignIn', { email, password: name })
        assert.equal(status, 401, email)
      }
    }
    await latchkey.restart()
    const after = await latchkey.sql('select id from account')
    assert.deepEqual(after, [])
  })
})
