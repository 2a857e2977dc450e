import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'

interface Entry {
  id: string
  type: string
  at: string
  ipAddress: string | null
  userAgent: string | null
  detail: Record<string, unknown>
}

async function entries(ada: Owner, query = '?limit=100'): Promise<Entry[]> {
  const { status, body } = await ada.get(`/settings/Activity${query}`)
  assert.equal(status, 200)
  return body.activity
}

const types = async (ada: Owner) => (await entries(ada)).map(({ type }) => type)

onEachDatabase((latchkey) => {
  test('the activity lists every sign-in and every change, newest first', async () => {
    const ada = await latchkey.owner()
    const { email, password } = ada
    await latchkey.post('/auth/SignIn', { email, password: 'not the right one' })
    await ada.turnOn('authenticator')
    await ada.turnOn('email')
    await ada.turnOn('authenticator')
    const { mfaToken } = (await ada.signIn()).body
    await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: 'wrong one' })
    const recoveryCode = { mfaMethod: 'recoveryCode', code: ada.recoveryCodes[0] }
    ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', { mfaToken, ...recoveryCode }))
    await ada.delete('/settings/MfaSecret')
    await ada.delete('/settings/MfaSignIn')
    await ada.post('/auth/Reauthenticate', { password: 'not the right one' })
    ada.storeTokens(await ada.post('/auth/Reauthenticate', { password }))
    await ada.post('/auth/SignOut')
    ada.storeTokens(await ada.signIn())

    assert.deepEqual((await types(ada)).toReversed(), [
      'account.created',
      'signin.succeeded',
      'signin.failed',
      'mfa.on',
      'recovery_codes.generated',
      'mfa.method_added',
      'mfa.method_changed',
      'signin.failed',
      'recovery_code.used',
      'signin.succeeded',
      'mfa.method_removed',
      'mfa.off',
      'signin.failed',
      'signin.succeeded',
      'session.ended',
      'signin.succeeded',
    ])
  })

  test('an activity entry has its time, IP address, user agent and details', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const before = Date.now()
    const headers = { 'user-agent': 'Netscape Navigator/4.0' }
    const { mfaToken } = (await ada.signIn({ headers })).body
    await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: 'wrong one' }, { headers })
    const [failed] = await entries(ada)
    assert.deepEqual(
      { ...failed, id: '', at: '' },
      {
        id: '',
        type: 'signin.failed',
        at: '',
        ipAddress: '127.0.0.1',
        userAgent: 'Netscape Navigator/4.0',
        detail: { step: 'code', mfaMethod: 'email' },
      },
    )
    const at = Date.parse(failed?.at ?? '')
    assert.ok(at >= before && at <= Date.now())

    await latchkey.post('/auth/SignIn', { email: ada.email, password: 'not the right one' })
    assert.deepEqual((await entries(ada))[0]?.detail, { step: 'password' })
    await ada.signInFully()
    assert.deepEqual((await entries(ada))[0]?.detail, { amr: 'pwd email mfa' })
  })

  // Abuse case (Input and output): A response, a log line or the database contained a secret
  // (CVE-2026-53725).
  test('no activity entry contains a password, a code or a token', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { mfaToken } = (await ada.signIn()).body
    const code = await ada.codeFor('email')
    await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: 'wrong one' })
    const guessed = 'a guess that is nearly right'
    await latchkey.post('/auth/SignIn', { email: ada.email, password: guessed })
    ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code }))
    const listed = JSON.stringify(await entries(ada))
    const rows = JSON.stringify(await latchkey.sql('select * from activity'))
    for (const secret of [ada.password, code, mfaToken, 'wrong one', guessed, ada.refreshToken]) {
      assert.ok(!listed.includes(secret), secret)
      assert.ok(!rows.includes(secret), secret)
    }
  })

  test('an account’s activity is visible to no other account', async () => {
    const [ada, bob] = [await latchkey.owner(), await latchkey.owner({ mfaMethod: 'email' })]
    const adaIds = new Set((await entries(ada)).map(({ id }) => id))
    for (const { id } of await entries(bob)) assert.ok(!adaIds.has(id))
    assert.deepEqual(await types(ada), ['signin.succeeded', 'account.created'])
  })

  test('activity pages have no gaps and no repeats, at every page size', async () => {
    const ada = await latchkey.owner()
    for (let i = 0; i < 8; i++) await ada.signIn()
    const all = await entries(ada)
    assert.equal(all.length, 10)
    for (let limit = 1; limit <= 11; limit++) {
      const pages: Entry[][] = []
      let cursor: string | null = null
      do {
        const query: string = cursor === null ? '' : `&cursor=${cursor}`
        const { body } = await ada.get(`/settings/Activity?limit=${limit}${query}`)
        pages.push(body.activity)
        cursor = body.nextCursor
      } while (cursor !== null && pages.length <= all.length)
      assert.deepEqual(pages.flat(), all, `limit ${limit}`)
      assert.equal(pages.length, Math.ceil(all.length / limit), `limit ${limit}`)
      assert.ok(pages.slice(0, -1).every((page) => page.length === limit))
    }
  })

  test('an activity page has 25 entries by default and at most 100', async () => {
    const ada = await latchkey.owner()
    for (let i = 0; i < 99; i++) await ada.signIn()
    const [short, long] = [
      await ada.get('/settings/Activity'),
      await ada.get('/settings/Activity?limit=100'),
    ]
    assert.equal(short.body.activity.length, 25)
    assert.equal(long.body.activity.length, 100)
    const rest = await entries(ada, `?cursor=${long.body.nextCursor}`)
    assert.deepEqual(
      rest.map(({ type }) => type),
      ['account.created'],
    )
  })

  test('new entries do not shift the pages after a cursor', async () => {
    const ada = await latchkey.owner()
    for (let i = 0; i < 4; i++) await ada.signIn()
    const all = await entries(ada)
    const { nextCursor } = (await ada.get('/settings/Activity?limit=3')).body
    await ada.signIn()
    assert.deepEqual(await entries(ada, `?limit=100&cursor=${nextCursor}`), all.slice(3))
  })

  test('invalid limits and cursors are rejected', async () => {
    const ada = await latchkey.owner()
    for (const query of [
      'limit=0',
      'limit=101',
      'limit=-1',
      'limit=x',
      'limit=',
      'limit=1.5',
      'limit=99999999999999999999',
      'limit=NaN',
      'limit=1&limit=2',
      'limit[]=1',
      'cursor=',
      'cursor=x',
      'cursor=1',
      'cursor=null',
      `cursor=${'9'.repeat(2000)}`,
      "cursor=' or 1=1 --",
      "cursor=01993f5e-7c00-7000-8000-000000000000' or '1'='1",
      'cursor=01993f5e-7c00-7000-8000-00000000000',
      'cursor=%00',
      'cursor=%F0',
      'cursor[]=01993f5e-7c00-7000-8000-000000000000',
      'before=01993f5e-7c00-7000-8000-000000000000',
      'account=1',
    ]) {
      const { status } = await ada.get(`/settings/Activity?${query}`)
      assert.equal(status, 400, query)
    }
  })

  // Abuse case (Input and output): A forged cursor read another account’s list or was inserted into
  // the SQL (CVE-2026-33503).
  test('a forged cursor, or one of another account, returns only the caller’s own entries', async () => {
    const [ada, bob] = [await latchkey.owner(), await latchkey.owner()]
    for (let i = 0; i < 3; i++) await bob.signIn()
    const adaIds = new Set((await entries(ada)).map(({ id }) => id))
    const bobCursor = (await bob.get('/settings/Activity?limit=1')).body.nextCursor
    for (const cursor of [
      bobCursor,
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
      '00000000-0000-0000-0000-000000000000',
      `urn:uuid:${bobCursor}`,
    ]) {
      const shown = await entries(ada, `?cursor=${cursor}`)
      for (const { id } of shown) assert.ok(adaIds.has(id), cursor)
    }
    const last = await entries(ada, '?cursor=00000000-0000-0000-0000-000000000000')
    assert.deepEqual(last, [])
  })
})
