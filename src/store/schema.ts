/**
 * Every table, as the queries see it. Ids are UUIDv7 texts; times are milliseconds since 1970;
 * a state is the time since when it holds, null while it does not.
 */
export interface Schema {
  account: AccountTable
  totp_secret: TotpSecretTable
  recovery_code: RecoveryCodeTable
  passkey: PasskeyTable
  passkey_challenge: PasskeyChallengeTable
  sign_up: SignUpTable
  challenge: ChallengeTable
  session: SessionTable
  refresh_token: RefreshTokenTable
  signing_key: SigningKeyTable
  encryption_key: EncryptionKeyTable
  rate_limit_hit: RateLimitHitTable
  activity: ActivityTable
  outbox: OutboxTable
  webhook_event: WebhookEventTable
  trusted_device: TrustedDeviceTable
  password_reset: PasswordResetTable
  undo_token: UndoTokenTable
}

export interface AccountTable {
  id: string
  /** As its owner wrote it: where mail goes. */
  email: string
  /** The one spelling by which the address is recognised. */
  email_key: string
  /** A PHC string, Argon2id; of an imported account as it came, until its owner signs in. */
  password_hash: string
  password_changed_at: number
  /** E.164, proven; null if none was. */
  phone_number: string | null
  phone_verified_at: number | null
  /** Where codes by email go, proven; null while that method is not set up. */
  mfa_email: string | null
  /** MFA is on since then. */
  mfa_on_since: number | null
  /** The method asked for first; without meaning while MFA is off. */
  mfa_method: string | null
  /** When MFA was last turned on or off. */
  mfa_changed_at: number | null
  /** Raised by every change of password or MFA: what was begun under a lower one is void. */
  credential_version: number
  /** Since then no password opens the account until a new one is set: a change was undone. */
  password_reset_required_since: number | null
  /** The password was last set by a code from the mailbox, then; null if it was set in a session. */
  reset_by_email_at: number | null
  /** Its owner deleted it then; it is erased when that can't be undone any more. */
  deleted_at: number | null
  created_at: number
  /** What authenticators know the account by: random, made with the first passkey. */
  user_handle: string | null
  /** What its messages are written in; null for English. */
  language: string | null
  /** The fingerprint of the line that it was imported from; null if it was not. */
  import_fingerprint: string | null
  /** Since then an operator lets nobody in, and why. */
  suspended_since: number | null
  suspended_reason: string | null
  /** Its owner is an operator since then. */
  operator_since: number | null
}

/**
 * An authenticator app's secret. At most one confirmed and one waiting to be, per account. One that
 * is taken away stays for as long as that can be undone, with the steps it used.
 */
export interface TotpSecretTable {
  id: string
  account_id: string
  secret_sealed: string
  created_at: number
  confirmed_at: number | null
  /** The last time step a code was taken from; no step up to it is ever taken again. */
  last_step: number | null
  removed_at: number | null
}

export interface RecoveryCodeTable {
  id: string
  account_id: string
  code_hash: string
  created_at: number
  used_at: number | null
  /** Newer ones took its place, then. */
  removed_at: number | null
}

/**
 * A public key whose other half its owner's authenticator keeps (WebAuthn). One that is taken away
 * stays for as long as that can be undone.
 */
export interface PasskeyTable {
  id: string
  account_id: string
  /** What the authenticator calls it, in base64url. */
  credential_id: string
  /** COSE, in base64url. */
  public_key: string
  /** How often it was used, if the authenticator counts; never goes back. */
  counter: number
  /** JSON: how browsers reach it. */
  transports: string
  name: string
  /** 1 if it was copied when it was last seen. */
  backed_up: number
  /** 1 if it signs in alone: it asks for a finger, a face or a PIN, and knows whose it is. */
  passwordless: number
  created_at: number
  last_used_at: number | null
  removed_at: number | null
}

/** What a passkey has to sign, once. */
export interface PasskeyChallengeTable {
  id: string
  purpose: 'register' | 'turnOn' | 'secondFactor' | 'signIn' | 'reauthenticate'
  /** 256 random bits, in base64url. */
  value: string
  /** The fingerprint of the passkeyToken; null where the session says which it is. */
  token_hash: string | null
  /** Whose passkey must answer; null for a sign-in without a password. */
  account_id: string | null
  /** The session that must bring the answer; null where there is none yet. */
  session_id: string | null
  /** The sign-in that waits for its second factor. */
  challenge_id: string | null
  /** The account's when this began; it must still be that. */
  credential_version: number | null
  expires_at: number
  consumed_at: number | null
}

/** A sign-up that waits for its code. There may be several for one address: one code, one password. */
export interface SignUpTable {
  id: string
  email: string
  email_key: string
  password_hash: string
  code_hash: string
  created_at: number
  expires_at: number
  consumed_at: number | null
}

