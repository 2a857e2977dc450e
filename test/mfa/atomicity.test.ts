import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { accountStateOf, mfaNoticesTo, submitMfaCode } from '../support/mfa.ts'

/** Makes the database reject inserts into a table. @returns undoes that */
async function rejectInserts(latchkey: TestLatchkey, table: string) {
  if (latchkey.databaseKind === 'SQLite') {
    await latchkey.sql(
      `create trigger refusal before insert on ${table}
       begin select raise(abort, 'refused by the test'); end`,
    )
    return () => latchkey.sql('drop trigger refusal')
  }
  await latchkey.sql(
    `create function refuse() returns trigger language plpgsql
     as $$ begin raise exception 'refused by the test'; end $$`,
  )
  await latchkey.sql(
    `create trigger refusal before insert on ${table} for each row execute function refuse()`,
  )
  return () => latchkey.sql('drop function refuse cascade')
}

/** Makes every transaction that inserts into a table fail at its commit. @returns undoes that */
async function rejectCommits(latchkey: TestLatchkey, table: string) {
  await latchkey.sql(
    `create table refusal (account_id text references account (id) deferrable initially deferred)`,
  )
  if (latchkey.databaseKind === 'SQLite') {
    await latchkey.sql(
      `create trigger refuse after insert on ${table} begin insert into refusal values ('nobody'); end`,
    )
    return () => latchkey.sql('drop trigger refuse')
  }
  await latchkey.sql(
    `create function refuse() returns trigger language plpgsql
     as $$ begin insert into refusal values ('nobody'); return null; end $$`,
  )
  await latchkey.sql(
    `create trigger refusal after insert on ${table} for each row execute function refuse()`,
  )
  return () => latchkey.sql('drop function refuse cascade')
}

const failures = [
  { what: 'the notice cannot be stored', break: rejectInserts, table: 'outbox' },
  { what: 'the activity entry cannot be stored', break: rejectInserts, table: 'activity' },
  { what: 'the commit fails', break: rejectCommits, table: 'outbox' },
]

onEachDatabase((latchkey) => {
  for (const failure of failures) {
    // Abuse case (Turned off, removed or replaced by the wrong hands): The change was made without
    // its notice, or the notice sent without the change.
    test(`turning MFA off where ${failure.what} is a 500 that changed nothing`, async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const waiting = await ada.signIn()
      const before = await accountStateOf(latchkey, ada)

      const repair = await failure.break(latchkey, failure.table)
      const failed = await ada.delete('/settings/MfaSignIn').finally(repair)

      assert.equal(failed.status, 500)
      assert.equal(failed.body.code, 'internal_error')
      assert.doesNotMatch(JSON.stringify(failed.body), /refus|trigger|constraint|insert|sql/i)
      assert.deepEqual(await accountStateOf(latchkey, ada), before)
      assert.equal((await ada.get('/settings/MfaSignIn')).body.enabled, true)
      assert.equal((await ada.signIn()).body.status, 'mfaRequired')

      const code = ada.authenticator.nextCode()
      assert.equal((await submitMfaCode(latchkey, waiting, { code })).status, 200, 'still pending')
      assert.equal((await ada.delete('/settings/MfaSignIn')).body.enabled, false)
      assert.equal((await ada.signIn()).body.status, 'signedIn')
    })
  }

  test('turning MFA on where the message can’t be written leaves it off, and the code good', async () => {
    const ada = await latchkey.owner()
    const request = { mfaMethod: 'sms', phoneNumber: ada.phoneNumber }
    await ada.post('/settings/MfaSignIn', request)
    const code = await ada.codeFor('sms')
    const before = await accountStateOf(latchkey, ada)

    const repair = await rejectInserts(latchkey, 'outbox')
    const failed = await ada.post('/settings/MfaSignIn', { ...request, code }).finally(repair)
    assert.equal(failed.status, 500)
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
    assert.equal((await ada.signIn()).body.status, 'signedIn')

    const on = await ada.post('/settings/MfaSignIn', { ...request, code })
    assert.equal(on.status, 200, 'a server error uses up no code')
    assert.equal(on.body.recoveryCodes.length, 10)
    assert.equal((await mfaNoticesTo(latchkey, ada.email)).length, 1)
  })

  test('a new secret that can’t be told of leaves the old one in use', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const old = ada.authenticator.secret
    await ada.enrollAuthenticator()
    const fresh = ada.authenticator.secret
    const code = ada.authenticator.nextCode()

    const repair = await rejectInserts(latchkey, 'outbox')
    const failed = await ada
      .post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
      .finally(repair)
    assert.equal(failed.status, 500)
    ada.authenticator.secret = old
    await ada.signInFully()
    ada.authenticator.secret = fresh
    await ada.turnOn('authenticator')
  })

  test('a method that can’t be told gone stays', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('email')
    const before = await accountStateOf(latchkey, ada)

    const repair = await rejectInserts(latchkey, 'outbox')
    const failed = await ada.delete('/settings/MfaSecret').finally(repair)
    assert.equal(failed.status, 500)
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
    assert.equal((await ada.delete('/settings/MfaSecret')).status, 200)
  })

  test('a sign-in that can’t be written down makes no session and costs neither code nor try', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const begun = await ada.signIn()
    const code = ada.authenticator.nextCode()
    const before = await accountStateOf(latchkey, ada)

    const repair = await rejectInserts(latchkey, 'activity')
    const failed = await submitMfaCode(latchkey, begun, { code }).finally(repair)
    assert.equal(failed.status, 500)
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
    assert.equal((await submitMfaCode(latchkey, begun, { code })).status, 200)
  })
})
