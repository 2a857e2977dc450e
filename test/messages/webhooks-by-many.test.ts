/** Leases are waited for as they are, so these tests wait at the same time. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { TestLatchkey } from '../support/latchkey.ts'
import { startLatchkey } from '../support/outbox.ts'
import { emptyFolder, minuteAhead, startProcess, until } from '../support/process.ts'
import { type PostAnswer, startWebhook } from '../support/webhook.ts'

describe('webhooks by many', { concurrency: true }, () => {
  test('what a killed node had in hand is posted by others, in order', async (t) => {
    const hook = await startWebhook(t)
    hook.answer = () => new Promise(() => {})
    const latchkey = await startLatchkey(t, 'PostgreSQL')
    await latchkey.close()
    const environment = { LATCHKEY_WEBHOOK_URL: hook.url }
    const victim = await startNode(t, latchkey, environment)
    // One account, of which four things are told.
    const call = (path: string, body: object) =>
      fetch(victim.origin + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const [email, password] = ['ada@example.org', 'a long sentence of hers']
    await call('/auth/SignUp', { email, password })
    const inbox = await (await fetch(`${victim.origin}/dev/Messages`)).text()
    const code = /\b[0-9]{6}\b/.exec(inbox)?.[0]
    assert.equal((await call('/auth/SignUp/Verify', { email, code })).status, 201)
    for (const _ of [1, 2]) await call('/auth/SignIn', { email, password })
    await until(() => hook.posts.length > 0)
    await victim.stop('SIGKILL')

    hook.answer = () => 204
    const [first] = hook.posts.splice(0)
    await Promise.all([1, 2].map(() => startNode(t, latchkey, environment)))
    await until(() => hook.posts.length >= 4)
    const rows = await latchkey.sql('select id from activity order by id')
    assert.deepEqual(
      hook.posts.map(({ id }) => id),
      rows.map(({ id }) => id),
    )
    assert.equal(first?.id, hook.posts[0]?.id)
  })

  test('the order is that of what happened, also where clocks disagree', async (t) => {
    const hook = await startWebhook(t)
    const { promise, resolve } = Promise.withResolvers<PostAnswer>()
    hook.answer = () => promise
    const url = { LATCHKEY_WEBHOOK_URL: hook.url }
    const latchkey = await startLatchkey(t, 'PostgreSQL', url)
    const ada = await latchkey.owner()
    const { origin } = await startNode(t, latchkey, minuteAhead)
    const node = { origin, stop: async () => {} }

    const mfaMethod = 'email'
    await ada.post('/settings/MfaSignIn', { mfaMethod }, { node })
    const code = await latchkey.codeSentTo(ada.email)
    const on = await ada.post('/settings/MfaSignIn', { mfaMethod, code }, { node })
    assert.equal(on.status, 200)
    assert.equal((await ada.delete('/settings/MfaSignIn')).status, 200)

    hook.answer = () => 204
    resolve(204)
    await until(() => hook.posts.length >= 5)
    const told = hook.posts.map(({ event }) => event)
    assert.deepEqual(
      told.map(({ type }) => type),
      ['account.created', 'signin.succeeded', 'mfa.on', 'recovery_codes.generated', 'mfa.off'],
    )
    const [, , turnedOn, , turnedOff] = told
    assert.ok((turnedOn?.timestamp ?? '') > (turnedOff?.timestamp ?? ''), 'clocks agreed')
  })
})

function startNode(t: TestContext, latchkey: TestLatchkey, more: Record<string, string>) {
  const { LATCHKEY_PORT: _, ...shared } = latchkey.environment
  const LATCHKEY_PUBLIC_URL = latchkey.origin
  const environment = { ...shared, LATCHKEY_PUBLIC_URL, ...more }
  return startProcess(t, { folder: emptyFolder(t), environment })
}
