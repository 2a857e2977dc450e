import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { assertBody, assertRateLimited } from '../support/responses.ts'
import { otherThan, startSignUp } from '../support/sign-up.ts'

const hour = 60 * 60_000
const password = 'seven red bicycles'
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })

onEachDatabase(
  (latchkey) => {
    // Messages of the previous test no longer count.
    beforeEach(() => travel(25 * hour))

    test('an account is sent twenty codes an hour, after which other methods still sign in', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      // One was sent to set the method up.
      for (let i = 1; i < 20; i++) assert.ok((await ada.signIn()).body.sentTo, `sign-in ${i}`)

      const begun = await ada.signIn()
      assert.equal(begun.body.status, 'mfaRequired')
      assert.equal(begun.body.sentTo, undefined)
      const { mfaToken } = begun.body
      const refused = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken })
      const retryAfter = assertRateLimited(refused, 'too_many_messages')

      const code = ada.recoveryCodes[0] ?? ''
      const onPaper = { mfaToken, code, mfaMethod: 'recoveryCode' }
      ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', onPaper))

      // At least one message is allowed again; others may have been sent a second later.
      travel(retryAfter * 1000)
      const again = await ada.signIn()
      assert.ok(again.body.sentTo)
      const answer = await ada.prepareSecondFactor(again)
      ada.storeTokens(await answer())
    })

    test('of sixty sign-ins in concurrent batches, those up to the twentieth code are sent one', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      travel(2 * hour)
      let sent = 0
      for (let round = 0; round < 6; round++) {
        const begun = await Promise.all(Array.from({ length: 10 }, () => ada.signIn()))
        sent += begun.filter(({ body }) => body.sentTo).length
      }
      assert.equal(sent, 20)
      const codes = (await latchkey.inbox(ada.email)).filter(({ text }) => /signing in/.test(text))
      assert.equal(codes.filter(({ text }) => /to finish signing in/.test(text)).length, 20)
    })

    test('a sign-in sends another code after half a minute, which voids the first', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const { mfaToken } = (await ada.signIn()).body
      const firstCode = await ada.codeFor('email')
      const send = () => latchkey.post('/auth/SignIn/MfaCode', { mfaToken })

      const early = await send()
      assert.equal(early.status, 429)
      assert.ok(early.body.retryAfter <= 30)
      assert.equal(early.headers.get('retry-after'), String(early.body.retryAfter))
      travel(early.body.retryAfter * 1000)
      const again = await send()
      assert.equal(again.status, 202)
      assert.equal(again.body.retryAfter, 30)
      assert.equal((await send()).status, 429)

      const secondCode = await ada.codeFor('email')
      if (firstCode !== secondCode) {
        const dead = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: firstCode })
        assert.equal(dead.body.code, 'invalid_code')
      }
      ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: secondCode }))
    })

    test('another method may be used at once, and then only its code is accepted', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'sms' })
      await ada.turnOn('email')
      const { mfaToken } = (await ada.signIn()).body
      const mailed = await ada.codeFor('email')
      const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod: 'sms' })
      assert.equal(sent.status, 202)
      const texted = await ada.codeFor('sms')
      if (mailed !== texted) {
        for (const more of [{}, { mfaMethod: 'email' }, { mfaMethod: 'sms' }]) {
          const dead = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: mailed, ...more })
          assert.equal(dead.body.code, 'invalid_code')
        }
      }
      // A code sent to the phone does not prove access to the mailbox, nor vice versa.
      const crossed = { mfaToken, code: texted, mfaMethod: 'email' }
      assert.equal((await latchkey.post('/auth/SignIn/Mfa', crossed)).body.code, 'invalid_code')
      ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: texted }))
    })

    test('one address is sent five sign-up emails a day from one network and ten from all', async () => {
      const email = `newcomer-${latchkey.databaseKind}@example.com`
      const signUp = (address: string) =>
        latchkey.post('/auth/SignUp', { email, password }, from(address))
      for (let i = 0; i < 5; i++) assert.equal((await signUp('203.0.113.1')).status, 202)
      assert.equal((await latchkey.inbox(email)).length, 5)
      travel(hour)
      assertRateLimited(await signUp('203.0.113.1'), 'too_many_messages')
      for (let i = 0; i < 5; i++) assert.equal((await signUp(`203.0.113.${10 + i}`)).status, 202)
      assertRateLimited(await signUp('203.0.113.99'), 'too_many_messages')
      assert.equal((await latchkey.inbox(email)).length, 10)
      const spelled = { email: email.toUpperCase(), password }
      assertRateLimited(await latchkey.post('/auth/SignUp', spelled), 'too_many_messages')

      const ada = await latchkey.owner()
      const known = { email: ada.email, password }
      for (let i = 0; i < 4; i++) {
        assert.equal((await latchkey.post('/auth/SignUp', known)).status, 202)
      }
      assertRateLimited(await latchkey.post('/auth/SignUp', known), 'too_many_messages')

      travel(25 * hour)
      assert.equal((await signUp('203.0.113.1')).status, 202)
    })

    test('sign-ups from one network are counted before their passwords are hashed', async () => {
      const values = Array.from(
        { length: 600 },
        (_, i) => `('signed-up-${i}', 'signUpsPerNetwork 203.0.113.7', ${Date.now()})`,
      )
      await latchkey.sql(`insert into rate_limit_hit (id, key, at) values ${values.join()}`)
      const body = { email: `late-${latchkey.databaseKind}@example.com`, password }
      const signUp = (address: string) => latchkey.post('/auth/SignUp', body, from(address))
      assertRateLimited(await signUp('203.0.113.7'), 'too_many_attempts')
      assert.equal((await signUp('203.0.113.8')).status, 202)
    })

    // Abuse case (Guessing): Concurrent guesses bypassed the limit.
    test('of forty concurrent wrong codes for one sign-up, five are checked', async () => {
      const email = `guessed-${latchkey.databaseKind}@example.com`
      const { signUpToken, code } = await startSignUp(latchkey, { email, password })
      const wrong = { signUpToken, code: otherThan(code) }
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => latchkey.post('/auth/SignUp/Verify', wrong)),
      )
      const codes = answers.map(({ body }) => body.code)
      assert.equal(codes.filter((one) => one === 'invalid_code').length, 5, String(codes))
      assert.equal(codes.filter((one) => one === 'sign_up_token_expired').length, 35)
      const right = await latchkey.post('/auth/SignUp/Verify', { signUpToken, code })
      assertBody(right, 401, { code: 'sign_up_token_expired' })
    })
  },
  { LATCHKEY_TRUST_PROXY: '127.0.0.1' },
)

