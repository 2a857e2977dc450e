/**
 * Account pre-hijacking: a stranger signs up with another person's address, hoping that its owner
 * verifies it and uses an account whose password the stranger knows.
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
  ['between two attempts of the owner', ['owner', 'stranger', 'owner']],
]

let victims = 0

onEachDatabase((latchkey) => {
  for (const [name, order] of orders) {
    // Abuse case (Sign-up): A stranger signed up with another person’s address and waited for
    // that person to verify it (CVE-2026-53516).
    test(`a stranger who signs up ${name} gains nothing`, async () => {
      const email = `victim-${victims++}@example.com`
      const signUps = []
      for (const who of order) signUps.push({ who, code: await signUp(latchkey, email, who) })
      const ownerCode = signUps.find(({ who }) => who === 'owner')?.code ?? ''

      const verified = await verify(latchkey, email, ownerCode)
      assert.equal(verified.status, 201)

      assert.equal((await signIn(latchkey, email, 'owner')).status, 200)
      assert.equal((await signIn(latchkey, email, 'stranger')).status, 401)
      for (const { code } of signUps) {
        assert.equal((await verify(latchkey, email, code)).status, 401)
      }
      const rows = await latchkey.sql(
        `select session.id from session join account on account.id = account_id where email_key = '${email}'`,
      )
      assert.equal(rows.length, 2, 'the session of Verify and that of SignIn, and no other')
    })
  }

  // Abuse case (Sign-up): A stranger signed up after the owner, and the owner entered the
  // stranger’s code.
  test('the account gets the password submitted with the code, whichever sign-up the code belongs to', async () => {
    for (const [, order] of orders) {
      for (let typed = 0; typed < order.length; typed++) {
        const email = `victim-${victims++}@example.com`
        const codes: string[] = []
        for (const who of order) codes.push(await signUp(latchkey, email, who))

        const verified = await verify(latchkey, email, codes[typed] ?? '', 'owner')
        assert.equal(verified.status, 201)

        assert.equal((await signIn(latchkey, email, 'owner')).status, 200)
        assert.equal((await signIn(latchkey, email, 'stranger')).status, 401)
        for (const code of codes) {
          assert.equal((await verify(latchkey, email, code, 'stranger')).status, 401)
        }
        assert.equal((await signIn(latchkey, email, 'owner')).status, 200)
      }
    }
  })

  test('of concurrent codes with different passwords, the accepted one sets the password', async () => {
    const email = `victim-${victims++}@example.com`
    const codes = [
      await signUp(latchkey, email, 'stranger'),
      await signUp(latchkey, email, 'owner'),
    ]
    const submissions = Array.from({ length: 8 }, (_, i) => ({
      code: codes[i % 2] ?? '',
      who: (['owner', 'stranger'] as const)[(i >> 1) % 2] ?? 'owner',
    }))
    const answers = await Promise.all(
      submissions.map(async ({ code, who }) => ({
        who,
        status: (await verify(latchkey, email, code, who)).status,
      })),
    )
    const [accepted, ...others] = answers.filter(({ status }) => status === 201)
    assert.deepEqual(others, [])
    for (const who of ['owner', 'stranger'] as const) {
      const expected = who === accepted?.who ? 200 : 401
      assert.equal((await signIn(latchkey, email, who)).status, expected)
    }
  })

  test('an invalid password is rejected without consuming its code', async () => {
    const email = `victim-${victims++}@example.com`
    const code = await signUp(latchkey, email, 'owner')
    for (const password of ['short', 'password1', email, 'ä'.repeat(600)]) {
      const refused = await latchkey.post('/auth/SignUp/Verify', { email, code, password })
      assert.equal(refused.status, 400, password)
      assert.equal(refused.body.code, 'invalid_password', password)
    }
    assert.equal((await verify(latchkey, email, code, 'owner')).status, 201)
  })

  test('a wrong code creates no account, whatever password comes with it', async () => {
    const email = `victim-${victims++}@example.com`
    const code = await signUp(latchkey, email, 'owner')
    const wrongCode = code === '000000' ? '000001' : '000000'
    for (const who of ['owner', 'stranger'] as const) {
      const refused = await verify(latchkey, email, wrongCode, who)
      assert.equal(refused.status, 401)
      assert.equal(refused.body.code, 'invalid_code')
      assert.equal((await signIn(latchkey, email, who)).status, 401)
    }
  })

  test('completing a sign-up voids the others for its address, even if the account is deleted later', async () => {
    const email = `victim-${victims++}@example.com`
    const firstCode = await signUp(latchkey, email, 'stranger')
    const ownerCode = await signUp(latchkey, email, 'owner')
    const lastCode = await signUp(latchkey, email, 'stranger')
    assert.equal((await verify(latchkey, email, ownerCode)).status, 201)
    await latchkey.sql(`delete from account where email_key = '${email}'`)
    for (const code of [firstCode, lastCode, ownerCode]) {
      assert.equal((await verify(latchkey, email, code)).status, 401)
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
})

/** Starts a sign-up. @returns the code sent to the address */
async function signUp(latchkey: TestLatchkey, email: string, who: Who): Promise<string> {
  const { status } = await latchkey.post('/auth/SignUp', { email, password: passwords[who] })
  assert.equal(status, 202)
  return latchkey.codeSentTo(email)
}

/** @param who whose password to send with the code; none if undefined */
function verify(latchkey: TestLatchkey, email: string, code: string, who?: Who) {
  const password = who && { password: passwords[who] }
  return latchkey.post('/auth/SignUp/Verify', { email, code, ...password })
}

function signIn(latchkey: TestLatchkey, email: string, who: Who) {
  return latchkey.post('/auth/SignIn', { email, password: passwords[who] })
}
