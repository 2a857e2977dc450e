/** LATCHKEY_SIGN_UP decides who may create an account. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import { assertBody, assertStatus } from '../support/responses.ts'
import { startSignUp } from '../support/sign-up.ts'

const password = 'seven red bicycles'

onEachDatabase(
  (latchkey) => {
    const signUp = (email: string) => latchkey.post('/auth/SignUp', { email, password })

    // Abuse case (Sign-up): An allow-list of domains admitted a subdomain, a suffix or a look-alike.
    test('only addresses of the named domains can sign up, in any spelling of them', async () => {
      for (const email of ['ada@Example.COM', 'ada@bücher.example', 'ada@XN--BCHER-KVA.example']) {
        assertStatus(await signUp(email), 202)
      }
      for (const email of [
        'ada@example.org',
        'ada@sub.example.com',
        'ada@notexample.com',
        'ada@example.com.evil.example',
        'example.com@evil.example',
        'ada@bucher.example',
      ]) {
        assertBody(await signUp(email), 403, { code: 'email_domain_not_allowed' })
      }
      const { detail } = (await signUp('ada@example.org')).body
      assert.equal(
        detail,
        'You can sign up here with an email address of example.com or bücher.example.',
      )
    })

    test('a refused sign-up sends nothing, and neither hashes nor uses up the limits of the address', async () => {
      const email = 'nobody@elsewhere.example'
      for (let i = 0; i < 12; i++) {
        assertBody(await signUp(email), 403, { code: 'email_domain_not_allowed' })
      }
      assert.deepEqual(await latchkey.inbox(email), [])
      const rows = await latchkey.sql(`select id from sign_up where email_key = '${email}'`)
      assert.equal(rows.length, 0)
      const hits = await latchkey.sql(
        `select id from rate_limit_hit where key like '%elsewhere.example%'`,
      )
      assert.equal(hits.length, 0)
    })

    test('an allowed address keeps its limits', async () => {
      const answers = []
      for (let i = 0; i < 7; i++) answers.push((await signUp('grace@example.com')).status)
      assert.deepEqual(answers, [202, 202, 202, 202, 202, 429, 429])
    })

    test('the refusal is identical for an address with an account and for one without', async () => {
      const ada = await latchkey.owner({ email: 'moved@example.com' })
      await latchkey.sql(
        `update account set email = 'moved@foreign.example', email_key = 'moved@foreign.example' where email = '${ada.email}'`,
      )
      const [known, unknown] = [
        await signUp('moved@foreign.example'),
        await signUp('other@foreign.example'),
      ]
      const comparable = ({ status, headers, body }: typeof known) => {
        return { status, names: [...headers.keys()], body: { ...body, requestId: '' } }
      }
      assert.deepEqual(comparable(known), comparable(unknown))
      assertBody(known, 403, { code: 'email_domain_not_allowed' })
      assert.deepEqual(await latchkey.inbox('moved@foreign.example'), [])
    })

    // Abuse case (Sign-up): An allow-list of domains was checked at sign-up, and not when the address
    // changed.
    test('an account cannot change to an address of a foreign domain, and nothing is sent there', async () => {
      const ada = await latchkey.owner()
      assertBody(await ada.startEmailChange('ada@private.example'), 403, {
        code: 'email_domain_not_allowed',
      })
      assert.deepEqual(await latchkey.inbox('ada@private.example'), [])
      const email = 'ada.changed@xn--bcher-kva.example'
      assertStatus(await ada.startEmailChange(email), 202)
      const code = await latchkey.codeSentTo(email)
      assertStatus(await ada.post('/settings/Email', { email, code }), 200)
    })

    test('an account of a foreign domain keeps that domain, and moves to no other', async () => {
      const guest = await latchkey.owner()
      const own = 'guest@guests.example'
      await latchkey.sql(
        `update account set email = '${own}', email_key = '${own}' where email = '${guest.email}'`,
      )
      assertStatus(await guest.startEmailChange('guest.new@guests.example'), 202)
      assertBody(await guest.startEmailChange('guest@other.example'), 403, {
        code: 'email_domain_not_allowed',
      })
    })

    test('an undo gives back an address of a domain that has been removed since', async () => {
      const ada = await latchkey.owner({ email: 'ada@xn--bcher-kva.example' })
      const email = 'ada.now@example.com'
      assertStatus(await ada.startEmailChange(email), 202)
      const code = await latchkey.codeSentTo(email)
      assertStatus(await ada.post('/settings/Email', { email, code }), 200)
      const [notice] = await latchkey.inbox('ada@xn--bcher-kva.example')
      const token = /#token=([\w-]+)/.exec(notice?.text ?? '')?.[1]
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'domains:example.com' })
      assertBody(await latchkey.post('/auth/Undo', { token }), 200, {
        status: 'undone',
        email: 'ada@xn--bcher-kva.example',
      })
    })

    test('sign-ups and address changes that wait for their code end when the policy excludes them', async () => {
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'open' })
      const email = 'late@late.example'
      const proof = await startSignUp(latchkey, { email, password })
      const ada = await latchkey.owner()
      const newEmail = 'ada@late.example'
      assertStatus(await ada.startEmailChange(newEmail), 202)
      const code = await latchkey.codeSentTo(newEmail)

      await latchkey.restart({ LATCHKEY_SIGN_UP: 'domains:example.com' })
      const expected = { code: 'email_domain_not_allowed' }
      assertBody(await latchkey.post('/auth/SignUp/Verify', proof), 403, expected)
      assertBody(await ada.post('/settings/Email', { email: newEmail, code }), 403, expected)
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'invitation' })
      assertBody(await latchkey.post('/auth/SignUp/Verify', proof), 403, {
        code: 'invitation_required',
      })
      const rows = await latchkey.sql(`select id from account where email_key = '${email}'`)
      assert.equal(rows.length, 0)
    })

    test('by invitation: nobody can sign up, while owners sign in and change their address', async () => {
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'open' })
      const ada = await latchkey.owner()
      await latchkey.restart({ LATCHKEY_SIGN_UP: 'invitation' })
      for (const email of [ada.email, 'new@example.com']) {
        assertBody(await signUp(email), 403, { code: 'invitation_required' })
      }
      assertBody(await ada.signIn(), 200, { status: 'signedIn' })
      assertStatus(await ada.startEmailChange('ada.elsewhere@elsewhere.example'), 202)
    })
  },
  { LATCHKEY_SIGN_UP: 'domains:example.com, BÜCHER.example' },
)
