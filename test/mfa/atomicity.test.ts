import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { accountStateOf, mfaNoticesTo, submitMfaCode } from '../support/mfa.ts'

/** Makes the database reject inserts into a table. @returns a function that undoes that */
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

/**
 * Makes every transaction that inserts into a table fail at its commit. @returns a function that
 * undoes that
 */
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
    // Abuse case (MFA changed by an attacker): The change was made without
    // its notice, or the notice sent without the change.
    test(`turning MFA off fails with a 500 and changes nothing when ${failure.what}`, async () => {
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

  test('turning MFA on leaves it off, and its code valid, when the notice cannot be stored', async () => {
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

  test('a new TOTP secret does not replace the old one when the notice cannot be stored', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const oldSecret = ada.authenticator.secret
    await ada.enrollAuthenticator()
    const freshSecret = ada.authenticator.secret
    const code = ada.authenticator.nextCode()

    const repair = await rejectInserts(latchkey, 'outbox')
    const failed = await ada
      .post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
      .finally(repair)
    assert.equal(failed.status, 500)
    ada.authenticator.secret = oldSecret
    await ada.signInFully()
    ada.authenticator.secret = freshSecret
    await ada.turnOn('authenticator')
  })

  test('a method is not removed when the owner cannot be notified', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('email')
    const before = await accountStateOf(latchkey, ada)

    const repair = await rejectInserts(latchkey, 'outbox')
    const failed = await ada.delete('/settings/MfaSecret').finally(repair)
    assert.equal(failed.status, 500)
    assert.deepEqual(await accountStateOf(latchkey, ada), before)
    assert.equal((await ada.delete('/settings/MfaSecret')).status, 200)
  })

  test('a sign-in that cannot be recorded creates no session and uses up neither its code nor an attempt', async () => {
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
