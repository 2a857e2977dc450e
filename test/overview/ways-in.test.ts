import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mfaMethods } from '../../src/config/settings.ts'
import {
  type AccountCredentials,
  analyzeWaysIn,
  credentialKinds,
} from '../../src/overview/ways-in.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { addPasskey, signInWithPasskey } from '../support/passkeys.ts'

const booleans = [false, true]

/** No passkey, one of each kind, and both. */
const passwordless = { id: '1', name: 'My phone', passwordless: true }
const second = { id: '2', name: 'My old key', passwordless: false }
const keys = [[], [passwordless], [second], [passwordless, second]]

/** Every combination of credentials that an account can have. */
const everything: AccountCredentials[] = booleans.flatMap((mfaOn) =>
  booleans.flatMap((authenticator) =>
    booleans.flatMap((phone) =>
      booleans.flatMap((emailCodes) =>
        booleans.flatMap((sameMailbox) =>
          [0, 1, 10].flatMap((recoveryCodes) =>
            keys.flatMap((passkeys): AccountCredentials[] => {
              const enrollment = {
                account: '1',
                authenticator,
                phoneNumber: phone ? '+14155550123' : null,
                email: emailCodes ? 'ada@example.com' : null,
                recoveryCodes,
                passkeys: passkeys.length,
                removed: [],
              }
              const set = { mfaMethods, enrollment, sameMailbox, passkeys }
              if (!mfaOn) return [{ mfaOn, mfaMethod: null, ...set }]
              const methods = [
                ...(passkeys.length > 0 ? ['passkey' as const] : []),
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
  ),
)

function factorsOf({ enrollment }: AccountCredentials) {
  const { authenticator, phoneNumber, email, recoveryCodes } = enrollment
  return { authenticator, phone: phoneNumber !== null, emailCodes: email !== null, recoveryCodes }
}

test('with MFA off, a stolen password or mailbox is enough to sign in, and losing one leaves the other', () => {
  for (const enrolled of everything.filter(({ mfaOn }) => !mfaOn)) {
    const { signInNeeds, ifLost, ifStolen, advice } = analyzeWaysIn(enrolled)
    assert.deepEqual(signInNeeds, ['password'])
    const passwordless = enrolled.passkeys.filter((one) => one.passwordless)
    assert.deepEqual(
      ifLost.map(({ what, stillIn }) => [what, stillIn]),
      [['password', true], ['mailbox', true], ...passwordless.map(() => ['passkey', true])],
    )
    const open = ifStolen.filter(({ letsIn }) => letsIn).map(({ what }) => what)
    assert.deepEqual(open, ['password', 'mailbox'])
    assert.equal(advice[0]?.do, 'turnOnMfa')
  }
})

test('with MFA on, nothing stolen is enough alone, except a mailbox that is both factors', () => {
  for (const enrolled of everything.filter(({ mfaOn }) => mfaOn)) {
    const { sameMailbox, passkeys } = enrolled
    const { authenticator, phone, emailCodes } = factorsOf(enrolled)
    const both = emailCodes && sameMailbox && !authenticator && !phone && passkeys.length === 0
    const stolen = analyzeWaysIn(enrolled).ifStolen.filter(({ letsIn }) => letsIn)
    assert.deepEqual(
      stolen.map(({ what }) => what),
      both ? ['mailbox'] : [],
      JSON.stringify(enrolled),
    )
  }
})

test('a loss opens no way in, and no remaining way uses the lost credential', () => {
  for (const enrolled of everything) {
    const { ifLost } = analyzeWaysIn(enrolled)
    for (const { what, stillIn, by } of ifLost) {
      assert.equal(by.length > 0, stillIn)
      // Another passkey may replace a lost one.
      const spare = what === 'passkey' && enrolled.passkeys.length > 1
      assert.ok(spare || !by.includes(what), JSON.stringify({ enrolled, what, by }))
      assert.ok(by.every((thing) => credentialKinds.includes(thing)))
    }
  }
})

test('losing the only second factor locks the owner out, unless there are recovery codes', () => {
  for (const enrolled of everything.filter(({ mfaOn }) => mfaOn)) {
    const { sameMailbox, passkeys } = enrolled
    const { authenticator, phone, emailCodes, recoveryCodes } = factorsOf(enrolled)
    const methods = [authenticator, phone, emailCodes].filter(Boolean).length + passkeys.length
    const lost = analyzeWaysIn(enrolled).ifLost.filter(({ stillIn }) => !stillIn)
    if (methods > 1 || recoveryCodes > 0) {
      // A mailbox may be the second factor and reset the password, but only one loss is assumed.
      assert.deepEqual(lost, [], JSON.stringify(enrolled))
    } else {
      const only = authenticator
        ? 'authenticator'
        : phone
          ? 'phone'
          : passkeys.length > 0
            ? 'passkey'
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

test('advice is at most one step, never one already taken, and none if the account is well protected', () => {
  for (const enrolled of everything) {
    const { advice, ifLost, ifStolen } = analyzeWaysIn(enrolled)
    assert.ok(advice.length <= 1)
    const perfect =
      ifLost.every(({ stillIn, canChange }) => stillIn && canChange) &&
      !ifStolen.some(({ letsIn }) => letsIn)
    if (perfect) assert.deepEqual(advice, [])
    else assert.equal(advice.length, 1, JSON.stringify(enrolled))
    if (advice[0]?.do === 'makeRecoveryCodes') assert.equal(enrolled.enrollment.recoveryCodes, 0)
    if (advice[0]?.do === 'setUpAuthenticator')
      assert.equal(enrolled.enrollment.authenticator, false)
    if (advice[0]?.do === 'turnOnMfa') assert.equal(enrolled.mfaOn, false)
  }
})

test('a passkey with user verification signs its owner in without password and mailbox, and no thief', () => {
  for (const enrolled of everything.filter(({ passkeys }) => passkeys.includes(passwordless))) {
    const { ifLost, ifStolen } = analyzeWaysIn(enrolled)
    for (const { what, stillIn } of ifLost) {
      if (what !== 'passkey') assert.ok(stillIn, JSON.stringify({ enrolled, what }))
    }
    const stolen = ifStolen.filter(({ passkey }) => passkey)
    assert.deepEqual(
      stolen.map(({ passkey, letsIn }) => [passkey?.id, letsIn]),
      enrolled.passkeys
        .filter(({ passwordless }) => enrolled.mfaOn || passwordless)
        .map(({ id }) => [id, false]),
    )
  }
})

onEachDatabase((latchkey) => {
  test('signing in confirms what GET WaysIn states about a lost app', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { body } = await ada.get('/settings/WaysIn')
    assert.deepEqual(body.signInNeeds, ['password', 'authenticator'])
    const lost = body.ifLost.find(({ what }: { what: string }) => what === 'authenticator')
    assert.deepEqual(lost, {
      what: 'authenticator',
      stillIn: true,
      by: ['password', 'recoveryCodes'],
      canChange: true,
    })
    const { mfaToken } = (await ada.signIn()).body
    const code = ada.recoveryCodes[0]
    const answer = { mfaToken, mfaMethod: 'recoveryCode', code }
    assert.equal((await latchkey.post('/auth/SignIn/Mfa', answer)).status, 200)
  })

  test('signing in confirms what GET WaysIn states about passkeys', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'passkey' })
    const [phone] = (await ada.get('/settings/Passkeys')).body.passkeys
    const old = await addPasskey(latchkey, ada, { name: 'My old key', verifiesUser: false })
    const { signInNeeds, ifLost, ifStolen } = (await ada.get('/settings/WaysIn')).body
    assert.deepEqual(signInNeeds, ['password', 'passkey'])
    assert.deepEqual(
      ifLost.map(({ what, by, passkey }: Record<string, unknown>) => [what, by, passkey]),
      [
        ['password', ['mailbox', 'passkey'], undefined],
        ['mailbox', ['password', 'passkey'], undefined],
        ['passkey', ['password', 'passkey'], { id: old.id, name: 'My old key' }],
        ['passkey', ['password', 'passkey'], { id: phone.id, name: phone.name }],
        ['recoveryCodes', ['password', 'passkey'], undefined],
      ],
    )
    assert.ok(ifStolen.every(({ letsIn }: { letsIn: boolean }) => !letsIn))

    // After a loss, the password and the other passkey sign in; a found passkey alone does not.
    const { mfaToken } = (await ada.signIn()).body
    assert.equal((await signInWithPasskey(latchkey, old, { mfaToken })).status, 200)
    assert.equal((await signInWithPasskey(latchkey, old)).status, 401)
    const { passkey } = ada
    assert.ok(passkey)
    const found = await signInWithPasskey(latchkey, passkey, { tampering: { userVerified: false } })
    assert.equal(found.status, 401)
  })

  test('a pending passkey is no way in, and GET WaysIn does not name it', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    await ada.turnOn('authenticator')
    const { ifLost, ifStolen } = (await ada.get('/settings/WaysIn')).body
    const waysIn = ['password', 'mailbox', 'authenticator', 'recoveryCodes']
    for (const list of [ifLost, ifStolen]) {
      assert.deepEqual(
        list.map(({ what }: { what: string }) => what),
        waysIn,
      )
    }
    assert.equal((await signInWithPasskey(latchkey, passkey)).status, 401)
  })

  test('GET /settings returns the whole account, and no secret', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const { status, body } = await ada.get('/settings')
    assert.equal(status, 200)
    assert.equal(body.email, ada.email)
    assert.match(body.phoneNumber, /^\+1•+[0-9]{2}$/)
    assert.deepEqual(body.mfaSignIn, (await ada.get('/settings/MfaSignIn')).body)
    assert.equal(body.recoveryCodes.remaining, 10)
    assert.deepEqual(body.passkeys, [])
    assert.equal(body.sessions, 1)
    assert.equal(body.trustedDevices, 0)
    assert.equal(body.policy.mfa, 'optional')
  })
})
