import { type Kysely, sql } from 'kysely'

/**
 * Every table of the first release. Ids are UUIDv7 texts, times milliseconds since 1970;
 * src/store/schema.ts documents each column. One file, because it is one migration.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('account')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('email', 'text', (c) => c.notNull())
    .addColumn('email_key', 'text', (c) => c.notNull().unique())
    .addColumn('password_hash', 'text', (c) => c.notNull())
    .addColumn('password_changed_at', 'bigint', (c) => c.notNull())
    .addColumn('phone_number', 'text')
    .addColumn('phone_verified_at', 'bigint')
    .addColumn('phone_mfa_since', 'bigint')
    .addColumn('phone_mfa_epoch', 'integer')
    .addColumn('mfa_email', 'text')
    .addColumn('mfa_email_epoch', 'integer')
    .addColumn('mfa_on_since', 'bigint')
    .addColumn('mfa_method', 'text')
    .addColumn('mfa_changed_at', 'bigint')
    .addColumn('mfa_epoch', 'integer')
    .addColumn('last_mfa_epoch', 'integer', (c) => c.notNull())
    .addColumn('mfa_settles_at', 'bigint')
    .addColumn('credential_version', 'integer', (c) => c.notNull())
    .addColumn('password_reset_required_since', 'bigint')
    .addColumn('reset_by_email_at', 'bigint')
    .addColumn('deleted_at', 'bigint')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('user_handle', 'text')
    .addColumn('language', 'text')
    .addColumn('import_fingerprint', 'text')
    .addColumn('suspended_since', 'bigint')
    .addColumn('suspended_reason', 'text')
    .addColumn('operator_since', 'bigint')
    // MFA that is on without a method would lock the owner out.
    .addCheckConstraint(
      'account_mfa_has_method',
      sql`mfa_on_since is null or mfa_method is not null`,
    )
    .addCheckConstraint(
      'account_mfa_has_epoch',
      sql`(mfa_on_since is null) = (mfa_epoch is null) and coalesce(mfa_epoch, 0) <= last_mfa_epoch`,
    )
    .execute()
  await db.schema
    .createIndex('account_import_fingerprint')
    .unique()
    .on('account')
    .column('import_fingerprint')
    .where(sql<boolean>`import_fingerprint is not null`)
    .execute()
  // Finds deleted accounts that have to be erased.
  await db.schema
    .createIndex('account_deleted')
    .on('account')
    .column('deleted_at')
    .where(sql<boolean>`deleted_at is not null`)
    .execute()

  await db.schema
    .createTable('totp_secret')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('secret_sealed', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('confirmed_at', 'bigint')
    .addColumn('last_step', 'bigint')
    .addColumn('removed_at', 'bigint')
    .addColumn('mfa_epoch', 'integer')
    .execute()
  await db.schema
    .createIndex('totp_secret_confirmed')
    .unique()
    .on('totp_secret')
    .column('account_id')
    .where(sql<boolean>`confirmed_at is not null and removed_at is null`)
    .execute()
  await db.schema
    .createIndex('totp_secret_unconfirmed')
    .unique()
    .on('totp_secret')
    .column('account_id')
    .where(sql<boolean>`confirmed_at is null and removed_at is null`)
    .execute()
  // Finds all secrets of an account: confirmed or not, and removed ones when the account is erased.
  await db.schema
    .createIndex('totp_secret_account')
    .on('totp_secret')
    .column('account_id')
    .execute()

  await db.schema
    .createTable('recovery_code')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('code_hash', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('used_at', 'bigint')
    .addColumn('removed_at', 'bigint')
    .addColumn('mfa_epoch', 'integer', (c) => c.notNull())
    .addUniqueConstraint('recovery_code_of_account', ['account_id', 'code_hash'])
    .execute()

  await db.schema
    .createTable('passkey')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('credential_id', 'text', (c) => c.notNull().unique())
    .addColumn('public_key', 'text', (c) => c.notNull())
    .addColumn('counter', 'bigint', (c) => c.notNull())
    .addColumn('transports', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('backed_up', 'integer', (c) => c.notNull())
    .addColumn('passwordless', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint')
    .addColumn('removed_at', 'bigint')
    .addColumn('mfa_epoch', 'integer')
    .execute()
  await db.schema.createIndex('passkey_account').on('passkey').column('account_id').execute()

  // Finds removed credentials that have to be deleted.
  for (const table of ['totp_secret', 'recovery_code', 'passkey']) {
    await db.schema
      .createIndex(`${table}_removed`)
      .on(table)
      .column('removed_at')
      .where(sql<boolean>`removed_at is not null`)
      .execute()
  }

  await db.schema
    .createTable('sign_up')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('email', 'text', (c) => c.notNull())
    .addColumn('email_key', 'text', (c) => c.notNull())
    .addColumn('password_hash', 'text', (c) => c.notNull())
    .addColumn('token_hash', 'text', (c) => c.notNull().unique())
    .addColumn('code_hash', 'text', (c) => c.notNull())
    .addColumn('failed_attempts', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('consumed_at', 'bigint')
    .execute()
  await db.schema.createIndex('sign_up_email').on('sign_up').column('email_key').execute()
  await db.schema.createIndex('sign_up_expiry').on('sign_up').column('expires_at').execute()

  await db.schema
    .createTable('session')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint', (c) => c.notNull())
    .addColumn('authenticated_at', 'bigint', (c) => c.notNull())
    .addColumn('amr', 'text', (c) => c.notNull())
    .addColumn('ip_address', 'text', (c) => c.notNull())
    .addColumn('network', 'text', (c) => c.notNull())
    .addColumn('network_forgotten_at', 'bigint')
    .addColumn('user_agent', 'text', (c) => c.notNull())
    .addColumn('device_id', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('idle_until', 'bigint', (c) => c.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('generation', 'integer', (c) => c.notNull())
    .addColumn('authenticated_generation', 'integer', (c) => c.notNull())
    .addColumn('refresh_token_sealed', 'text')
    .addColumn('repeatable_until', 'bigint')
    .addColumn('repeated_late_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('session_account')
    .on('session')
    .columns(['account_id', 'network'])
    .execute()
  await db.schema.createIndex('session_idle').on('session').column('idle_until').execute()
  // Finds sealed tokens that have to be erased.
  await db.schema
    .createIndex('session_sealed')
    .on('session')
    .expression(sql`coalesce(repeatable_until, idle_until)`)
    .where(sql<boolean>`refresh_token_sealed is not null`)
    .execute()

  await db.schema
    .createTable('refresh_token')
    .addColumn('token_hash', 'text', (c) => c.primaryKey())
    .addColumn('session_id', 'text', (c) =>
      c.notNull().references('session.id').onDelete('cascade'),
    )
    .addColumn('generation', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('used_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('refresh_token_session')
    .on('refresh_token')
    .columns(['session_id', 'generation'])
    .execute()
  await db.schema.createIndex('refresh_token_used').on('refresh_token').column('used_at').execute()

  await db.schema
    .createTable('undo_token')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('token_hash', 'text', (c) => c.notNull().unique())
    .addColumn('snapshot_sealed', 'text', (c) => c.notNull())
    .addColumn('email_key', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('ended_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('undo_token_account')
    .on('undo_token')
    .columns(['account_id', 'created_at'])
    .execute()
  await db.schema.createIndex('undo_token_email').on('undo_token').column('email_key').execute()
  await db.schema.createIndex('undo_token_expiry').on('undo_token').column('expires_at').execute()

  await db.schema
    .createTable('challenge')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('token_hash', 'text', (c) => c.unique())
    .addColumn('session_id', 'text', (c) => c.references('session.id').onDelete('cascade'))
    .addColumn('undo_token_id', 'text', (c) => c.references('undo_token.id').onDelete('cascade'))
    .addColumn('device_id', 'text')
    .addColumn('credential_version', 'integer', (c) => c.notNull())
    .addColumn('method', 'text', (c) => c.notNull())
    .addColumn('sent_to', 'text')
    .addColumn('code_hash', 'text')
    .addColumn('code_expires_at', 'bigint')
    .addColumn('sent_at', 'bigint')
    .addColumn('send_count', 'integer', (c) => c.notNull())
    .addColumn('failed_attempts', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('consumed_at', 'bigint')
    .execute()
  await db.schema.createIndex('challenge_account').on('challenge').column('account_id').execute()
  await db.schema.createIndex('challenge_session').on('challenge').column('session_id').execute()
  await db.schema
    .createIndex('challenge_undo_token')
    .on('challenge')
    .column('undo_token_id')
    .execute()
  await db.schema.createIndex('challenge_expiry').on('challenge').column('expires_at').execute()

  await db.schema
    .createTable('passkey_challenge')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('value', 'text', (c) => c.notNull().unique())
    .addColumn('token_hash', 'text', (c) => c.unique())
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('session_id', 'text', (c) => c.references('session.id').onDelete('cascade'))
    .addColumn('challenge_id', 'text', (c) => c.references('challenge.id').onDelete('cascade'))
    .addColumn('credential_version', 'integer', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('consumed_at', 'bigint')
    .execute()
  for (const column of ['account_id', 'session_id', 'challenge_id', 'expires_at']) {
    await db.schema
      .createIndex(`passkey_challenge_${column}`)
      .on('passkey_challenge')
      .column(column)
      .execute()
  }

  await db.schema
    .createTable('used_passkey_challenge')
    .addColumn('value', 'text', (c) => c.primaryKey())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .createIndex('used_passkey_challenge_expiry')
    .on('used_passkey_challenge')
    .column('expires_at')
    .execute()

  await db.schema
    .createTable('signing_key')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('private_jwk_sealed', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('signs_from', 'bigint')
    .addColumn('retires_at', 'bigint')
    .execute()

  await db.schema
    .createTable('encryption_key')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('hashing_key_sealed', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('primary_since', 'bigint')
    .addColumn('retired_at', 'bigint')
    .execute()

  await db.schema
    .createTable('rate_limit_hit')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .execute()
  // Counting reads this index alone.
  await db.schema
    .createIndex('rate_limit_hit_key')
    .on('rate_limit_hit')
    .columns(['key', 'at'])
    .execute()
  await db.schema.createIndex('rate_limit_hit_at').on('rate_limit_hit').column('at').execute()

  await db.schema
    .createTable('activity')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.references('account.id').onDelete('cascade'))
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('session_id', 'text')
    .addColumn('ip_address', 'text')
    .addColumn('user_agent', 'text')
    .addColumn('detail', 'text', (c) => c.notNull())
    .execute()
  // Ids sort by time, so this pages through one account's entries, newest first.
  await db.schema
    .createIndex('activity_account')
    .on('activity')
    .columns(['account_id', 'id'])
    .execute()
  // Finds entries that have to be deleted, and those without an account, which are kept for less long.
  await db.schema.createIndex('activity_at').on('activity').column('at').execute()
  await db.schema
    .createIndex('activity_unowned')
    .on('activity')
    .column('at')
    .where(sql<boolean>`account_id is null`)
    .execute()

  await db.schema
    .createTable('device')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) =>
      c.notNull().references('account.id').onDelete('cascade'),
    )
    .addColumn('token_hash', 'text', (c) => c.notNull().unique())
    .addColumn('user_agent', 'text', (c) => c.notNull())
    .addColumn('first_seen_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint', (c) => c.notNull())
    .addColumn('credential_version', 'integer')
    .addColumn('trusted_at', 'bigint')
    .addColumn('trusted_until', 'bigint')
    .execute()
  await db.schema.createIndex('device_account').on('device').column('account_id').execute()
  await db.schema.createIndex('device_last_used').on('device').column('last_used_at').execute()

  await db.schema
    .createTable('password_reset')
    .addColumn('id', 'text', (c) => c.primaryKey())
    // Null for an unknown address: known and unknown addresses take the same time.
    .addColumn('account_id', 'text', (c) => c.references('account.id').onDelete('cascade'))
    .addColumn('credential_version', 'integer', (c) => c.notNull())
    .addColumn('token_hash', 'text', (c) => c.unique())
    .addColumn('code_hash', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('consumed_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('password_reset_account')
    .on('password_reset')
    .column('account_id')
    .execute()
  await db.schema
    .createIndex('password_reset_expiry')
    .on('password_reset')
    .column('expires_at')
    .execute()

  await db.schema
    .createTable('outbox')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.references('account.id').onDelete('cascade'))
    .addColumn('channel', 'text', (c) => c.notNull())
    .addColumn('recipient', 'text', (c) => c.notNull())
    .addColumn('language', 'text')
    .addColumn('template', 'text', (c) => c.notNull())
    .addColumn('params', 'text', (c) => c.notNull())
    .addColumn('secret_sealed', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('waits_until', 'bigint')
    .addColumn('digest', 'text')
    .addColumn('expires_at', 'bigint')
    .addColumn('next_attempt_at', 'bigint', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('sent_at', 'bigint')
    .addColumn('failed_at', 'bigint')
    .addColumn('last_error', 'text')
    .execute()
  await db.schema
    .createIndex('outbox_notice')
    .on('outbox')
    .columns(['account_id', 'template'])
    .execute()
  await db.schema
    .createIndex('outbox_due')
    .on('outbox')
    .column('next_attempt_at')
    .where(sql<boolean>`sent_at is null and failed_at is null`)
    .execute()

  await db.schema
    .createTable('webhook_event')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.references('account.id').onDelete('cascade'))
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('next_attempt_at', 'bigint', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('sent_at', 'bigint')
    .addColumn('failed_at', 'bigint')
    .addColumn('last_error', 'text')
    .execute()
  await db.schema
    .createIndex('webhook_event_due')
    .on('webhook_event')
    .column('next_attempt_at')
    .where(sql<boolean>`sent_at is null and failed_at is null`)
    .execute()
  // Finds the earlier unsent events of an account, which are sent first, and all of them when it is erased.
  await db.schema
    .createIndex('webhook_event_in_order')
    .on('webhook_event')
    .columns(['account_id', 'sent_at', 'failed_at', 'created_at', 'id'])
    .execute()

  // Finds finished messages that have to be deleted.
  for (const table of ['outbox', 'webhook_event']) {
    for (const column of ['sent_at', 'failed_at']) {
      await db.schema
        .createIndex(`${table}_${column}`)
        .on(table)
        .column(column)
        .where(sql.ref(column), 'is not', null)
        .execute()
    }
  }
}
