/** Load shedding: sign-ins beyond the hashing capacity get a 503 at once; other calls succeed. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { owaspHashCost } from '../../src/lib/password-hasher.ts'
import { type ApiResponse, TestLatchkey } from '../support/latchkey.ts'
import { increases, scrape } from '../support/metrics.ts'
import type { Owner } from '../support/owner.ts'
import { waitUntil } from '../support/process.ts'

/** The number of responses per status and code. */
function tally(answers: ApiResponse[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status, body } of answers) {
    const outcome = `${status} ${body.code ?? body.status}`
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  return counts
}

let networks = 0

/** Headers of a request from a new network, so that no limit per network applies. */
function fromElsewhere(): Record<string, string> {
  networks += 1
  return { 'x-forwarded-for': `10.${networks >> 8}.${networks & 255}.1` }
}

for (const kind of ['SQLite', 'PostgreSQL'] as const) {
  describe(`on ${kind}`, () => {
    const latchkey = new TestLatchkey(kind, { LATCHKEY_TRUST_PROXY: '127.0.0.1,::1' })
    // Short, so that a few hashes fill the queue even on a fast machine.
    latchkey.maxHashWaitMs = 20
    latchkey.hashCost = owaspHashCost
    let ada: Owner
    before(async () => {
      await latchkey.start()
      ada = await latchkey.owner()
    })
    after(() => latchkey.stop())

    const guess = (email: string, password = 'not this one') =>
      latchkey.post('/auth/SignIn', { email, password }, { headers: fromElsewhere() })
    const times = (count: number, submit: (i: number) => Promise<ApiResponse>) =>
      Promise.all(Array.from({ length: count }, (_, i) => submit(i)))

    // Abuse case (Guessing): A flood of sign-ins, each of which costs a password hash, delayed
    // everyone else until the service no longer responded.
    test('of several hundred concurrent sign-ins the excess gets 503 with Retry-After, and other requests succeed', async () => {
      const before = await scrape(latchkey.origin)
      const flood = times(300, (i) => guess(`stranger-${i}@example.com`))
      const reads = await Promise.all([
        ada.get('/settings/MfaSignIn'),
        ada.get('/settings'),
        latchkey.get('/.well-known/jwks.json'),
        latchkey.get('/health/ready'),
        latchkey.post('/auth/Refresh', { refreshToken: ada.refreshToken }),
        fetch(`${latchkey.origin}/signin`),
      ])
      for (const { status } of reads) assert.equal(status, 200)

      const answers = await flood
      const counts = tally(answers)
      assert.deepEqual(Object.keys(counts).sort(), ['401 invalid_credentials', '503 unavailable'])
      for (const { status, headers, body } of answers) {
        if (status !== 503) continue
        assert.match(headers.get('retry-after') ?? '', /^[1-9][0-9]*$/)
        assert.equal(String(body.retryAfter), headers.get('retry-after'))
      }

      // Rejected requests are counted as rejected, and not as wrong passwords.
      const after = await scrape(latchkey.origin)
      const metric = 'latchkey_password_hash_rejected_total'
      const grown = (after.get(metric) ?? 0) - (before.get(metric) ?? 0)
      assert.equal(grown, counts['503 unavailable'])
      assert.equal(after.get('latchkey_password_hash_queue'), 0)
      assert.deepEqual(increases(before, after, 'latchkey_sign_ins_total'), {
        '{method="password",result="wrong"}': counts['401 invalid_credentials'],
      })
      const [{ counted }] = await latchkey.sql(
        `select count(*) as counted from rate_limit_hit where key like 'wrongPasswordsPerNetwork %'`,
      )
      assert.equal(Number(counted), counts['401 invalid_credentials'])
      assert.equal((await guess(ada.email, ada.password)).body.status, 'signedIn')
    })

    test('concurrent correct sign-ins of one account use up no attempts, even if some are rejected', async () => {
      const { email, password } = ada
      const answers = await times(100, () => latchkey.post('/auth/SignIn', { email, password }))
      assert.deepEqual(Object.keys(tally(answers)).sort(), ['200 signedIn', '503 unavailable'])
      const subject = `wrongPasswordsPerAddressAndNetwork ${ada.email}`
      const hits = await latchkey.sql(`select at from rate_limit_hit where key like '${subject} %'`)
      assert.deepEqual(hits, [])
      assert.equal((await latchkey.post('/auth/SignIn', { email, password })).status, 200)
    })

    test('known and unknown addresses are rejected identically', async () => {
      const answers = await times(200, (i) => {
        return guess(i % 2 ? `other-${i}@example.com` : ada.email)
      })
      const problems = answers.map(({ status, body }, i) => {
        const { code, title, detail } = body
        return { kind: i % 2, status, text: JSON.stringify({ code, title, detail }) }
      })
      const rejected = problems.filter(({ status }) => status === 503)
      assert.deepEqual([...new Set(rejected.map(({ kind }) => kind))].sort(), [0, 1])
      assert.equal(new Set(rejected.map(({ text }) => text)).size, 1)
    })

    test('every other request that needs a password hash is rejected too', async () => {
      const email = 'new@example.com'
      const [wrong, password] = ['not this one', 'a whole new sentence']
      const code = '123456'
      const requests: Record<string, () => Promise<ApiResponse>> = {
        signUp: () => latchkey.post('/auth/SignUp', { email, password }),
        reset: () => latchkey.post('/auth/ResetPassword', { email, code, newPassword: password }),
        reauthenticate: () => ada.post('/auth/Reauthenticate', { password: wrong }),
        change: () =>
          ada.put('/settings/Password', { currentPassword: wrong, newPassword: password }),
        remove: () => ada.delete('/settings/Account', { body: { password: wrong } }),
      }
      let over = false
      const flood = times(20, async (i) => {
        for (;;) {
          const answer = await guess(`guest-${i}@example.com`)
          if (over) return answer
        }
      })
      const untilRejected = Object.values(requests).map((send) =>
        waitUntil(async () => (await send()).status === 503),
      )
      await Promise.all(untilRejected).finally(() => {
        over = true
      })
      await flood
    })
  })
}
