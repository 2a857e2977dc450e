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

    // Abuse case (Guessing): A port beside the forwarded address made every guess another client.
    test('a forwarded address is one client in every notation that proxies write', async () => {
      const notations: Record<string, (port: number) => string> = {
        'IPv4 with a port': (port) => `203.0.113.20:${port}`,
        'IPv4 in quotes': (port) => `"203.0.113.21:${port}"`,
        'IPv6 in brackets': (port) => `[2001:db8:0:20::${port}]`,
        'IPv6 in brackets with a port': (port) => `[2001:db8:0:21::1]:${port}`,
        'IPv6 in brackets and quotes': (port) => `"[2001:db8:0:22::1]:${port}"`,
        'IPv6 with a zone': (port) => `2001:db8:0:23::1%eth${port}`,
      }
      for (const [notation, write] of Object.entries(notations)) {
        const email = somebody()
        for (let i = 0; i <= 10; i++) {
          const headers = forwarded(`198.51.100.${i}`, write(1000 + i))
          const { status } = await latchkey.post('/auth/SignIn', { email, password }, { headers })
          assert.equal(status, i < 10 ? 401 : 429, notation)
        }
      }
    })

    test('the activity has the forwarded address without port, brackets and quotes', async () => {
      const ada = await latchkey.owner()
      for (const [written, ipAddress] of [
        ['203.0.113.30:4711', '203.0.113.30'],
        ['"[2001:db8::30]:4711"', '2001:db8::30'],
      ] as const) {
        await ada.signIn({ headers: forwarded(written) })
        const { activity } = (await ada.get('/settings/Activity')).body
        assert.equal(activity[0].ipAddress, ipAddress)
      }
    })

    // Abuse case (Guessing): Rubbish in the header was counted as a client of its own.
    test('forwarded entries without an IP address count as the connection', async () => {
      const email = somebody()
      const entries = ['', ' ', 'unknown', '_hidden', "' or 1=1", '::1::2', '1.2.3', '1.2.3.4:x']
      for (const [i, entry] of [...entries, 'a', 'b', 'c'].entries()) {
        const headers = forwarded(`198.51.100.${i}`, entry)
        const { status } = await latchkey.post('/auth/SignIn', { email, password }, { headers })
        assert.equal(status, i < 10 ? 401 : 429, entry)
      }
      assert.equal(latchkey.log.match(/X-Forwarded-For has an entry without/g)?.length, 1)
    })
  },
  { LATCHKEY_TRUST_PROXY: '127.0.0.1' },
)
