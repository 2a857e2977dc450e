/**
 * Account pre-hijacking: a stranger signs up with another person's address, hoping that its owner
 * verifies it and uses an account whose password the stranger knows.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApiResponse, onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import {
  assertBody,
  assertRateLimited,
  assertSignedIn,
  assertStatus,
} from '../support/responses.ts'
import { otherThan, startSignUp } from '../support/sign-up.ts'

const passwords = { owner: 'the owner’s own words', stranger: 'what a stranger chose' }
type Who = keyof typeof passwords

const orders: [name: string, order: Who[]][] = [
  ['before the owner', ['stranger', 'owner']],
  ['after the owner', ['owner', 'stranger']],
  ['before and after the owner', ['stranger', 'owner', 'stranger']],
  ['between two attempts of the owner', ['owner', 'stranger', 'owner']],
]

let victims = 0
const victim = () => `victim-${victims++}@example.com`
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })

onEachDatabase(
  (latchkey) => {
    for (const [name, order] of orders) {
      // Abuse case (Sign-up): A stranger signed up with another person’s address and waited for
      // that person to verify it (CVE-2026-53516).
      // Abuse case (Sign-up): A stranger signed up after the owner, and the owner entered the
      // stranger’s code.
      test(`a stranger who signs up ${name} gains nothing, whichever code the owner enters`, async () => {
        for (const entered of order.keys()) {
          const email = victim()
          const signUps = await signUpAs(latchkey, email, order)
          const own = signUps.findLast(({ who }) => who === 'owner')
          const { code } = signUps[entered] ?? assert.fail()

          assertSignedIn(await verify(latchkey, own?.signUpToken, code))

          await assertPassword(latchkey, email, 'owner')
          for (const { signUpToken } of signUps) {
            const late = await verify(latchkey, signUpToken, code)
            assertBody(late, 401, { code: 'sign_up_token_expired' })
          }
          await assertPassword(latchkey, email, 'owner')
        }
      })
    }

    test('the account has the spelling of the address and the language of the owner, not the stranger’s', async () => {
      const email = victim()
      const shouted = email.toUpperCase().replace('EXAMPLE.COM', 'example.com')
      const own = await startSignUp(latchkey, { email, password: passwords.owner })
      const german = { headers: { 'accept-language': 'de' } }
      const body = { email: shouted, password: passwords.stranger }
      assertStatus(await latchkey.post('/auth/SignUp', body, german), 202)
      const newer = await latchkey.codeSentTo(shouted)

      const verified = assertSignedIn(await verify(latchkey, own.signUpToken, newer))
      const settings = await latchkey.get('/settings', { token: verified.accessToken })
      assertBody(settings, 200, { email, language: 'en' })
    })

    // Abuse case (Sign-up): A stranger’s wrong codes barred the owner from entering the right one.
    test('a stranger’s five wrong codes end the stranger’s sign-up and no other', async () => {
      const email = victim()
      const [own, other] = await signUpAs(latchkey, email, ['owner', 'stranger'])
      assert.ok(own && other)
      const wrong = otherThan(own.code, other.code)
      for (let attemptsLeft = 4; attemptsLeft >= 0; attemptsLeft--) {
        const refused = await verify(latchkey, other.signUpToken, wrong)
        assertBody(refused, 401, { code: 'invalid_code', attemptsLeft })
      }
      const ended = await verify(latchkey, other.signUpToken, other.code)
      assertBody(ended, 401, { code: 'sign_up_token_expired' })

      // The code of the ended sign-up is in the owner's mailbox all the same.
      assertSignedIn(await verify(latchkey, own.signUpToken, other.code))
      await assertPassword(latchkey, email, 'owner')
    })

    // Abuse case (Sign-up): A stranger started so many sign-ups that the owner’s was dropped.
    test('strangers who start as many sign-ups as an address takes end none that is open', async () => {
      const email = victim()
      const own = await startSignUp(latchkey, { email, password: passwords.owner })
      const flood = await floodWithSignUps(latchkey, email)
      assert.equal(flood.filter(({ status }) => status === 202).length, 9)
      for (const response of flood.filter(({ status }) => status !== 202)) {
        assertRateLimited(response, 'too_many_messages')
      }
      for (const { body, status } of flood) {
        if (status !== 202) continue
        for (let i = 0; i < 5; i++) await verify(latchkey, body.signUpToken, 'wrong')
      }

      assertSignedIn(await verify(latchkey, own.signUpToken, own.code))
      await assertPassword(latchkey, email, 'owner')
    })

    test('one network that uses up its sign-ups of an address keeps nobody elsewhere from signing up with it', async () => {
      const email = victim()
      const password = passwords.stranger
      for (let i = 0; i < 20; i++) {
        await latchkey.post('/auth/SignUp', { email, password }, from('203.0.113.1'))
      }
      const own = await startSignUp(latchkey, { email, password: passwords.owner })
      assertSignedIn(await verify(latchkey, own.signUpToken, own.code))
      await assertPassword(latchkey, email, 'owner')
    })

    test('of concurrent codes with different tokens, the accepted one sets the password', async () => {
      const email = victim()
      const signUps = await signUpAs(latchkey, email, ['stranger', 'owner'])
      const attempts = signUps.flatMap(({ who, signUpToken }) =>
        signUps.map(async ({ code }) => ({
          who,
          status: (await verify(latchkey, signUpToken, code)).status,
        })),
      )
      const accepted = (await Promise.all(attempts)).filter(({ status }) => status === 201)
      assert.equal(accepted.length, 1)
      await assertPassword(latchkey, email, accepted[0]?.who ?? 'owner')
    })

    test('completing a sign-up voids the others for its address, even if the account is deleted later', async () => {
      const email = victim()
      const signUps = await signUpAs(latchkey, email, ['stranger', 'owner', 'stranger'])
      const own = signUps[1] ?? assert.fail()
      assertSignedIn(await verify(latchkey, own.signUpToken, own.code))
      await latchkey.sql(`delete from account where email_key = '${email}'`)
      for (const { signUpToken, code } of signUps) {
        const late = await verify(latchkey, signUpToken, code)
        assertBody(late, 401, { code: 'sign_up_token_expired' })
      }
    })

    // Abuse case (Sign-up): A stranger signed up with another person’s address and waited for that
    // person to verify it (CVE-2026-53516).
    test('a stranger’s sign-up with the address of an account changes nothing in it', async () => {
      const ada = await latchkey.owner()
      const { email } = ada
      await latchkey.post('/auth/SignUp', { email, password: passwords.stranger })
      assert.equal((await signIn(latchkey, email, 'stranger')).status, 401)
      assert.equal((await ada.signIn()).status, 200)
      assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
      const [notice] = await latchkey.inbox(email)
      assert.match(notice?.subject ?? '', /already have/)
    })
  },
  { LATCHKEY_TRUST_PROXY: '127.0.0.1' },
)

/** Starts sign-ups with one address, in order. */
async function signUpAs(latchkey: TestLatchkey, email: string, order: Who[]) {
  const signUps = []
  for (const who of order) {
    signUps.push({ who, ...(await startSignUp(latchkey, { email, password: passwords[who] })) })
  }
  return signUps
}

/** Starts twenty sign-ups with an address, four in each of five networks. */
async function floodWithSignUps(latchkey: TestLatchkey, email: string): Promise<ApiResponse[]> {
  const responses = []
  for (let i = 0; i < 20; i++) {
    const body = { email, password: passwords.stranger }
    responses.push(await latchkey.post('/auth/SignUp', body, from(`198.51.100.${i % 5}`)))
  }
  return responses
}

function verify(latchkey: TestLatchkey, signUpToken: string | undefined, code: string) {
  return latchkey.post('/auth/SignUp/Verify', { signUpToken, code })
}

function signIn(latchkey: TestLatchkey, email: string, who: Who) {
  return latchkey.post('/auth/SignIn', { email, password: passwords[who] })
}

/** Asserts that the account of an address has the password of one person and not the other's. */
async function assertPassword(latchkey: TestLatchkey, email: string, whose: Who): Promise<void> {
  for (const who of ['owner', 'stranger'] as const) {
    assert.equal((await signIn(latchkey, email, who)).status, who === whose ? 200 : 401)
  }
}
