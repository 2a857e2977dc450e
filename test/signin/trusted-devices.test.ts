import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'

const day = 86_400_000

onEachDatabase((latchkey) => {
  /** Signs in with the second factor and remembers the device. @returns the device token */
  async function trust(ada: Owner): Promise<string> {
    const { mfaToken, mfaMethod } = (await ada.signIn()).body
    const code = await ada.codeFor(mfaMethod)
    const answer = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code, rememberDevice: true })
    ada.storeTokens(answer)
    latchkey.markSecret(answer.body.deviceToken)
    return answer.body.deviceToken
  }
  async function signInOn(ada: Owner, deviceToken: string): Promise<string> {
    const { email, password } = ada
    const answer = await latchkey.post('/auth/SignIn', { email, password, deviceToken })
    assert.equal(answer.status, 200)
    return answer.body.status
  }

  // Abuse case (Trusted devices): A device was remembered forever.
  test('a remembered device skips the second factor for 30 days, and no longer', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const deviceToken = await trust(ada)
    assert.equal(await signInOn(ada, deviceToken), 'signedIn')
    travel(29 * day)
    assert.equal(await signInOn(ada, deviceToken), 'signedIn')
    travel(day + 1)
    assert.equal(await signInOn(ada, deviceToken), 'mfaRequired')
  })

  // Abuse case (Trusted devices): A session from a remembered device counted as one with MFA.
  test('a session from a remembered device is too weak to turn MFA off', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const deviceToken = await trust(ada)
    const { email, password } = ada
    const { body } = await latchkey.post('/auth/SignIn', { email, password, deviceToken })
    const weak = await latchkey.delete('/settings/MfaSignIn', { token: body.accessToken })
    assert.equal(weak.status, 401)
    assert.equal(weak.body.code, 'insufficient_user_authentication')
  })

  // Abuse case (Trusted devices): A forged or truncated device token, or another account’s, was
  // accepted (GHSA-h6mp-mc7g-mg49).
  test('an unknown, empty, truncated or foreign device token does not skip the second factor', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const eve = await latchkey.owner({ mfaMethod: 'email' })
    const own = await trust(ada)
    const forged = [
      '',
      'x',
      own.slice(1),
      own.slice(0, -1),
      `${own}a`,
      await trust(eve),
      'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.',
    ]
    for (const token of forged) assert.equal(await signInOn(ada, token), 'mfaRequired', token)
    assert.equal(await signInOn(ada, own), 'signedIn')
  })

  const endings: [string, (ada: Owner) => Promise<unknown>][] = [
    ['a change of the password', (ada) => ada.changePassword('a whole new sentence')],
    ['a reset of the password', (ada) => ada.resetPassword('a whole new sentence')],
    [
      'MFA off and on again',
      async (ada) => {
        await ada.delete('/settings/MfaSignIn')
        travel(31_000)
        await ada.turnOn('email')
      },
    ],
    [
      'a change of the method',
      async (ada) => {
        await ada.turnOn('authenticator')
        await ada.turnOn('email')
      },
    ],
    [
      'a replacement of the app',
      async (ada) => {
        await ada.turnOn('authenticator')
        travel(31_000)
        await ada.enrollAuthenticator()
        await ada.turnOn('authenticator')
        travel(31_000)
        await ada.turnOn('email')
      },
    ],
    ['new recovery codes', (ada) => ada.post('/settings/RecoveryCodes')],
    [
      'the use of a recovery code',
      async (ada) => {
        const { mfaToken } = (await ada.signIn()).body
        const code = ada.recoveryCodes[0]
        const answer = { mfaToken, mfaMethod: 'recoveryCode', code }
        assert.equal((await latchkey.post('/auth/SignIn/Mfa', answer)).status, 200)
      },
    ],
    ['its removal', (ada) => ada.delete('/settings/TrustedDevices')],
  ]
  for (const [what, end] of endings) {
    // Abuse case (Trusted devices): A remembered device outlived the change that should have
    // ended it.
    // Abuse case (Trusted devices): One owner’s change ended the trust in everybody’s devices.
    test(`a remembered device needs the second factor again after ${what}, and nobody else’s does`, async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const ben = await latchkey.owner({ mfaMethod: 'email' })
      travel(31_000)
      const bensToken = await trust(ben)
      const deviceToken = await trust(ada)
      assert.equal(await signInOn(ada, deviceToken), 'signedIn')
      travel(31_000)
      await end(ada)
      assert.equal(await signInOn(ada, deviceToken), 'mfaRequired')
      assert.equal(await signInOn(ben, bensToken), 'signedIn')
    })
  }

  test('removing remembered devices is recorded once per call, if there were any', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    for (let i = 0; i < 3; i++) {
      travel(31_000)
      await trust(ada)
    }
    const { trustedDevices } = (await ada.get('/settings/TrustedDevices')).body
    const { id } = trustedDevices[0]
    assert.equal((await ada.delete(`/settings/TrustedDevices/${id}`)).status, 200)
    assert.equal((await ada.delete(`/settings/TrustedDevices/${id}`)).status, 404)
    assert.deepEqual(await revocations(ada), [{ which: id }])

    const all = Array.from({ length: 10 }, () => ada.delete('/settings/TrustedDevices'))
    for (const { status } of await Promise.all(all)) assert.equal(status, 200)
    assert.deepEqual(await revocations(ada), [{ which: 'all' }, { which: id }])
  })

  test('removing a device that is no longer remembered gets a 404 and is not recorded', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    travel(31_000)
    await trust(ada)
    const [{ id }] = (await ada.get('/settings/TrustedDevices')).body.trustedDevices
    await ada.turnOn('authenticator')
    assert.equal((await ada.delete(`/settings/TrustedDevices/${id}`)).status, 404)
    assert.equal((await ada.delete('/settings/TrustedDevices')).status, 200)

    await trust(ada)
    const [{ id: old }] = (await ada.get('/settings/TrustedDevices')).body.trustedDevices
    travel(30 * day)
    await ada.signInFully()
    assert.equal((await ada.delete(`/settings/TrustedDevices/${old}`)).status, 404)
    assert.equal((await ada.delete('/settings/TrustedDevices')).status, 200)
    assert.deepEqual(await revocations(ada), [])
  })

  /** Details of the activity entries about removed devices, newest first. */
  async function revocations(ada: Owner): Promise<unknown[]> {
    const { body } = await ada.get('/settings/Activity?limit=100')
    return body.activity
      .filter(({ type }: { type: string }) => type === 'device.revoked')
      .map(({ detail }: { detail: unknown }) => detail)
  }

  test('remembered devices are listed and removed one by one', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const firstToken = await trust(ada)
    travel(31_000)
    const secondToken = await trust(ada)
    const { body } = await ada.get('/settings/TrustedDevices')
    assert.equal(body.trustedDevices.length, 2)
    assert.ok(body.trustedDevices[0].createdAt > body.trustedDevices[1].createdAt)
    const removed = await ada.delete(`/settings/TrustedDevices/${body.trustedDevices[0].id}`)
    assert.equal(removed.body.trustedDevices.length, 1)
    assert.equal(await signInOn(ada, firstToken), 'signedIn')
    assert.equal(await signInOn(ada, secondToken), 'mfaRequired')
    assert.equal((await ada.delete(`/settings/TrustedDevices/${secondToken}`)).status, 404)
  })

  test('a device is remembered only if its owner requests it, and that is recorded', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    for (const more of [{}, { rememberDevice: false }]) {
      const { mfaToken } = (await ada.signIn()).body
      const code = await ada.codeFor('email')
      ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code, ...more }))
      assert.equal(await signInOn(ada, ada.deviceToken), 'mfaRequired')
    }
    const countTrusted = async () => {
      const { activity } = (await ada.get('/settings/Activity?limit=100')).body
      return activity.filter(({ type }: { type: string }) => type === 'device.trusted').length
    }
    assert.deepEqual((await ada.get('/settings/TrustedDevices')).body.trustedDevices, [])
    assert.equal(await countTrusted(), 0)
    await trust(ada)
    assert.equal(await countTrusted(), 1)
  })

  test('a device that is no longer remembered is not listed', async () => {
    const countListed = async (ada: Owner) =>
      (await ada.get('/settings/TrustedDevices')).body.trustedDevices.length
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await trust(ada)
    assert.equal(await countListed(ada), 1)
    travel(30 * day)
    await ada.signInFully()
    assert.equal(await countListed(ada), 0)

    await trust(ada)
    assert.equal(await countListed(ada), 1)
    await ada.turnOn('authenticator')
    assert.equal(await countListed(ada), 0)
  })
})
