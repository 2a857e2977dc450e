import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Enrolled, things, waysIn } from '../../src/overview/ways-in.ts'
import { onEachDatabase } from '../support/latchkey.ts'

const either = [false, true]

/** Everything that can be enrolled, in every combination that an account can be in. */
const everything: Enrolled[] = either.flatMap((mfaOn) =>
  either.flatMap((authenticator) =>
    either.flatMap((phone) =>
      either.flatMap((emailCodes) =>
        either.flatMap((sameMailbox) =>
          [0, 1, 10].flatMap((recoveryCodes): Enrolled[] => {
            const set = { authenticator, phone, emailCodes, sameMailbox, recoveryCodes }
            if (!mfaOn) return [{ mfaOn, mfaMethod: null, ...set }]
            const methods = [
              ...(authenticator ? ['authenticator' as const] : []),
              ...(phone ? ['sms' as const] : []),
              ...(emailCodes ? ['email' as const] : []),
            ]
            return methods.map((mfaMethod) => ({ mfaOn, mfaMethod, ...set }))
          }),
        ),
      ),
    ),
  ),
)

test('with MFA off, password and mailbox each let anyone in, and losing one leaves the other', () => {
  for (const enrolled of everything.filter(({ mfaOn }) => !mfaOn)) {
    const { signInNeeds, ifLost, ifStolen, advice } = waysIn(enrolled)
    assert.deepEqual(signInNeeds, ['password'])
    assert.deepEqual(
      ifLost.map(({ what, stillIn }) => [what, stillIn]),
      [
        ['password', true],
        ['mailbox', true],
      ],
    )
    assert.ok(ifStolen.every(({ letsIn }) => letsIn))
    assert.equal(advice[0]?.do, 'turnOnMfa')
  }
})

test('with MFA on, no thing alone lets anyone in but the mailbox that is both factors', () => {
  for (const enrolled of everything.filter(({ mfaOn }) => mfaOn)) {
    const { authenticator, phone, emailCodes, sameMailbox } = enrolled
    const both = emailCodes && sameMailbox && !authenticator && !phone
    const stolen = waysIn(enrolled).ifStolen.filter(({ letsIn }) => letsIn)
    assert.deepEqual(
      stolen.map(({ what }) => what),
      both ? ['mailbox'] : [],
      JSON.stringify(enrolled),
    )
  }
})

test('losing something never opens a way, and what is still in names things that are not lost', () => {
  for (const enrolled of everything) {
    const { ifLost } = waysIn(enrolled)
    for (const { what, stillIn, by } of ifLost) {
      assert.equal(by.length > 0, stillIn)
      assert.ok(!by.includes(what), JSON.stringify({ enrolled, what, by }))
      assert.ok(by.every((thing) => things.includes(thing)))
    }
  }
})

test('the only second factor lost means locked out, unless there are recovery codes', () => {
  for (const enrolled of everything.filter(({ mfaOn }) => mfaOn)) {
    const { authenticator, phone, emailCodes, sameMailbox, recoveryCodes } = enrolled
    const methods = [authenticator, phone, emailCodes].filter(Boolean).length
    const lost = waysIn(enrolled).ifLost.filter(({ stillIn }) => !stillIn)
    if (methods > 1 || recoveryCodes > 0) {
      // The mailbox may be the second factor, and the password's spare as well: one at a time.
      assert.deepEqual(lost, [], JSON.stringify(enrolled))
    } else {
      const only = authenticator
        ? 'authenticator'
        : phone
          ? 'phone'
          : sameMailbox
            ? 'mailbox'
            : 'otherMailbox'
      assert.deepEqual(
        lost.map(({ what }) => what),
        [only],
        JSON.stringify(enrolled),
      )
    }
  }
})

test('advice is one step at most, is never what is there already, and none where nothing helps', () => {
  for (const enrolled of everything) {
    const { advice, ifLost, ifStolen } = waysIn(enrolled)
    assert.ok(advice.length <= 1)
    const perfect = ifLost.every(({ stillIn }) => stillIn) && !ifStolen.some(({ letsIn }) => letsIn)
    if (perfect) assert.deepEqual(advice, [])
    else assert.equal(advice.length, 1, JSON.stringify(enrolled))
    if (advice[0]?.do === 'makeRecoveryCodes') assert.equal(enrolled.recoveryCodes, 0)
    if (advice[0]?.do === 'setUpAuthenticator') assert.equal(enrolled.authenticator, false)
    if (advice[0]?.do === 'turnOnMfa') assert.equal(enrolled.mfaOn, false)
  }
})

onEachDatabase((latchkey) => {
  test('what GET WaysIn says of the phone holds when one signs in', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { body } = await ada.get('/settings/WaysIn')
    assert.deepEqual(body.signInNeeds, ['password', 'authenticator'])
    const lost = body.ifLost.find(({ what }: { what: string }) => what === 'authenticator')
    assert.deepEqual(lost, {
      what: 'authenticator',
      stillIn: true,
      by: ['password', 'recoveryCodes'],
    })
    const { mfaToken } = (await ada.signIn()).body
    const code = ada.recoveryCodes[0]
    const answer = { mfaToken, mfaMethod: 'recoveryCode', code }
    assert.equal((await latchkey.post('/auth/SignIn/Mfa', answer)).status, 200)
  })

  test('GET /settings shows all of the account at once, and no secret', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const { status, body } = await ada.get('/settings')
    assert.equal(status, 200)
    assert.equal(body.email, ada.email)
    assert.match(body.phoneNumber, /^\+1•+[0-9]{2}$/)
    assert.deepEqual(body.mfaSignIn, (await ada.get('/settings/MfaSignIn')).body)
    assert.equal(body.recoveryCodes.remaining, 10)
    assert.equal(body.sessions, 1)
    assert.equal(body.trustedDevices, 0)
    assert.equal(body.policy.mfa, 'optional')
  })
})
