import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'

/** Limits on wrong passwords in an hour. */
const maxPerAccountAndNetwork = 10
const maxFromUnknownNetworks = 50
const maxPerNetwork = 200

const trusting = { LATCHKEY_TRUST_PROXY: '127.0.0.1' }
const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })

onEachDatabase((latchkey) => {
  beforeEach(() => travel(61 * 60_000))

  const guess = (email: string, address: string, password = 'not the right one') =>
    latchkey.post('/auth/SignIn', { email, password }, from(address))

  test('ten wrong passwords in an hour block a network for the account, even with the right password', async () => {
    const ada = await latchkey.owner()
    for (let i = 0; i < maxPerAccountAndNetwork; i++) {
      assert.equal((await guess(ada.email, '203.0.113.1')).status, 401)
    }
    const eleventh = await guess(ada.email, '203.0.113.1')
    assert.equal(eleventh.status, 429)
    const { retryAfter } = eleventh.body
    assert.equal(eleventh.headers.get('retry-after'), String(retryAfter))
    assert.ok(retryAfter > 3500 && retryAfter <= 3600)
    assert.equal((await guess(ada.email, '203.0.113.1', ada.password)).status, 429)

    travel((retryAfter - 60) * 1000)
    assert.equal((await guess(ada.email, '203.0.113.1', ada.password)).status, 429)
    travel(60_000)
    assert.equal((await guess(ada.email, '203.0.113.1', ada.password)).status, 200)
  })

  // Abuse case (Sign-up): The response or its timing revealed which addresses have accounts
  // (CVE-2024-41952).
  test('one network sees no difference between an address that signs in there, one that does not, and one without an account', async () => {
    const [ada, bob] = [await latchkey.owner(), await latchkey.owner()]
    assert.equal((await guess(ada.email, '203.0.113.2', ada.password)).status, 200)
    for (const email of [ada.email, bob.email, `nobody-${ada.email}`]) {
      for (let i = 0; i < maxPerAccountAndNetwork; i++) {
        assert.equal((await guess(email, '203.0.113.2')).body.code, 'invalid_credentials', email)
      }
      assert.equal((await guess(email, '203.0.113.2')).body.code, 'too_many_attempts', email)
    }
  })

  test('right passwords do not count', async () => {
    const ada = await latchkey.owner()
    for (let i = 1; i < maxPerAccountAndNetwork; i++) await guess(ada.email, '203.0.113.1')
    for (let i = 0; i < 12; i++) {
      assert.equal((await guess(ada.email, '203.0.113.1', ada.password)).status, 200)
    }
    assert.equal((await guess(ada.email, '203.0.113.1')).status, 401)
    assert.equal((await guess(ada.email, '203.0.113.1')).status, 429)
  })

  test('after nine wrong passwords, twelve concurrent right ones all sign in', async () => {
    const ada = await latchkey.owner()
    const attempt = (password?: string) => guess(ada.email, '203.0.113.1', password)
    for (let i = 1; i < maxPerAccountAndNetwork; i++) assert.equal((await attempt()).status, 401)
    const answers = await Promise.all(Array.from({ length: 12 }, () => attempt(ada.password)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array(12).fill(200),
    )
    assert.equal((await attempt()).status, 401)
    assert.equal((await attempt(ada.password)).status, 429)
  })

  // Abuse case (Guessing): Another spelling of the address or code gave additional attempts
  // (CVE-2025-24806, CVE-2025-6004, CVE-2025-6015).
  test('all spellings of an address count together', async () => {
    const ada = await latchkey.owner()
    const spellings = [ada.email, ada.email.toUpperCase(), ` ${ada.email}`, `${ada.email}  `]
    for (let i = 0; i < maxPerAccountAndNetwork; i++) {
      assert.equal((await guess(spellings[i % 4] ?? '', '203.0.113.1')).status, 401)
    }
    for (const email of spellings) assert.equal((await guess(email, '203.0.113.1')).status, 429)
  })

  // Abuse case (Guessing): Concurrent guesses bypassed the limit (CVE-2023-47111).
  test('of a hundred concurrent wrong passwords, ten are checked', async () => {
    const ada = await latchkey.owner()
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => guess(ada.email, '203.0.113.1', `guess ${i}`)),
    )
    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 401).length, maxPerAccountAndNetwork)
    assert.equal(statuses.filter((status) => status === 429).length, 90)
    assert.equal((await guess(ada.email, '203.0.113.1', ada.password)).status, 429)
  })

  test('of wrong passwords from many networks fifty are checked, even if they are concurrent', async () => {
    const ada = await latchkey.owner()
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, i) => guess(ada.email, `198.51.100.${i}`, `guess ${i}`)),
    )
    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 401).length, maxFromUnknownNetworks)
    assert.equal(statuses.filter((status) => status === 429).length, 70)
  })

  test('all addresses of one IPv6 network count together', async () => {
    const ada = await latchkey.owner()
    for (let i = 0; i < maxPerAccountAndNetwork; i++) {
      assert.equal((await guess(ada.email, `2001:db8:0:7:${i}::${i + 1}`)).status, 401)
    }
    assert.equal((await guess(ada.email, '2001:db8::7:ffff:0:0:1')).status, 429)
    assert.equal((await guess(ada.email, '2001:db8:0:8::1')).status, 401)
  })

  test('one network may try two hundred wrong passwords an hour, for any number of accounts', async () => {
    for (let i = 0; i < maxPerNetwork; i++) {
      const { status } = await guess(`person-${i}@example.com`, '203.0.113.1')
      assert.equal(status, 401)
    }
    assert.equal((await guess('person-200@example.com', '203.0.113.1')).status, 429)
    assert.equal((await guess('person-200@example.com', '203.0.113.2')).status, 401)
  })

  test('a restart does not reset the count', async () => {
    const ada = await latchkey.owner()
    for (let i = 0; i < maxPerAccountAndNetwork; i++) await guess(ada.email, '203.0.113.1')
    await latchkey.restart()
    assert.equal((await guess(ada.email, '203.0.113.1', ada.password)).status, 429)
  })
}, trusting)

onEachDatabase(
  (latchkey) => {
    test('with rate limits off nothing is counted', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const { email } = ada
      for (let i = 0; i < 30; i++) {
        const wrong = await latchkey.post('/auth/SignIn', { email, password: `guess ${i}` })
        assert.equal(wrong.status, 401)
      }
      for (let i = 0; i < 25; i++) {
        const { mfaToken, sentTo } = (await ada.signIn()).body
        assert.ok(sentTo, 'a code was sent')
        const wrong = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: 'wrong one' })
        assert.equal(wrong.status, 401)
      }
      assert.deepEqual(await latchkey.sql('select id from rate_limit_hit'), [])
      await ada.signInFully()
    })
  },
  { LATCHKEY_RATE_LIMITS: 'off' },
)