onEachDatabase(
  (latchkey) => {
    // Abuse case (Guessing): Repeated texts cost the operator a fortune or kept the recipient
    // awake.
    test('beyond the daily cap no text is sent, email still is, and the log alerts the operator', async () => {
      const { ada, bob } = await useUpTextsToUnverified()
      await bob.turnOn('email')
      for (const _ of [1, 2]) assert.ok((await ada.signIn()).body.sentTo)
      const { length } = latchkey.log
      await assertNotVerified('+14155550999')
      assert.match(errorsSince(length), /LATCHKEY_SMS_DAILY_CAP is reached/)

      const begun = await ada.signIn()
      assert.equal(begun.body.status, 'mfaRequired')
      assert.equal(begun.body.sentTo, undefined)
      const { mfaToken } = begun.body
      const again = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken })
      assert.equal(again.status, 503)
      assert.equal(again.body.code, 'sms_unavailable')
      const onPaper = { mfaToken, mfaMethod: 'recoveryCode', code: ada.recoveryCodes[0] }
      ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', onPaper))
      assert.ok((await bob.signIn()).body.sentTo, 'a mail')

      travel(25 * hour)
      assert.ok((await ada.signIn()).body.sentTo)
    })

    // Abuse case (Guessing): Strangers spent the texts that owners need to sign in.
    test('unverified numbers get half of the daily cap, and verified ones the rest', async () => {
      travel(25 * hour)
      const { ada, bob } = await useUpTextsToUnverified()
      const { length } = latchkey.log
      await assertNotVerified('+14155550998')
      assert.match(errorsSince(length), /unverified numbers have used up their half/)

      for (const owner of [ada, bob]) assert.ok((await owner.signIn()).body.sentTo)
      assert.equal((await ada.signIn()).body.sentTo, undefined, 'the cap')
      travel(25 * hour)
      await (await latchkey.owner()).turnOn('sms')
    })

    /** Two owners verify their numbers, and no other number is verified on this day. */
    async function useUpTextsToUnverified() {
      const ada = await latchkey.owner({ mfaMethod: 'sms' })
      return { ada, bob: await latchkey.owner({ mfaMethod: 'sms' }) }
    }

    async function assertNotVerified(phoneNumber: string): Promise<void> {
      const carol = await latchkey.owner()
      const refused = await carol.post('/settings/MfaSignIn', { mfaMethod: 'sms', phoneNumber })
      assert.equal(refused.status, 503)
      assert.equal(refused.body.code, 'sms_unavailable')
      assert.equal(refused.headers.get('retry-after'), String(refused.body.retryAfter))
      assert.deepEqual(await latchkey.inbox(phoneNumber), [])
    }

    /** The errors in the log from this position on. */
    function errorsSince(position: number): string {
      const lines = latchkey.log.slice(position).split('\n')
      return lines.filter((line) => line.includes('"level":50')).join('\n')
    }
  },
  { LATCHKEY_SMS_DAILY_CAP: '4' },
)

onEachDatabase(
  (latchkey) => {
    test('with a daily cap of one, one number can be verified', async () => {
      assert.equal((await (await latchkey.owner()).turnOn('sms')).status, 200)
    })
  },
  { LATCHKEY_SMS_DAILY_CAP: '1' },
)