/** A proof of holding a second factor, asked for once. */
export interface ChallengeTable {
  id: string
  account_id: string
  purpose: 'signIn' | 'reauthenticate' | 'setUp' | 'email' | 'phone'
  /** Set for sign-ins: the fingerprint of the mfaToken. */
  token_hash: string | null
  /** Set for all others: the session that must answer. */
  session_id: string | null
  /** The account's when this began; it must still be that. */
  credential_version: number
  /** The method whose code is awaited. */
  method: string
  /** Where the code went, and its fingerprint; null for methods that send none. */
  sent_to: string | null
  code_hash: string | null
  code_expires_at: number | null
  sent_at: number | null
  /** How many codes were sent. */
  send_count: number
  /** How many wrong answers were given. */
  failed_attempts: number
  created_at: number
  expires_at: number
  consumed_at: number | null
}

export interface SessionTable {
  id: string
  account_id: string
  created_at: number
  last_used_at: number
  /** When its owner last showed who they are: the `auth_time` of its tokens. */
  authenticated_at: number
  /** What they showed: RFC 8176 names, separated by spaces. */
  amr: string
  ip_address: string
  user_agent: string
  /** Lives at most until then, and not past `idle_until` if it is not refreshed before. */
  expires_at: number
  idle_until: number
  ended_at: number | null
}

export interface RefreshTokenTable {
  token_hash: string
  session_id: string
  created_at: number
  /** When it was exchanged for the next one. */
  used_at: number | null
}

export interface SigningKeyTable {
  /** The key's `kid`: its thumbprint (RFC 7638). */
  id: string
  private_jwk_sealed: string
  created_at: number
  /** When it begins to sign; null for one that has since it was made. */
  signs_from: number | null
  /** Until then what it signed is accepted; null while none takes its place. */
  retires_at: number | null
}

/** An encryption key that this database was used with. The key itself is not in it. */
export interface EncryptionKeyTable {
  id: string
  /** What hashes made under it are found with, also when it is not given any more. */
  hashing_key_sealed: string
  created_at: number
  /** When a node that has it in front was started; the latest of all has a say in what seals. */
  primary_since: number | null
  /** Nothing is sealed with it since, and it is not given any more. */
  retired_at: number | null
}

/** One guess or one message that counts against a limit. */
export interface RateLimitHitTable {
  id: string
  /** What is limited and for whom. */
  key: string
  at: number
}

export interface ActivityTable {
  id: string
  /** Null when somebody tried an address that has no account. */
  account_id: string | null
  type: string
  at: number
  session_id: string | null
  ip_address: string | null
  user_agent: string | null
  /** JSON. */
  detail: string
}

/** A device whose owner asked not to be asked there again. */
export interface TrustedDeviceTable {
  id: string
  account_id: string
  token_hash: string
  /** The account's when trust was given; it must still be that. */
  credential_version: number
  user_agent: string
  created_at: number
  last_used_at: number
  expires_at: number
}

/** A password that may be set anew: by a mailed code, or by the token that an undo gave. */
export interface PasswordResetTable {
  id: string
  /** Null where nobody has the address: such a row opens nothing. */
  account_id: string | null
  /** The account's when this began; it must still be that. */
  credential_version: number
  token_hash: string | null
  code_hash: string | null
  created_at: number
  expires_at: number
  consumed_at: number | null
}

/** What was there before a change, for whoever brings the token. */
export interface UndoTokenTable {
  id: string
  account_id: string
  /** The activity type of the change. */
  type: string
  token_hash: string
  /** Sealed JSON: all that decides how the account signs in. */
  snapshot_sealed: string
  /** The address of before: nobody else gets it while it can come back. */
  email_key: string
  created_at: number
  expires_at: number
  /** Used, or made void by another that was. */
  ended_at: number | null
}

/** A message to a person, until some days after it was sent. */
export interface OutboxTable {
  id: string
  account_id: string | null
  channel: 'email' | 'sms'
  recipient: string
  language: string | null
  template: string
  /** JSON: the parameters of the template, none of them secret. */
  params: string
  /** Sealed: what only the recipient may know. */
  secret_sealed: string | null
  created_at: number
  /** The message is worthless after this. */
  expires_at: number | null
  /** When the next attempt is due, by the database's clock; the end of the lease while claimed. */
  next_attempt_at: number
  /** Raised by each claim. */
  attempts: number
  sent_at: number | null
  failed_at: number | null
  last_error: string | null
}

/** An activity to be sent to the webhook receiver, until some days after it was sent. */
export interface WebhookEventTable {
  /** The activity's. */
  id: string
  /** Events of one account are sent in order; null if there is none to wait for. */
  account_id: string | null
  /** The activity type. */
  type: string
  /** JSON: the request body. */
  body: string
  created_at: number
  /** When the next attempt is due, by the database's clock; the end of the lease while claimed. */
  next_attempt_at: number
  /** Raised by each claim. */
  attempts: number
  sent_at: number | null
  failed_at: number | null
  last_error: string | null
}
