import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialTables, snapshotColumns } from '../../src/undo/snapshot.ts'
import { onEachDatabase } from '../support/latchkey.ts'

/** Columns of the account that an undo does not restore, and why. */
const leftAlone: Record<string, string> = {
  id: 'the identity',
  created_at: 'never changes',
  language: 'gives no access',
  import_fingerprint: 'the record it was imported from',
  user_handle: 'an identifier for authenticators, without access',
  mfa_changed_at: 'set by the undo where it turns MFA on or off',
  credential_version: 'only increases',
  last_mfa_epoch: 'only increases',
  password_reset_required_since: 'set by the undo',
  reset_by_email_at: 'set with the next new password',
  suspended_since: 'only operators lift a suspension',
  suspended_reason: 'as suspended_since',
  operator_since: 'only the command line changes it',
}

/** Tables of an account that an undo does not restore, and why. */
const notCredentials: Record<string, string> = {
  session: 'the undo ends all',
  challenge: 'the raised version voids them',
  passkey_challenge: 'the raised version voids them',
  password_reset: 'the raised version voids them',
  device: 'the undo ends the trust in all; no trust opens an account alone',
  undo_token: 'the undo voids later ones',
  activity: 'a log',
  outbox: 'messages',
  profile: 'what applications show; it signs nobody in',
  account_group: 'labels for applications, which only operators change',
  webhook_event: 'messages to the operator’s endpoint',
  app_logout: 'messages to applications',
  app_consent: 'opens nothing; the undo removes those given since the change',
  account_app: 'as app_consent',
  oidc_record: 'each needs a session, and the undo ends all',
}

onEachDatabase((latchkey) => {
  const tables = () =>
    latchkey.databaseKind === 'SQLite'
      ? "select m.name as table_name, c.name as column_name from sqlite_schema m, pragma_table_info(m.name) c where m.type = 'table'"
      : "select table_name, column_name from information_schema.columns where table_schema = 'public'"

  test('everything that decides how an account signs in is in the snapshot, or has a stated reason not to be', async () => {
    const columns = await latchkey.sql(tables())
    const account = columns.filter(({ table_name }) => table_name === 'account')
    assert.deepEqual(
      account.map(({ column_name }) => column_name).sort(),
      [...snapshotColumns, ...Object.keys(leftAlone)].sort(),
    )
    const owned = columns.filter(({ column_name }) => column_name === 'account_id')
    assert.deepEqual(
      owned.map(({ table_name }) => table_name).sort(),
      [...credentialTables, ...Object.keys(notCredentials)].sort(),
    )
  })
})
