/** Inviting people: what operators do, and see. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clockAheadBy, travel } from '../support/clock.ts'
import { acceptInvitation, invite, tokenSentTo } from '../support/invitations.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import { runLatchkey, waitUntil } from '../support/process.ts'
import { assertBody, assertStatus } from '../support/responses.ts'
import { startWebhookReceiver } from '../support/webhook-receiver.ts'

let people = 0
const newcomer = () => `newcomer-${people++}@example.com`

onEachDatabase((latchkey) => {
  let operator: Owner

  test('operators list the open invitations, newest first, in pages', async () => {
    operator = await createOperator(latchkey)
    const emails = [newcomer(), newcomer(), newcomer(), newcomer()]
    for (const email of emails) await invite(latchkey, operator, { email })
    const listed = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await operator.get(`/admin/Invitations?limit=3${cursor && `&cursor=${cursor}`}`)
      assertStatus(page, 200)
      listed.push(...page.body.invitations)
      cursor = page.body.nextCursor
    }
    assert.deepEqual(
      listed.map(({ email }) => email),
      emails.toReversed(),
    )
    const [newest] = listed
    assert.equal(newest.invitedBy, operator.email)
    assert.equal(Date.parse(newest.expiresAt) - Date.parse(newest.createdAt), 7 * 86_400_000)
  })

  test('accepted, replaced, revoked and expired invitations are no longer listed', async () => {
    const list = async () => {
      const { body } = await operator.get('/admin/Invitations?limit=100')
      return body.invitations.map(({ id }: { id: string }) => id)
    }
    const accepted = await invite(latchkey, operator, { email: newcomer() })
    await acceptInvitation(latchkey, accepted.token)
    const email = newcomer()
    const replaced = await invite(latchkey, operator, { email })
    const current = await invite(latchkey, operator, { email })
    const revoked = await invite(latchkey, operator, { email: newcomer() })
    assertStatus(await operator.delete(`/admin/Invitations/${revoked.id}`), 204)
    const ids = await list()
    assert.ok(ids.includes(current.id))
    for (const { id } of [accepted, replaced, revoked]) assert.ok(!ids.includes(id))
    travel(7 * 86_400_000 + 1000)
    await operator.signInFully()
    assert.deepEqual(await list(), [])
  })

  // Abuse case (Reuse of codes and tokens): A revoked invitation could still be accepted.
  test('a revoked invitation opens nothing, and can be revoked once', async () => {
    const { id, token } = await invite(latchkey, operator, { email: newcomer() })
    assertStatus(await operator.delete(`/admin/Invitations/${id}`), 204)
    assertBody(await acceptInvitation(latchkey, token), 401, { code: 'invitation_expired' })
    for (const gone of [id, 'x']) {
      assertBody(await operator.delete(`/admin/Invitations/${gone}`), 404, { code: 'not_found' })
    }
  })

  test('an address that has an account, or can get one back, is refused with the reason', async () => {
    const ada = await latchkey.owner()
    const taken = { code: 'address_taken' }
    const refused = await operator.post('/admin/Invitations', { email: ada.email })
    assertBody(refused, 409, taken)
    assert.match(refused.body.detail, /has an account already/)
    assertStatus(await ada.delete('/settings/Account', { body: { password: ada.password } }), 204)
    const deleted = await operator.post('/admin/Invitations', { email: ada.email })
    assertBody(deleted, 409, taken)
    assert.match(deleted.body.detail, /was deleted a few days ago/)

    const ben = await latchkey.owner()
    const email = newcomer()
    assertStatus(await ben.startEmailChange(email), 202)
    const code = await latchkey.codeSentTo(email)
    assertStatus(await ben.post('/settings/Email', { email, code }), 200)
    const reserved = await operator.post('/admin/Invitations', { email: ben.email })
    assertBody(reserved, 409, taken)
    assert.match(reserved.body.detail, /can still get it back/)
  })

  test('names and groups are checked as everywhere, and a refused invitation sends nothing', async () => {
    const email = newcomer()
    for (const bad of [
      { name: 'two\nlines' },
      { name: '' },
      { groups: ['with space'] },
      { groups: Array.from({ length: 51 }, (_, i) => `g${i}`) },
      { language: 'fr' },
      { email: 'not an address' },
      { reason: 'because' },
    ]) {
      const refused = await operator.post('/admin/Invitations', { email, ...bad })
      assertBody(refused, 400, { code: 'invalid_request' })
    }
    assert.deepEqual(await latchkey.inbox(email), [])
  })

  test('the activity names the operator of each invitation and revocation, without the address', async () => {
    const email = newcomer()
    const { id } = await invite(latchkey, operator, { email })
    assertStatus(await operator.delete(`/admin/Invitations/${id}`), 204)
    const { body } = await operator.get('/admin/Activity?limit=2')
    assert.deepEqual(
      body.activity.map(({ type, user, detail }: Record<string, unknown>) => [type, user, detail]),
      [
        ['invitation.revoked', null, { invitation: id, by: operator.email }],
        ['invitation.created', null, { invitation: id, by: operator.email }],
      ],
    )
    assert.ok(!JSON.stringify(body).includes(email))
  })

  test('ten invitations a day reach a mailbox, and no more', async () => {
    const statuses = []
    for (let i = 0; i < 12; i++) {
      const email = `many+${i}@example.com`
      statuses.push((await operator.post('/admin/Invitations', { email })).status)
    }
    assert.deepEqual(statuses, [...Array(10).fill(201), 429, 429])
  })

  test('one of many concurrent invitations of an address is left, and its link works', async () => {
    const email = newcomer()
    const sent = await Promise.all(
      Array.from({ length: 8 }, () => operator.post('/admin/Invitations', { email })),
    )
    for (const one of sent) assertStatus(one, 201)
    const rows = await latchkey.sql(`select id from invitation where email_key = '${email}'`)
    assert.equal(rows.length, 1)
    const messages = await latchkey.inbox(email)
    const tokens = messages.map(({ text }) => /#token=([\w-]+)/.exec(text)?.[1] ?? '')
    latchkey.markSecret(...tokens)
    const answers = await Promise.all(tokens.map((token) => acceptInvitation(latchkey, token)))
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  })

  test('the command line invites with a name and groups, and explains what it refuses', async (t) => {
    // The service's clock has travelled.
    const environment = { ...clockAheadBy(0), ...latchkey.environment }
    const run = (...args: string[]) =>
      runLatchkey(t, { environment, args: ['accounts', 'invite', ...args] })
    const email = newcomer()
    const groups = ['--group', 'staff', '--group', 'admins']
    const invited = await run(email, '--name', 'Grace Hopper', ...groups, '--language', 'de')
    assert.equal(invited.code, 0, invited.stderr)
    assert.match(invited.stdout, new RegExp(`Invited ${email}\\. .*\\n.*admins, staff`))
    const [message] = await latchkey.inbox(email)
    assert.equal(message?.subject, 'Einladung zu Latchkey')
    const token = await tokenSentTo(latchkey, email)
    assertBody(await latchkey.post('/auth/Invitation', { token }), 200, { name: 'Grace Hopper' })
    const { body } = await operator.get('/admin/Invitations?limit=1')
    assert.equal(body.invitations[0].invitedBy, 'the command line')

    const refused = await run(operator.email)
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /has an account already/)
    for (const [bad, reason] of [
      [['nobody'], /is not an email address/],
      [[email, '--language', 'fr'], /--language must be en or de/],
      [[email, '--group', 'with space'], /groups must be labels/],
    ] as const) {
      const { code, stderr } = await run(...bad)
      assert.ok(code === 1 || code === 64, String(code))
      assert.match(stderr, reason)
    }
  })

  test('webhook receivers get the events of an invitation and of its account, without the address', async (t) => {
    const receiver = await startWebhookReceiver(t)
    await latchkey.restart({ LATCHKEY_WEBHOOK_URL: receiver.url })
    const email = newcomer()
    const { id, token } = await invite(latchkey, operator, { email })
    assertStatus(await acceptInvitation(latchkey, token), 201)
    const find = (type: string) => receiver.received.find(({ event }) => event.type === type)?.event
    await waitUntil(() => find('account.created') !== undefined)
    assert.equal(find('invitation.created')?.data.accountId, null)
    assert.equal(find('invitation.created')?.data.detail.invitation, id)
    assert.equal(find('account.created')?.data.detail.invitation, id)
    assert.ok(!receiver.received.some(({ body }) => body.includes(email)))
  })
})
