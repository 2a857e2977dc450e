/**
 * Only operators with a recent sign-in and MFA may call /admin. The tests make every call of the
 * OpenAPI document, so that none is missed.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openDatabase } from '../../src/store/open.ts'
import { travel } from '../support/clock.ts'
import {
  type ApiResponse,
  onDatabase,
  onEachDatabase,
  type TestLatchkey,
} from '../support/latchkey.ts'
import { accountStateOf } from '../support/mfa.ts'
import { operations } from '../support/openapi.ts'
import { accountIdOf, actOnAccount, createOperator, grantOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import { openPasswordOnlySession } from '../support/password-only-session.ts'
import { waitUntil } from '../support/process.ts'
import { assertBody } from '../support/responses.ts'

/** Fields that a call requires besides the reason. */
const requiredFields: Record<string, object> = {
  setGroupsOfUser: { groups: ['staff'] },
  invite: { email: 'guest@example.com' },
}

/** Calls that act on no account, or on one that there is not yet. */
const ofInvitations = ['listInvitations', 'invite', 'revokeInvitation']

/** Makes every call under /admin on one account, with the caller's access token. */
async function everyCall(
  latchkey: TestLatchkey,
  { accessToken: token }: Pick<Owner, 'accessToken'>,
  id: string,
): Promise<[operationId: string, ApiResponse][]> {
  const calls = (await operations(latchkey)).filter(({ path }) => path.startsWith('/admin'))
  assert.ok(calls.length >= 8, `${calls.length} calls`)
  const answers: [string, ApiResponse][] = []
  for (const { method, path, operationId } of calls) {
    const query = operationId === 'findUsers' ? '?email=ada@example.com' : ''
    const answer = await latchkey.request(method, path.replace('{id}', id) + query, {
      token,
      ...(method !== 'GET' && { body: { reason: 'because', ...requiredFields[operationId] } }),
    })
    answers.push([operationId, answer])
  }
  return answers
}

/** An operator with a full session, and a second session with a password alone: on a trusted device. */
async function operatorWithWeakSession(
  latchkey: TestLatchkey,
): Promise<{ eve: Owner; weak: Owner }> {
  const eve = await createOperator(latchkey)
  const weak = await openPasswordOnlySession(latchkey, eve)
  return { eve, weak }
}

async function assertRefused(
  latchkey: TestLatchkey,
  who: Owner,
  ada: Owner,
  expected: string,
): Promise<void> {
  const before = await accountStateOf(latchkey, ada)
  for (const id of [
    await accountIdOf(latchkey, ada),
    '01a20ea7-e834-7ca3-82ef-a5303939606d',
    'x',
  ]) {
    for (const [operationId, { status, body }] of await everyCall(latchkey, who, id)) {
      assert.equal(`${status} ${body.code}`, expected, operationId)
    }
  }
  assert.deepEqual(await accountStateOf(latchkey, ada), before)
}

