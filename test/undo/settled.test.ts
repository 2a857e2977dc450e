/** When an MFA epoch has settled, so that an undo takes a second factor, too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { assertProblem } from '../support/responses.ts'
import { undoSteps } from '../support/undo-steps.ts'
import { setPasswordAfter, undoTokenSentTo } from '../support/undo-token.ts'

const minute = 60_000
const day = 86_400_000

onEachDatabase((latchkey) => {
  const { undo, settledOwner, challengeOf, undoWith } = undoSteps(latchkey)
  const mfaOf = async (ada: Owner) => (await ada.get('/settings/MfaSignIn')).body

  // Abuse case (Undo): A password thief turned MFA on and locked the owner out.
  test('turning MFA on can be undone by its link alone for seven days, the first time and again', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const first = await undoTokenSentTo(latchkey, ada.email, / on$/)
    travel(7 * day - minute)
    await setPasswordAfter(latchkey, await undo(first), ada)

    assert.equal((await ada.signInFully()).body.status, 'signedIn')
    await ada.enrollAuthenticator()
    await ada.turnOn('authenticator')
    const again = await undoTokenSentTo(latchkey, ada.email, / on$/)
    travel(7 * day - minute)
    assert.equal((await undo(again)).body.undone, 'mfa.on')
  })

  // Abuse case (Undo): A mailbox thief turned MFA off with an old link.
  test('the link of a change before MFA was on turns it off by itself until the epoch has settled, and not after', async () => {
    const ada = await latchkey.owner()
    await ada.turnOn('authenticator')
    travel(day)
    await ada.signInFully()
    await ada.changePassword('another sentence of Ada')
    const late = await undoTokenSentTo(latchkey, ada.email, /password/)
    travel(6 * day - minute)
    assert.equal((await undo(late)).body.undone, 'password.changed')
  })

  test('the link of a change in a settled epoch undoes nothing without a second factor', async () => {
    const ada = await settledOwner()
    await ada.changePassword('the sentence of a thief')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    const { methods } = await challengeOf(token)
    assert.deepEqual(methods, ['authenticator', 'recoveryCode'])
    assert.equal((await ada.signIn()).body.status, 'mfaRequired')

    const undone = await undoWith(token, 'authenticator', ada.authenticator.nextCode())
    assert.equal(undone.body.undone, 'password.changed')
    assertProblem(await undo(token), 401, 'undo_token_expired')
  })

  /** An owner of a week who turns MFA on with a device token. @returns the link of an earlier change */
  async function turnOnBy(deviceTokenOf: (ada: Owner) => Promise<string>) {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const deviceToken = await deviceTokenOf(ada)
    await ada.signInFully()
    await ada.changePassword('another sentence of Ada')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    await ada.enrollAuthenticator()
    await ada.turnOn('authenticator', { deviceToken })
    return { ada, token }
  }

  // Abuse case (Undo): A mailbox thief turned MFA off with an old link.
  test('an epoch opened on a device first seen a week before settles in a day, and on no other device', async () => {
    const onOldDevice = async (ada: Owner) => {
      const { deviceToken } = (await ada.signInFully()).body
      travel(7 * day)
      await ada.signInFully()
      return deviceToken
    }
    const onNewDevice = async (ada: Owner) => (await ada.signInFully()).body.deviceToken
    const onSomebodyElses = async () => onOldDevice(await latchkey.owner({ mfaMethod: 'email' }))
    for (const [deviceTokenOf, afterMs, settled] of [
      [onOldDevice, day, true],
      [onOldDevice, day - minute, false],
      [onNewDevice, day, false],
      [onSomebodyElses, day, false],
      [async () => 'no token', day, false],
    ] as const) {
      const { token } = await turnOnBy(deviceTokenOf)
      travel(afterMs)
      assert.equal((await undo(token)).body.status, settled ? 'mfaRequired' : 'undone')
    }
  })
  test('an epoch of codes by email alone never settles', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    travel(20 * day)
    await ada.signInFully()
    await ada.changePassword('another sentence of Ada')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    assert.equal((await undo(token)).body.undone, 'password.changed')
  })

  test('an epoch that an undo brings back keeps that it has settled, or begins to settle anew', async () => {
    for (const [daysOn, isSettled] of [
      [7, true],
      [6, false],
    ] as const) {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      travel(daysOn * day)
      await ada.signInFully()
      await ada.delete('/settings/MfaSignIn')
      // Time off does not count.
      travel(3 * day)
      await setPasswordAfter(
        latchkey,
        await undo(await undoTokenSentTo(latchkey, ada.email, / off$/)),
        ada,
      )
      await ada.signInFully()
      await ada.changePassword('another sentence of Ada')
      const token = await undoTokenSentTo(latchkey, ada.email, /password/)
      travel(6 * day)
      const status = (await undo(token)).body.status
      assert.equal(status, isSettled ? 'mfaRequired' : 'undone')
    }
  })

  test('an epoch that settles anew goes on doing so after an undo of an earlier change in it', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.changePassword('another sentence of Ada')
    const earlier = await undoTokenSentTo(latchkey, ada.email, /password/)
    await ada.delete('/settings/MfaSignIn')
    const off = await undoTokenSentTo(latchkey, ada.email, / off$/)
    travel(3 * day)
    await setPasswordAfter(latchkey, await undo(off), ada)
    await setPasswordAfter(latchkey, await undo(earlier), ada)
    await ada.signInFully()
    await ada.changePassword('yet another sentence of Ada')
    const token = await undoTokenSentTo(latchkey, ada.email, /password/)
    travel(7 * day - minute)
    assert.equal((await undo(token)).body.status, 'undone')
  })

  test('an undo that brings back an epoch which had not settled has a link of its own, which leads to off', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.delete('/settings/MfaSignIn')
    await setPasswordAfter(
      latchkey,
      await undo(await undoTokenSentTo(latchkey, ada.email, / off$/)),
      ada,
    )
    assert.equal((await ada.signIn()).body.status, 'mfaRequired')
    const token = await undoTokenSentTo(latchkey, ada.email, /was undone$/)
    const undone = await undo(token)
    assert.equal(undone.body.undone, 'change.undone')
    await setPasswordAfter(latchkey, undone, ada)
    await ada.signInFully()
    assert.equal((await mfaOf(ada)).enabled, false)
  })

  test('an undo that brings back a settled epoch has no link of its own', async () => {
    const ada = await settledOwner()
    await ada.delete('/settings/MfaSignIn')
    await setPasswordAfter(
      latchkey,
      await undo(await undoTokenSentTo(latchkey, ada.email, / off$/)),
      ada,
    )
    const notices = await latchkey.inbox(ada.email)
    const notice = notices.find(({ subject }) => /was undone$/.test(subject))
    assert.doesNotMatch(notice?.text ?? 'missing', /#token=|missing/)
  })

  test('an undo leaves MFA off where no method of the restored epoch is left', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.delete('/settings/MfaSignIn')
    const token = await undoTokenSentTo(latchkey, ada.email, / off$/)
    await latchkey.sql(
      `delete from totp_secret where account_id = (select id from account where email = '${ada.email}')`,
    )
    await latchkey.sql(
      `delete from recovery_code where account_id = (select id from account where email = '${ada.email}')`,
    )
    await setPasswordAfter(latchkey, await undo(token), ada)
    assert.equal((await ada.signIn()).body.status, 'signedIn')
  })
})
