import assert from 'node:assert/strict'
import { platform } from 'node:os'
import { beforeEach, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'

const password = 'not the right one'
const forwarded = (...addresses: string[]) => ({ 'x-forwarded-for': addresses.join(', ') })
let accounts = 0
const somebody = () => `somebody-${accounts++}@example.com`

onEachDatabase((latchkey) => {
  beforeEach(() => travel(61 * 60_000))

  // Abuse case (Guessing): A forged `X-Forwarded-For` gave every guess a different address
  // (teamhanko/hanko #2739).
  test('without a trusted proxy no header evades the limit', async () => {
    const email = somebody()
    const forgedHeaders = (i: number): Record<string, string> => ({
      ...forwarded(`203.0.113.${i}`),
      'x-real-ip': `203.0.113.${i}`,
      forwarded: `for=203.0.113.${i}`,
      'cf-connecting-ip': `203.0.113.${i}`,
      'true-client-ip': `203.0.113.${i}`,
      'x-client-ip': `203.0.113.${i}`,
      'user-agent': `browser ${i}`,
    })
    for (let i = 0; i < 10; i++) {
      const { status } = await latchkey.post(
        '/auth/SignIn',
        { email, password },
        { headers: forgedHeaders(i) },
      )
      assert.equal(status, 401)
    }
    const last = await latchkey.post(
      '/auth/SignIn',
      { email, password },
      { headers: forgedHeaders(10) },
    )
    assert.equal(last.status, 429)
  })

  test('without a trusted proxy the address in the activity is that of the connection', async () => {
    const ada = await latchkey.owner()
    await ada.signIn({ headers: forwarded('203.0.113.1') })
    const { activity } = (await ada.get('/settings/Activity')).body
    assert.equal(activity[0].ipAddress, '127.0.0.1')
  })

  test('networks are distinguished by the address of the connection', {
    skip: platform() !== 'linux' && 'only Linux answers on all of 127.0.0.0/8',
  }, async () => {
    const ada = await latchkey.owner()
    const { email } = ada
    for (let network = 2; network <= 7; network++) {
      const from = `127.0.0.${network}`
      for (let i = 0; i < 10; i++) {
        await latchkey.post('/auth/SignIn', { email, password }, { from })
      }
    }
    assert.equal((await ada.signIn({ from: '127.0.0.200' })).status, 429)
    assert.equal((await ada.signIn()).status, 200, 'the owner, from the address of the sign-up')
    const { activity } = (await ada.get('/settings/Activity?limit=100')).body
    const failed = activity.filter(({ type }: { type: string }) => type === 'signin.failed')
    assert.equal(failed.length, 50)
    assert.equal(failed[0].ipAddress, '127.0.0.6')
  })
})

onEachDatabase(
  (latchkey) => {
    beforeEach(() => travel(61 * 60_000))

    // Abuse case (Guessing): A forged `X-Forwarded-For` gave every guess a different address
    // (teamhanko/hanko #2739).
    test('behind a trusted proxy only the address that the proxy saw counts, not the ones before it', async () => {
      const email = somebody()
      for (let i = 0; i < 10; i++) {
        const headers = forwarded(`198.51.100.${i}`, `192.0.2.${i}`, '203.0.113.7')
        const { status } = await latchkey.post('/auth/SignIn', { email, password }, { headers })
        assert.equal(status, 401)
      }
      const headers = forwarded('198.51.100.10', '203.0.113.7')
      const last = await latchkey.post('/auth/SignIn', { email, password }, { headers })
      assert.equal(last.status, 429)

      const elsewhere = forwarded('203.0.113.7', '203.0.113.8')
      const other = await latchkey.post('/auth/SignIn', { email, password }, { headers: elsewhere })
      assert.equal(other.status, 401)
    })

    test('behind a trusted proxy other headers are still ignored', async () => {
      const email = somebody()
      for (let i = 0; i <= 10; i++) {
        const headers = {
          ...forwarded('203.0.113.9'),
          'x-real-ip': `203.0.113.${i}`,
          forwarded: `for=203.0.113.${i}`,
          'x-client-ip': `203.0.113.${i}`,
        }
        const { status } = await latchkey.post('/auth/SignIn', { email, password }, { headers })
        assert.equal(status, i < 10 ? 401 : 429)
      }
    })

    test('an address that a client claims is never shown as its address', async () => {
      const ada = await latchkey.owner()
      await ada.signIn({ headers: forwarded('10.1.2.3', '203.0.113.10') })
      const { activity } = (await ada.get('/settings/Activity')).body
      assert.equal(activity[0].ipAddress, '203.0.113.10')
    })

    test('forwarded addresses from anyone but the proxy are ignored', {
      skip: platform() !== 'linux' && 'only Linux answers on all of 127.0.0.0/8',
    }, async () => {
      const email = somebody()
      for (let i = 0; i <= 10; i++) {
        const headers = forwarded(`203.0.113.${i}`)
        const call = { headers, from: '127.0.0.9' }
        const { status } = await latchkey.post('/auth/SignIn', { email, password }, call)
        assert.equal(status, i < 10 ? 401 : 429)
      }
    })

    test('an invalid forwarded address is handled like any other', async () => {
      const email = somebody()
      for (const address of [
        '',
        ' ',
        'unknown',
        '1.2.3.4:5678',
        '[::1]:80',
        "' or 1=1",
        '::1::2',
      ]) {
        const headers = forwarded(address)
        const { status } = await latchkey.post('/auth/SignIn', { email, password }, { headers })
        assert.equal(status, 401, address)
      }
    })
  },
  { LATCHKEY_TRUST_PROXY: '127.0.0.1' },
)
