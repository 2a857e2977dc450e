/**
 * Somebody signs up with an address that is not theirs, hoping that its owner will finish the
 * sign-up and live in an account whose password the stranger knows.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'

const passwords = { owner: 'the owner’s own words', stranger: 'what a stranger chose' }
type Who = keyof typeof passwords

const orders: [name: string, order: Who[]][] = [
  ['before the owner', ['stranger', 'owner']],
  ['after the owner', ['owner', 'stranger']],
  ['before and after the owner', ['stranger', 'owner', 'stranger']],
  ['between two tries of the owner', ['owner', 'stranger', 'owner']],
]

let victims = 0

onEachDatabase((latchkey) => {
  for (const [name, order] of orders) {
    test(`a stranger who signs up ${name} gains nothing`, async () => {
      const email = `victim-${victims++}@example.com`
      const sent = []
      for (const who of order) sent.push({ who, code: await signUp(latchkey, email, who) })
      const owners = sent.find(({ who }) => who === 'owner')?.code ?? ''

      const verified = await verify(latchkey, email, owners)
      assert.equal(verified.status, 201)

      assert.equal((await signIn(latchkey, email, 'owner')).status, 200)
      assert.equal((await signIn(latchkey, email, 'stranger')).status, 401)
      for (const { code } of sent) {
        assert.equal((await verify(latchkey, email, code)).status, 401)
      }
      const rows = await latchkey.sql(
        `select session.id from session join account on account.id = account_id where email_key = '${email}'`,
      )
      assert.equal(rows.length, 2, 'the session of Verify and that of SignIn, and no other')
    })
  }

  test('the sign-up that is finished ends the others, even if its account is gone again', async () => {
    const email = `victim-${victims++}@example.com`
    const first = await signUp(latchkey, email, 'stranger')
    const owners = await signUp(latchkey, email, 'owner')
    const last = await signUp(latchkey, email, 'stranger')
    assert.equal((await verify(latchkey, email, owners)).status, 201)
    await latchkey.sql(`delete from account where email_key = '${email}'`)
    for (const code of [first, last, owners]) {
      assert.equal((await verify(latchkey, email, code)).status, 401)
    }
  })

  test('a stranger who signs up when there is an account changes nothing in it', async () => {
    const ada = await latchkey.owner()
    const { email } = ada
    await latchkey.post('/auth/SignUp', { email, password: passwords.stranger })
    assert.equal((await signIn(latchkey, email, 'stranger')).status, 401)
    assert.equal((await ada.signIn()).status, 200)
    assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
    const [notice] = await latchkey.inbox(email)
    assert.match(notice?.subject ?? '', /already have/)
  })
})

/** @returns the code that the sign-up had sent to the address */
async function signUp(latchkey: TestLatchkey, email: string, who: Who): Promise<string> {
  const { status } = await latchkey.post('/auth/SignUp', { email, password: passwords[who] })
  assert.equal(status, 202)
  return latchkey.codeSentTo(email)
}

function verify(latchkey: TestLatchkey, email: string, code: string) {
  return latchkey.post('/auth/SignUp/Verify', { email, code })
}

function signIn(latchkey: TestLatchkey, email: string, who: Who) {
  return latchkey.post('/auth/SignIn', { email, password: passwords[who] })
}
