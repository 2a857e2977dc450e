import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { assertBody } from '../support/responses.ts'
import { otherThan, startSignUp } from '../support/sign-up.ts'

const password = 'seven red bicycles'
let people = 0
/** A new address without an account. */
const newcomer = () => `newcomer-${people++}@example.com`

onEachDatabase((latchkey) => {
  const signUp = (email: string, more: object = {}) =>
    latchkey.post('/auth/SignUp', { email, password, ...more })
  const start = (email: string) => startSignUp(latchkey, { email, password })
  const verify = (proof: { signUpToken: string; code: string }) =>
    latchkey.post('/auth/SignUp/Verify', proof)
  const signIn = (email: string) => latchkey.post('/auth/SignIn', { email, password })

  test('verifying the code creates the account, and its password signs in from then on', async () => {
    const email = newcomer()
    const begun = await signUp(email)
    const sentTo = 'n•••@example.com'
    assertBody(begun, 202, { status: 'codeSent', sentTo, expiresIn: 900 })
    assert.equal((await signIn(email)).status, 401)

    const { signUpToken } = begun.body
    const verified = await verify({ signUpToken, code: await latchkey.codeSentTo(email) })
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
    const tokens = [ofKnown, ofUnknown].map(({ body }) => body.signUpToken)
    for (const token of tokens) assert.match(token, /^[\w-]{43}$/)
    assert.deepEqual({ ...ofKnown.body, signUpToken: '' }, { ...ofUnknown.body, signUpToken: '' })
    assert.deepEqual([...ofKnown.headers.keys()], [...ofUnknown.headers.keys()])

    const [notice] = await latchkey.inbox(known)
    assert.match(notice?.subject ?? '', /already have/)
    assert.doesNotMatch(notice?.text ?? '', /[0-9]{6}/)
    assert.match((await latchkey.inbox(unknown))[0]?.subject ?? '', /is your Latchkey code/)

    assert.equal((await signIn(known)).status, 401)
    assert.equal((await ada.signIn()).status, 200)
  })

  // Abuse case (Sign-up): The response or its timing revealed which addresses have accounts
  // (CVE-2024-41952).
  test('Verify responds identically to wrong codes for an address with an account and for one without', async () => {
    const ada = await latchkey.owner()
    const answers = []
    for (const email of [ada.email, newcomer()]) {
      const { signUpToken } = (await signUp(email)).body
      const answersFor = []
      for (let i = 0; i < 7; i++) answersFor.push(await verify({ signUpToken, code: 'no' }))
      answers.push(
        answersFor.map(({ status, headers, body }) => ({
          status,
          names: [...headers.keys()],
          body: { ...body, requestId: '' },
        })),
      )
    }
    assert.deepEqual(answers[0], answers[1])
    const codes = answers[0]?.map(({ body }) => body.code)
    assert.deepEqual(codes, [
      ...Array(5).fill('invalid_code'),
      ...Array(2).fill('sign_up_token_expired'),
    ])
  })

  test('no token but that of an open sign-up is accepted, whatever the code', async () => {
    const { signUpToken, code } = await start(newcomer())
    const { mfaToken } = (await (await latchkey.owner({ mfaMethod: 'email' })).signIn()).body
    for (const token of ['x', mfaToken, signUpToken.slice(1), `${signUpToken}A`]) {
      assertBody(await verify({ signUpToken: token, code }), 401, { code: 'sign_up_token_expired' })
    }
    assert.equal((await verify({ signUpToken, code })).status, 201)
  })

  // Abuse case (Sign-up): The response contained the code (CVE-2026-105211).
  test('no response contains the emailed code', async () => {
    const email = newcomer()
    const { body, headers } = await signUp(email)
    const code = await latchkey.codeSentTo(email)
    assert.ok(!JSON.stringify([body, [...headers]]).includes(code))
    const wrong = await verify({ signUpToken: body.signUpToken, code: otherThan(code) })
    assert.ok(!JSON.stringify([wrong.body, [...wrong.headers]]).includes(code))
  })

  test('a sign-up code works once', async () => {
    const email = newcomer()
    const proof = await start(email)
    assert.equal((await verify(proof)).status, 201)
    assertBody(await verify(proof), 401, { code: 'sign_up_token_expired' })

    // Not even after the account is deleted and the address can be used again.
    await latchkey.sql(`delete from account where email_key = '${email}'`)
    assert.equal((await verify(proof)).status, 401)
    const next = await signUp(email)
    const { signUpToken } = next.body
    assertBody(await verify({ ...proof, signUpToken }), 401, { code: 'invalid_code' })
  })

  // Abuse case (Reuse of codes and tokens): Two concurrent requests both used one code.
  test('forty concurrent Verify requests with the right code create one account and one session', async () => {
    const email = newcomer()
    const proof = await start(email)
    const answers = await Promise.all(Array.from({ length: 40 }, () => verify(proof)))

    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 201).length, 1, String(statuses))
    assert.deepEqual(new Set(statuses.filter((status) => status !== 201)), new Set([401]))
    const rows = await latchkey.sql(
      `select session.id from account left join session on account_id = account.id where email_key = '${email}'`,
    )
    assert.equal(rows.length, 1)
  })

  test('two codes for one address, submitted concurrently, create one account', async () => {
    const email = newcomer()
    const [first, second] = [await start(email), await start(email)]
    const proofs = [first, second, first, second, first, second]
    const answers = await Promise.all(proofs.map((proof) => verify(proof)))
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    const rows = await latchkey.sql(`select id from account where email_key = '${email}'`)
    assert.equal(rows.length, 1)
  })

  // Abuse case (Guessing): Codes never expired (CVE-2026-8760).
  test('a code is valid for expiresIn seconds and no longer', async () => {
    const { expiresIn } = (await signUp(newcomer())).body
    const [early, late] = [await start(newcomer()), await start(newcomer())]
    travel((expiresIn - 30) * 1000)
    assert.equal((await verify(early)).status, 201)
    travel(31_000)
    assertBody(await verify(late), 401, { code: 'sign_up_token_expired' })
  })

  test('a newer sign-up does not prolong an earlier code or token of the address', async () => {
    const email = newcomer()
    const old = await start(email)
    travel(14 * 60_000)
    const own = await start(email)
    travel(61_000)
    assertBody(await verify({ ...own, code: old.code }), 401, { code: 'invalid_code' })
    assertBody(await verify({ ...old, code: own.code }), 401, { code: 'sign_up_token_expired' })
    assert.equal((await verify(own)).status, 201)
  })

  test('a code sent to one address is not accepted for another', async () => {
    const [own, other] = [await start(newcomer()), await start(newcomer())]
    assert.equal((await verify({ ...other, code: own.code })).status, 401)
    assert.equal((await verify(own)).status, 201)
  })

  test('a code may contain spaces and nothing else', async () => {
    const { signUpToken, code } = await start(newcomer())
    const fullWidth = code.replace(/[0-9]/g, (digit) =>
      String.fromCodePoint(0xff10 + Number(digit)),
    )
    for (const typed of [`+${code}`, `0${code}`, `${code.slice(1)}`, fullWidth]) {
      assert.equal((await verify({ signUpToken, code: typed })).status, 401, typed)
    }
    const spaced = ` ${code.slice(0, 3)} ${code.slice(3)} `
    assert.equal((await verify({ signUpToken, code: spaced })).status, 201)
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
    const { signUpToken, code } = await start(email)
    for (const more of [{ verified: true }, { password: 'another password' }, { email }]) {
      const refused = await latchkey.post('/auth/SignUp/Verify', { signUpToken, code, ...more })
      assert.equal(refused.status, 400, JSON.stringify(more))
    }
    for (const odd of ['', null, [], 0, true, {}, [code], Number(code)]) {
      assert.equal(
        (await verify({ signUpToken, code: odd as string })).status,
        400,
        JSON.stringify(odd),
      )
    }
    const rows = await latchkey.sql(`select id from account where email_key = '${email}'`)
    assert.equal(rows.length, 0)
  })
})