onEachDatabase((latchkey) => {
  // Abuse case (Operators and suspended accounts): An operator call did not check its caller
  // strictly enough (CVE-2026-94001).
  test('only operators may call /admin, and refusals do not reveal which ids exist', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const ben = await latchkey.owner({ mfaMethod: 'authenticator' })
    await assertRefused(latchkey, ben, ada, '403 not_an_operator')
    await assertRefused(latchkey, ada, ada, '403 not_an_operator')
  })

  test('an operator’s session with a password alone may not call /admin', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { eve, weak } = await operatorWithWeakSession(latchkey)
    await assertRefused(latchkey, weak, ada, '401 insufficient_user_authentication')
    for (const [operationId, { status }] of await everyCall(
      latchkey,
      eve,
      await accountIdOf(latchkey, ada),
    )) {
      if (!ofInvitations.includes(operationId)) assert.equal(status, 200, operationId)
    }
  })

  test('an operator who signed in too long ago must authenticate again to call /admin', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const eve = await createOperator(latchkey)
    travel(901_000)
    eve.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: eve.refreshToken }))
    await assertRefused(latchkey, eve, ada, '401 insufficient_user_authentication')
    const { headers } = await eve.get(`/admin/Users/${await accountIdOf(latchkey, ada)}`)
    assert.match(headers.get('www-authenticate') ?? '', /max_age="900", acr_values="aal2"/)
    await eve.signInFully()
    assert.equal((await eve.get(`/admin/Users/${await accountIdOf(latchkey, ada)}`)).status, 200)
  })

  // Abuse case (Operators and suspended accounts): A thief with an operator’s password turned MFA
  // on and had operator rights.
  test('an operator who turns MFA off loses operator rights until they are granted again', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const eve = await createOperator(latchkey)
    assert.equal((await eve.get(`/admin/Users/${await accountIdOf(latchkey, ada)}`)).status, 200)
    await eve.delete('/settings/MfaSignIn')
    await assertRefused(latchkey, eve, ada, '403 not_an_operator')
    await eve.turnOn('authenticator')
    await assertRefused(latchkey, eve, ada, '403 not_an_operator')
    await grantOperator(latchkey, eve)
    assert.equal((await eve.get(`/admin/Users/${await accountIdOf(latchkey, ada)}`)).status, 200)
  })

  // Abuse case (Operators and suspended accounts): Revoked rights remained in the token until it
  // expired.
  test('suspending or removing an operator revokes all operator rights at once', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const eve = await createOperator(latchkey)
    const mallory = await createOperator(latchkey)
    await latchkey.sql(`update account set operator_since = null where email = '${mallory.email}'`)
    await assertRefused(latchkey, mallory, ada, '403 not_an_operator')
    await grantOperator(latchkey, mallory)
    assert.equal(
      (await actOnAccount(latchkey, eve, 'suspend', { target: mallory, reason: 'x' })).status,
      200,
    )
    await assertRefused(latchkey, mallory, ada, '401 invalid_token')
  })

  test('operators may view but not change their own account under /admin', async () => {
    const eve = await createOperator(latchkey)
    const own = await accountIdOf(latchkey, eve)
    const before = await accountStateOf(latchkey, eve)
    for (const [operationId, { status, body }] of await everyCall(latchkey, eve, own)) {
      if (ofInvitations.includes(operationId)) continue
      const readsOnly = ['findUsers', 'getUser', 'listAllActivity'].includes(operationId)
      if (readsOnly) assert.equal(status, 200, operationId)
      else assert.equal(`${status} ${body.code}`, '409 own_account', operationId)
    }
    assert.deepEqual(await accountStateOf(latchkey, eve), before)
  })

  test('operators get 404 for an unknown id and 400 for a malformed one', async () => {
    const eve = await createOperator(latchkey)
    for (const [id, expected] of [
      ['01a20ea7-e834-7ca3-82ef-a5303939606d', 404],
      ['%F0%9F%94%91', 404],
      ['%00', 400],
      ['x'.repeat(65), 400],
    ] as const) {
      const path = `/admin/Users/${id}`
      assert.equal((await eve.get(path)).status, expected, id)
      const call = { body: { reason: 'x' } }
      assert.equal((await eve.delete(`${path}/MfaSignIn`, call)).status, expected, id)
    }
    for (const query of ['user=%00', 'cursor=x', 'limit=0', 'limit=101', 'type=mfa.off']) {
      assert.equal((await eve.get(`/admin/Activity?${query}`)).status, 400, query)
    }
    for (const query of ['', '?email=', '?email=%00%00%00', '?name=ada']) {
      assert.equal((await eve.get(`/admin/Users${query}`)).status, 400, query)
    }
    assertBody(await eve.get('/admin/Users?email=no-address'), 200, { users: [] })
  })
})

onDatabase(
  'SQLite',
  (latchkey) => {
    test('operators need a second factor even where no sign-in is too old', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const { eve, weak } = await operatorWithWeakSession(latchkey)
      await assertRefused(latchkey, weak, ada, '401 insufficient_user_authentication')
      const { headers } = await weak.get('/admin/Activity')
      const challenge = 'Bearer error="insufficient_user_authentication", acr_values="aal2"'
      assert.equal(headers.get('www-authenticate'), challenge)
      travel(901_000)
      eve.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken: eve.refreshToken }))
      assert.equal((await eve.get('/admin/Activity')).status, 200)
    })
  },
  { LATCHKEY_STEP_UP_MAX_AGE: '0' },
)

onDatabase('PostgreSQL', (latchkey) => {
  test('an operator who loses operator rights while a call waits for a lock changes nothing', async (t) => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const eve = await createOperator(latchkey)
    const db = openDatabase(latchkey.environment.LATCHKEY_DATABASE_URL ?? '')
    t.after(() => db.destroy())
    const before = await accountStateOf(latchkey, ada)
    const refused = await db.transaction().execute(async (tx) => {
      await sql`select id from account where email = ${ada.email} for update`.execute(tx)
      const waiting = actOnAccount(latchkey, eve, 'suspend', { target: ada, reason: 'x' })
      await waitUntil(async () => {
        const { rows } = await sql`select 1 from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
        return rows.length > 0
      })
      await sql`update account set operator_since = null where email = ${eve.email}`.execute(tx)
      return { waiting }
    })
    const { status, body } = await refused.waiting
    assert.equal(`${status} ${body.code}`, '403 not_an_operator')
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
  })
})
