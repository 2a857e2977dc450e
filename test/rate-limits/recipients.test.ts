/** Limits on codes per recipient, because codes cost money and disturb people. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { assertRateLimited } from '../support/responses.ts'

const hour = 60 * 60_000
/** The pause in milliseconds between two codes to one recipient. */
const pause = 31_000

onEachDatabase((latchkey) => {
  // Messages of the previous test no longer count.
  beforeEach(() => travel(25 * hour))

  const setNumber = (owner: Owner, phoneNumber: string) =>
    owner.post('/settings/PhoneNumber', { phoneNumber })

  // Abuse case (Guessing): Repeated texts cost the operator a fortune or kept the recipient awake.
  test('an account is sent twenty texts a day, whatever the numbers', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    for (let i = 0; i < 9; i++) {
      assert.equal((await setNumber(ada, `+1313555${1000 + i}`)).status, 202)
    }
    travel(hour)
    for (let i = 0; i < 10; i++) assert.ok((await ada.signIn()).body.sentTo, `sign-in ${i}`)
    travel(hour)
    const begun = await ada.signIn()
    assert.equal(begun.body.sentTo, undefined)
    const { mfaToken } = begun.body
    ensureTooMany(await latchkey.post('/auth/SignIn/MfaCode', { mfaToken }))
    const onPaper = { mfaToken, mfaMethod: 'recoveryCode', code: ada.recoveryCodes[0] }
    ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', onPaper))
    ensureTooMany(await setNumber(ada, '+13135551999'))

    travel(22 * hour)
    assert.ok((await ada.signIn()).body.sentTo)
  })

  // Abuse case (Guessing): Repeated texts cost the operator a fortune or kept the recipient awake.
  test('a number is sent twenty texts a day across all accounts that have verified it', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const { phoneNumber } = ada
    const bob = await latchkey.owner({ phoneNumber, mfaMethod: 'sms' })
    for (let i = 0; i < 10; i++) {
      assert.ok((await ada.signIn()).body.sentTo, `sign-in ${i}`)
      assert.ok((await bob.signIn()).body.sentTo, `sign-in ${i}`)
    }
    assert.equal((await latchkey.inbox(phoneNumber)).length, 22, 'including two for verification')
    travel(hour)
    for (const one of [ada, bob]) assert.equal((await one.signIn()).body.sentTo, undefined)

    travel(24 * hour)
    for (const one of [ada, bob]) assert.ok((await one.signIn()).body.sentTo)
  })

  // Abuse case (Guessing): Strangers triggered texts to a number until its owner could get no
  // sign-in code.
  test('strangers can have a number texted ten times a day, and its owner still gets codes', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const { phoneNumber } = ada
    travel(24 * hour)
    const spelled = `${phoneNumber.slice(0, 2)} (${phoneNumber.slice(2, 5)}) ${phoneNumber.slice(5)}`
    const before = (await latchkey.inbox(phoneNumber)).length
    for (let i = 0; i < 5; i++) {
      const eve = await latchkey.owner()
      assert.equal((await setNumber(eve, phoneNumber)).status, 202)
      const setUp = { mfaMethod: 'sms', phoneNumber: spelled }
      assert.equal((await eve.post('/settings/MfaSignIn', setUp)).status, 202)
    }
    const eve = await latchkey.owner()
    for (const number of [phoneNumber, spelled]) ensureTooMany(await setNumber(eve, number))
    assert.equal((await latchkey.inbox(phoneNumber)).length, before + 10)

    await ada.signInFully()
    travel(pause)
    assert.equal((await setNumber(ada, phoneNumber)).status, 202, 'the number is verified already')
    travel(25 * hour)
    const bob = await latchkey.owner()
    assert.equal((await setNumber(bob, phoneNumber)).status, 202)
  })

  // Abuse case (Guessing): Fraudsters who earn from texts triggered them to a whole range of
  // numbers.
  test('a hundred new numbers of one range are texted a day, and owners of numbers in it still sign in', async () => {
    const ada = await latchkey.owner({ phoneNumber: '+12125550000', mfaMethod: 'sms' })
    const strangers: Owner[] = []
    for (let i = 0; i < 6; i++) strangers.push(await latchkey.owner())
    for (let i = 1; i < 100; i++) {
      const stranger = strangers[Math.floor(i / 19)] as Owner
      assert.equal((await setNumber(stranger, `+1212555${1000 + i}`)).status, 202, String(i))
    }
    const { length } = latchkey.log
    const [eve, ...others] = strangers.toReversed() as [Owner, ...Owner[]]
    for (const one of [eve, ...others]) ensureTooMany(await setNumber(one, '+12125559999'))
    assert.match(latchkey.log.slice(length), /"level":50.*one range/)

    assert.equal((await setNumber(eve, '+12125569999')).status, 202, 'the next range')
    await ada.signInFully()
    travel(25 * hour)
    const bob = await latchkey.owner()
    assert.equal((await setNumber(bob, '+12125559999')).status, 202)
  })

  // Abuse case (Guessing): An attacker with many accounts sent endless emails to a stranger’s
  // address.
  test('an unverified address is sent ten codes a day across all accounts and spellings', async () => {
    const name = `victim-${latchkey.databaseKind.toLowerCase()}`
    const spellings = [`${name}@example.com`, `${name.toUpperCase()}@EXAMPLE.com`]
    spellings.push(`${name}+1@example.com`, `${name}+2+3@example.com`, `${name}+@example.com`)
    for (const email of spellings) {
      const eve = await latchkey.owner()
      assert.equal((await eve.startEmailChange(email)).status, 202)
      const setUp = { mfaMethod: 'email', email }
      assert.equal((await eve.post('/settings/MfaSignIn', setUp)).status, 202)
    }
    const eve = await latchkey.owner()
    for (const email of [...spellings, `${name}+again@example.com`]) {
      ensureTooMany(await eve.startEmailChange(email))
      ensureTooMany(await eve.post('/settings/MfaSignIn', { mfaMethod: 'email', email }))
    }
    const email = `other-${name}@example.com`
    assert.equal((await eve.startEmailChange(email)).status, 202)

    travel(25 * hour)
    const bob = await latchkey.owner()
    assert.equal((await bob.startEmailChange(`${name}@example.com`)).status, 202)
  })

  test('codes that strangers have sent to an address do not block its owner’s codes', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { email } = ada
    await useUpMails(latchkey, email)
    travel(pause)
    await ada.signInFully()
    await ada.delete('/settings/MfaSignIn')
    travel(pause)
    await ada.turnOn('email')
  })
})

/** Requests codes to an address from new accounts until the limit is reached. */
async function useUpMails(latchkey: TestLatchkey, email: string): Promise<void> {
  for (let i = 0; i < 10; i++) {
    const eve = await latchkey.owner()
    assert.equal((await eve.startEmailChange(email)).status, 202)
  }
  const eve = await latchkey.owner()
  ensureTooMany(await eve.startEmailChange(email))
}

function ensureTooMany(response: ApiResponse): void {
  const retryAfter = assertRateLimited(response, 'too_many_messages')
  assert.ok(retryAfter > 3600, 'the wait is not that of the daily limit')
}
