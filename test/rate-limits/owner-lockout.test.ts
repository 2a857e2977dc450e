/** An attacker who knows only an address can exhaust their own limits, but not the owner's. */
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'

const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })

onEachDatabase(
  (latchkey) => {
    beforeEach(() => travel(61 * 60_000))

    // Abuse case (Guessing): Guessing locked the owner out.
    test('guessing from many networks blocks strangers, but not the owner on a known network', async () => {
      // The owner signs up from 127.0.0.1, the address of calls without a forwarded one.
      const ada = await latchkey.owner()
      await hammer(latchkey, ada.email)

      const stranger = await ada.signIn(from('198.51.100.99'))
      assert.equal(stranger.status, 429, 'even with the right password')
      assert.equal((await ada.signIn()).status, 200)
      assert.equal((await ada.signIn()).status, 200)
    })

    test('guessing blocks no live session: it reads, changes, refreshes and reauthenticates', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      await hammer(latchkey, ada.email)

      assert.equal((await ada.get('/settings/MfaSignIn')).status, 200)
      assert.equal((await ada.get('/settings/Activity')).status, 200)
      const { refreshToken, password } = ada
      ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }, from('198.51.100.99')))
      const { mfaToken } = (
        await ada.post('/auth/Reauthenticate', { password }, from('198.51.100.99'))
      ).body
      const code = await ada.codeFor('authenticator')
      ada.storeTokens(
        await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code }, from('198.51.100.99')),
      )
      const off = await ada.delete('/settings/MfaSignIn', from('198.51.100.99'))
      assert.equal(off.body.enabled, false)
    })

    test('guessing passwords uses up no attempts at the second factor', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const sent = (await latchkey.inbox(ada.email)).length
      await hammer(latchkey, ada.email)
      assert.equal((await latchkey.inbox(ada.email)).length, sent, 'no code was sent')

      const begun = await ada.signIn()
      const { mfaToken } = begun.body
      for (let left = 4; left >= 1; left--) {
        const wrong = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: 'wrong one' })
        assert.equal(wrong.body.attemptsLeft, left)
      }
      await ada.signInFully()
    })

    test('a new IPv6 address in the owner’s known network is not blocked', async () => {
      const ada = await latchkey.owner()
      assert.equal((await ada.signIn(from('2001:db8:0:7::1'))).status, 200)
      await hammer(latchkey, ada.email)
      assert.equal((await ada.signIn(from('2001:db8:0:7:a:b:c:d'))).status, 200)
      assert.equal((await ada.signIn(from('2001:db8:0:8::1'))).status, 429)
    })

    test('one owner’s known network is not known for another owner', async () => {
      const [ada, bob] = [await latchkey.owner(), await latchkey.owner()]
      assert.equal((await bob.signIn(from('203.0.113.50'))).status, 200)
      await hammer(latchkey, ada.email)
      assert.equal((await ada.signIn(from('203.0.113.50'))).status, 429)
      assert.equal((await bob.signIn(from('203.0.113.51'))).status, 200)
    })

    test('an incomplete sign-in does not make a network known', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const { email } = ada
      // The password without the second factor makes no session, so the network stays unknown.
      assert.equal((await ada.signIn(from('203.0.113.60'))).body.status, 'mfaRequired')
      await hammer(latchkey, email)
      assert.equal((await ada.signIn(from('203.0.113.60'))).status, 429)
    })

    // Abuse case (Guessing): Guessing locked the owner out.
    test('repeated sign-ups do not block the owner', async () => {
      const ada = await latchkey.owner()
      const { email } = ada
      const statuses = new Set<number>()
      for (let i = 0; i < 30; i++) {
        const address = `198.51.100.${i}`
        const password = 'what a stranger chose'
        const begun = await latchkey.post('/auth/SignUp', { email, password }, from(address))
        statuses.add(begun.status)
        if (begun.status !== 202) continue
        const proof = { signUpToken: begun.body.signUpToken, code: '000000' }
        statuses.add((await latchkey.post('/auth/SignUp/Verify', proof, from(address))).status)
      }
      assert.deepEqual(statuses, new Set([202, 401, 429]))
      assert.equal((await ada.signIn()).status, 200)
      assert.equal((await ada.signIn(from('203.0.113.70'))).status, 200)
    })
  },
  { LATCHKEY_TRUST_PROXY: '127.0.0.1' },
)

/** Guesses from several networks, until even an unused network is limited. */
async function hammer(latchkey: TestLatchkey, email: string): Promise<void> {
  const password = 'not the right one'
  for (let network = 1; network <= 6; network++) {
    for (let i = 0; i < 10; i++) {
      await latchkey.post('/auth/SignIn', { email, password }, from(`198.51.100.${network}`))
    }
  }
  const fresh = await latchkey.post('/auth/SignIn', { email, password }, from('198.51.100.200'))
  assert.equal(fresh.status, 429)
}
