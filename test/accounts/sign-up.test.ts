import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { assertBody } from '../support/responses.ts'

const password = 'seven red bicycles'
let people = 0
/** A new address without an account. */
const newcomer = () => `newcomer-${people++}@example.com`

onEachDatabase((latchkey) => {
  const signUp = (email: string, more: object = {}) =>
    latchkey.post('/auth/SignUp', { email, password, ...more })
  const verify = (email: string, code: string) =>
    latchkey.post('/auth/SignUp/Verify', { email, code })
  const signIn = (email: string) => latchkey.post('/auth/SignIn', { email, password })

  test('verifying the code creates the account, and its password signs in from then on', async () => {
    const email = newcomer()
    const begun = await signUp(email)
    const sentTo = 'n•••@example.com'
    assertBody(begun, 202, { status: 'codeSent', sentTo, expiresIn: 900 })
    assert.equal((await signIn(email)).status, 401)

    const verified = await verify(email, await latchkey.codeSentTo(email))
    assert.equal(verified.status, 201)
    const { accessToken: token } = verified.body
    assert.equal((await latchkey.get('/settings/MfaSignIn', { token })).body.enabled, false)
    assert.equal((await signIn(email)).body.status, 'signedIn')
  })

  // Abuse case (Sign-up): The response or its timing revealed which addresses have accounts
  // (CVE-2024-41952).
  test('the sign-up response is identical for an address with an account, whose owner gets a different email', async () => {
    const known = `known-${newcomer()}`
    const ada = await latchkey.owner({ email: known })
    const unknown = `k${newcomer()}`
    const [ofKnown, ofUnknown] = [await signUp(known), await signUp(unknown)]

    assert.equal(ofKnown.status, ofUnknown.status)
    assert.deepEqual(ofKnown.body, ofUnknown.body)
    assert.deepEqual([...ofKnown.headers.keys()], [...ofUnknown.headers.keys()])

    const [notice] = await latchkey.inbox(known)
    assert.match(notice?.subject ?? '', /already have/)
    assert.doesNotMatch(notice?.text ?? '', /[0-9]{6}/)
    assert.match((await latchkey.inbox(unknown))[0]?.subject ?? '', /is your Latchkey code/)

    assert.equal((await signIn(known)).status, 401)
    assert.equal((await ada.signIn()).status, 200)
  })

  test('Verify responds identically for addresses with an account, without one and without a sign-up', async () => {
    const ada = await latchkey.owner()
    await signUp(ada.email)
    const signedUpEmail = newcomer()
    await signUp(signedUpEmail)
    const answers = []
    for (const email of [ada.email, signedUpEmail, newcomer()]) {
      answers.push(await verify(email, '000000'))
    }
    const comparable = answers.map(({ status, headers, body }) => ({
      status,
      names: [...headers.keys()],
      body: { ...body, requestId: '' },
    }))
    assert.equal(comparable[0]?.status, 401)
    assert.deepEqual(comparable[1], comparable[0])
    assert.deepEqual(comparable[2], comparable[0])
  })

  // Abuse case (Sign-up): The response contained the code (CVE-2026-105211).
  test('no response contains the emailed code', async () => {
    const email = newcomer()
    const { body, headers } = await signUp(email)
    const code = await latchkey.codeSentTo(email)
    assert.ok(!JSON.stringify([body, [...headers]]).includes(code))
    const wrong = await verify(email, code === '000000' ? '000001' : '000000')
    assert.ok(!JSON.stringify([wrong.body, [...wrong.headers]]).includes(code))
  })

  test('a sign-up code works once', async () => {
    const email = newcomer()
    await signUp(email)
    const code = await latchkey.codeSentTo(email)
    assert.equal((await verify(email, code)).status, 201)
    const again = await verify(email, code)
    assert.equal(again.status, 401)
    assert.equal(again.body.code, 'invalid_code')

    // Not even after the account is deleted and the address can be used again.
    await latchkey.sql(`delete from account where email_key = '${email}'`)
    assert.equal((await verify(email, code)).status, 401)
  })

  // Abuse case (Reuse of codes and tokens): Two concurrent requests both used one code.
  test('forty concurrent Verify requests with the right code create one account and one session', async () => {
    const email = newcomer()
    await signUp(email)
    const code = await latchkey.codeSentTo(email)
    const answers = await Promise.all(Array.from({ length: 40 }, () => verify(email, code)))

    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 201).length, 1, String(statuses))
    assert.deepEqual(new Set(statuses.filter((status) => status !== 201)), new Set([401, 429]))
    const rows = await latchkey.sql(
      `select session.id from account left join session on account_id = account.id where email_key = '${email}'`,
    )
    assert.equal(rows.length, 1)
  })

  test('two codes for one address, submitted concurrently, create one account', async () => {
    const email = newcomer()
    await signUp(email)
    const firstCode = await latchkey.codeSentTo(email)
    await signUp(email)
    const secondCode = await latchkey.codeSentTo(email)
    const codes = [firstCode, secondCode, firstCode, secondCode, firstCode, secondCode]
    const answers = await Promise.all(codes.map((code) => verify(email, code)))
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    const rows = await latchkey.sql(`select id from account where email_key = '${email}'`)
    assert.equal(rows.length, 1)
  })

  // Abuse case (Guessing): Codes never expired (CVE-2026-8760).
  test('a code is valid for expiresIn seconds and no longer', async () => {
    const [earlyEmail, lateEmail] = [newcomer(), newcomer()]
    const { expiresIn } = (await signUp(earlyEmail)).body
    await signUp(lateEmail)
    travel((expiresIn - 30) * 1000)
    assert.equal((await verify(earlyEmail, await latchkey.codeSentTo(earlyEmail))).status, 201)
    travel(31_000)
    assert.equal((await verify(lateEmail, await latchkey.codeSentTo(lateEmail))).status, 401)
  })

  test('a code sent to one address is not accepted for another', async () => {
    const [ownEmail, otherEmail] = [newcomer(), newcomer()]
    await signUp(ownEmail)
    await signUp(otherEmail)
    const code = await latchkey.codeSentTo(ownEmail)
    assert.equal((await verify(otherEmail, code)).status, 401)
    assert.equal((await verify(ownEmail, code)).status, 201)
  })

  test('a code may contain spaces and nothing else', async () => {
    const email = newcomer()
    await signUp(email)
    const code = await latchkey.codeSentTo(email)
    const fullWidth = code.replace(/[0-9]/g, (digit) =>
      String.fromCodePoint(0xff10 + Number(digit)),
    )
    for (const typed of [`+${code}`, `0${code}`, `${code}0`, `${code.slice(1)}`, fullWidth]) {
      assert.equal((await verify(email, typed)).status, 401, typed)
    }
    const spaced = ` ${code.slice(0, 3)} ${code.slice(3)} `
    assert.equal((await verify(email, spaced)).status, 201)
  })

  test('unknown fields are rejected and create no account', async () => {
    const email = newcomer()
    for (const more of [
      { verified: true },
      { emailVerified: true },
      { userId: '1' },
      { to: 'x' },
    ]) {
      assert.equal((await signUp(email, more)).status, 400, JSON.stringify(more))
    }
    await signUp(email)
    const code = await latchkey.codeSentTo(email)
    for (const more of [{ verified: true }, { newPassword: 'another password' }, { sub: '1' }]) {
      const refused = await latchkey.post('/auth/SignUp/Verify', { email, code, ...more })
      assert.equal(refused.status, 400, JSON.stringify(more))
    }
    for (const odd of ['', null, [], 0, true, {}, [code], Number(code)]) {
      assert.equal((await verify(email, odd as string)).status, 400, JSON.stringify(odd))
    }
    const rows = await latchkey.sql(`select id from account where email_key = '${email}'`)
    assert.equal(rows.length, 0)
  })
})
