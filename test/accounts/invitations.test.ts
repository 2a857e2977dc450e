/** Accepting an invitation: with a password here, with a passkey in invitation-passkeys.test.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCleanUp } from '../support/clean-up.ts'
import { travel } from '../support/clock.ts'
import { acceptInvitation, invite, tokenSentTo } from '../support/invitations.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import { assertBody, assertSignedIn, assertStatus } from '../support/responses.ts'
import { startSignUp } from '../support/sign-up.ts'

const password = 'seven red bicycles'
const week = 7 * 86_400_000
let people = 0
const newcomer = () => `invited-${people++}@elsewhere.example`

onEachDatabase(
  (latchkey) => {
    let operator: Owner
    const read = (token: string) => latchkey.post('/auth/Invitation', { token })
    const signIn = (email: string) => latchkey.post('/auth/SignIn', { email, password })
    const expired = { code: 'invitation_expired' }

    test('an invitation ends in an account with its name and groups, signed in without a code', async () => {
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'open' })
      operator = await createOperator(latchkey)
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'invitation' })
      const email = newcomer()
      const groups = ['staff', 'grafana:admin']
      const { token, id } = await invite(latchkey, operator, {
        email,
        name: 'Ada Lovelace',
        groups,
      })
      assertBody(await read(token), 200, { email, name: 'Ada Lovelace' })

      const accepted = await acceptInvitation(latchkey, token)
      assert.equal(accepted.status, 201)
      const { accessToken } = assertSignedIn(accepted)
      const [account] = await latchkey.sql(`select id from account where email_key = '${email}'`)
      const [profile] = await latchkey.sql(
        `select name from profile where account_id = '${account.id}'`,
      )
      assert.equal(profile.name, 'Ada Lovelace')
      const rows = await latchkey.sql(
        `select name from account_group where account_id = '${account.id}' order by name`,
      )
      assert.deepEqual(rows.map(({ name }) => name).sort(), groups.toSorted())
      assertBody(await signIn(email), 200, { status: 'signedIn' })

      const { body } = await latchkey.get('/settings/Activity', { token: accessToken })
      const created = body.activity.find(({ type }: { type: string }) => type === 'account.created')
      assert.equal(created.detail.by, operator.email)
      assert.equal(created.detail.invitation, id)
      assert.equal(created.detail.groups, 'grafana:admin staff')
    })

    test('the link shows what it is about, and opening it any number of times changes nothing', async () => {
      const email = newcomer()
      const { token, sent } = await invite(latchkey, operator, { email })
      for (let i = 0; i < 3; i++) {
        const { expiresAt } = sent.body
        assertBody(await read(token), 200, { email, name: null, expiresAt })
      }
      const rows = await latchkey.sql(`select id from account where email_key = '${email}'`)
      assert.equal(rows.length, 0)
      assert.equal((await acceptInvitation(latchkey, token)).status, 201)
    })

    test('an invitation works once, and for a week', async () => {
      const [early, late] = [newcomer(), newcomer()]
      const first = await invite(latchkey, operator, { email: early })
      const second = await invite(latchkey, operator, { email: late })
      travel(week - 30_000)
      assert.equal((await acceptInvitation(latchkey, first.token)).status, 201)
      travel(31_000)
      for (const { token } of [first, second]) {
        assertBody(await read(token), 401, expired)
        assertBody(await acceptInvitation(latchkey, token), 401, expired)
      }
      const rows = await latchkey.sql(`select id from account where email_key = '${late}'`)
      assert.equal(rows.length, 0)
      await operator.signInFully()
    })

    // Abuse case (Reuse of codes and tokens): Two concurrent requests both used one invitation.
    test('of forty concurrent acceptances one creates the account and a session', async () => {
      const email = newcomer()
      const { token } = await invite(latchkey, operator, { email })
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => acceptInvitation(latchkey, token)),
      )
      const statuses = answers.map(({ status }) => status)
      assert.equal(statuses.filter((status) => status === 201).length, 1, String(statuses))
      assert.deepEqual(new Set(statuses.filter((status) => status !== 201)), new Set([401]))
      const rows = await latchkey.sql(
        `select session.id from account left join session on account_id = account.id where email_key = '${email}'`,
      )
      assert.equal(rows.length, 1)
    })

    test('a new invitation of an address, in any spelling, replaces the link before', async () => {
      const email = newcomer()
      const before = await invite(latchkey, operator, { email, groups: ['old'] })
      const after = await invite(latchkey, operator, {
        email: email.replace('invited', 'Invited'),
        groups: ['new'],
      })
      assertBody(await acceptInvitation(latchkey, before.token), 401, expired)
      assert.equal((await acceptInvitation(latchkey, after.token)).status, 201)
      const rows = await latchkey.sql(
        `select name from account_group where account_id = (select id from account where email_key = '${email}')`,
      )
      assert.deepEqual(
        rows.map(({ name }) => name),
        ['new'],
      )
    })

    test('the password policy applies, and a refused password leaves the link open', async () => {
      const email = newcomer()
      const { token } = await invite(latchkey, operator, { email })
      for (const bad of ['short', 'password1', email, 'x'.repeat(1025)]) {
        const refused = await acceptInvitation(latchkey, token, bad)
        assert.equal(refused.status, 400, bad)
      }
      assert.equal((await acceptInvitation(latchkey, token)).status, 201)
    })

    test('no other token, and no altered one, accepts an invitation', async () => {
      const { token } = await invite(latchkey, operator, { email: newcomer() })
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'open' })
      const { signUpToken } = await startSignUp(latchkey, { email: newcomer(), password })
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'invitation' })
      for (const wrong of ['x', signUpToken, token.slice(1), `${token}A`]) {
        assertBody(await read(wrong), 401, expired)
        assertBody(await acceptInvitation(latchkey, wrong), 401, expired)
      }
      const [row] = await latchkey.sql('select token_hash from invitation order by id desc limit 1')
      assert.ok(!JSON.stringify(row).includes(token))
      assertBody(await acceptInvitation(latchkey, row.token_hash), 401, expired)
    })

    // Abuse case (Sign-up): An invitation took over the account that its address had got meanwhile.
    test('an address that got an account meanwhile keeps it as it is', async () => {
      const email = newcomer()
      const { token } = await invite(latchkey, operator, { email, groups: ['staff'] })
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'open' })
      const ada = await latchkey.owner({ email })
      assertBody(await acceptInvitation(latchkey, token), 409, { code: 'address_taken' })
      assertBody(await signIn(email), 401, { code: 'invalid_credentials' })
      assertBody(await ada.signIn(), 200, { status: 'signedIn' })
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'invitation' })
    })

    test('an address that an undo may give back to another account is refused', async () => {
      const reserved = newcomer()
      const { token } = await invite(latchkey, operator, { email: reserved })
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'open' })
      const ada = await latchkey.owner()
      for (const email of [reserved, newcomer()]) {
        assertStatus(await ada.startEmailChange(email), 202)
        const code = await latchkey.codeSentTo(email)
        assertStatus(await ada.post('/settings/Email', { email, code }), 200)
      }
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'invitation' })
      assertBody(await acceptInvitation(latchkey, token), 409, { code: 'address_taken' })
    })

    test('the message is in the language that the operator names', async () => {
      const email = newcomer()
      await invite(latchkey, operator, { email, language: 'de' })
      const [message] = await latchkey.inbox(email)
      assert.equal(message?.subject, 'Einladung zu Latchkey')
      assert.match(message?.html ?? '', /Einladung öffnen/)
      await invite(latchkey, operator, { email })
      const [english] = await latchkey.inbox(email)
      assert.equal(english?.subject, 'You’re invited to Latchkey')
      assert.match(english?.text ?? '', /by .* \(UTC\):/)
    })

    test('accepting counts against the limit of sign-ups of the network', async () => {
      const { token } = await invite(latchkey, operator, { email: newcomer() })
      const hits = Array.from(
        { length: 600 },
        (_, i) => `('full-${i}', 'signUpsPerNetwork 127.0.0.1', ${Date.now()})`,
      )
      await latchkey.sql(`insert into rate_limit_hit (id, key, at) values ${hits.join()}`)
      const refused = await acceptInvitation(latchkey, token)
      assertBody(refused, 429, { code: 'too_many_attempts' })
      assert.ok(Number(refused.headers.get('retry-after')) > 0)
      await latchkey.sql("delete from rate_limit_hit where id like 'full-%'")
      assert.equal((await acceptInvitation(latchkey, token)).status, 201)
    })

    test('retention deletes expired invitations, and no others', async () => {
      const [old, open] = [newcomer(), newcomer()]
      await invite(latchkey, operator, { email: old })
      travel(week - 60_000)
      await operator.signInFully()
      await invite(latchkey, operator, { email: open })
      travel(61_000)
      await runCleanUp(latchkey)
      const rows = await latchkey.sql('select email from invitation')
      assert.deepEqual(
        rows.map(({ email }) => email),
        [open],
      )
      assert.equal(
        (await acceptInvitation(latchkey, await tokenSentTo(latchkey, open))).status,
        201,
      )
    })
  },
  { LATCHKEY_SIGN_UP: 'invitation' },
)
