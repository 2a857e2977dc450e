/** The tests wait for real leases to expire, so they run concurrently. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { clockAheadBy } from '../support/clock.ts'
import { startLatchkey } from '../support/outbox.ts'
import { startNode, waitUntil } from '../support/process.ts'
import { startWebhookReceiver, type WebhookReply } from '../support/webhook-receiver.ts'

describe('webhooks by several nodes', { concurrency: true }, () => {
  test('other nodes send the events that a killed node had claimed, in order', async (t) => {
    const hook = await startWebhookReceiver(t)
    hook.respond = () => new Promise(() => {})
    const latchkey = await startLatchkey(t, 'PostgreSQL')
    await latchkey.stopKeepingData()
    const environment = { LATCHKEY_WEBHOOK_URL: hook.url }
    const victim = await startNode(t, latchkey, environment)
    // One account with four events.
    const call = (path: string, body: object) =>
      fetch(victim.origin + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const [email, password] = ['ada@example.org', 'a long sentence of hers']
    const begun = await call('/auth/SignUp', { email, password })
    const { signUpToken } = (await begun.json()) as { signUpToken: string }
    const inbox = await (await fetch(`${victim.origin}/dev/Messages`)).text()
    const code = /\b[0-9]{6}\b/.exec(inbox)?.[0]
    assert.equal((await call('/auth/SignUp/Verify', { signUpToken, code })).status, 201)
    for (const _ of [1, 2]) await call('/auth/SignIn', { email, password })
    await waitUntil(() => hook.received.length > 0)
    await victim.stop('SIGKILL')

    hook.respond = () => 204
    const [first] = hook.received.splice(0)
    await Promise.all([1, 2].map(() => startNode(t, latchkey, environment)))
    await waitUntil(() => hook.received.length >= 4)
    const rows = await latchkey.sql('select id from activity order by id')
    assert.deepEqual(
      hook.received.map(({ id }) => id),
      rows.map(({ id }) => id),
    )
    assert.equal(first?.id, hook.received[0]?.id)
  })

  test('events are sent in the order in which they happened, even if clocks disagree', async (t) => {
    const hook = await startWebhookReceiver(t)
    const { promise, resolve } = Promise.withResolvers<WebhookReply>()
    hook.respond = () => promise
    const url = { LATCHKEY_WEBHOOK_URL: hook.url }
    const latchkey = await startLatchkey(t, 'PostgreSQL', url)
    const ada = await latchkey.owner()
    const { origin } = await startNode(t, latchkey, clockAheadBy(60_000))
    const node = { origin, stop: async () => {} }

    const mfaMethod = 'email'
    await ada.post('/settings/MfaSignIn', { mfaMethod }, { node })
    const code = await latchkey.codeSentTo(ada.email)
    const on = await ada.post('/settings/MfaSignIn', { mfaMethod, code }, { node })
    assert.equal(on.status, 200)
    assert.equal((await ada.delete('/settings/MfaSignIn')).status, 200)

    hook.respond = () => 204
    resolve(204)
    // An event that waited too long for its response is sent again.
    const received = () => new Map(hook.received.map(({ id, event }) => [id, event]))
    await waitUntil(() => received().size >= 5)
    const events = [...received().values()]
    assert.deepEqual(
      events.map(({ type }) => type),
      ['account.created', 'signin.succeeded', 'mfa.on', 'recovery_codes.generated', 'mfa.off'],
    )
    const [, , turnedOn, , turnedOff] = events
    assert.ok((turnedOn?.timestamp ?? '') > (turnedOff?.timestamp ?? ''), 'the clocks agree')
  })
})
