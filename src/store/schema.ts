/**
 * All tables, as the queries see them. Ids are UUIDv7 as text; times are milliseconds since 1970; a
 * state is the time since which it holds, or null. One file, so that it can be compared with the
 * migrations table by table.
 */
export interface Schema {
  account: AccountTable
  totp_secret: TotpSecretTable
  recovery_code: RecoveryCodeTable
  passkey: PasskeyTable
  passkey_challenge: PasskeyChallengeTable
  used_passkey_challenge: UsedPasskeyChallengeTable
  sign_up: SignUpTable
  invitation: InvitationTable
  challenge: ChallengeTable
  session: SessionTable
  refresh_token: RefreshTokenTable
  signing_key: SigningKeyTable
  encryption_key: EncryptionKeyTable
  rate_limit_hit: RateLimitHitTable
  activity: ActivityTable
  outbox: OutboxTable
  webhook_event: WebhookEventTable
  device: DeviceTable
  password_reset: PasswordResetTable
  undo_token: UndoTokenTable
  profile: ProfileTable
  account_group: AccountGroupTable
  retired_username: RetiredUsernameTable
  app: AppTable
  app_consent: AppConsentTable
  account_app: AccountAppTable
  oidc_record: OidcRecordTable
  session_app: SessionAppTable
  app_logout: AppLogoutTable
  forward_auth_cookie: ForwardAuthCookieTable
}

/** A person's account: its addresses, its password and its sign-in state. */
export interface AccountTable {
  id: string
  /** The address as its owner typed it; emails go there. */
  email: string
  /** The normalized address, unique, by which an account is found. */
  email_key: string
  /** A PHC string, Argon2id. An imported hash keeps its format until the owner's next sign-in. */
  password_hash: string
  password_changed_at: number
  /** E.164, verified; null without a phone. */
  phone_number: string | null
  phone_verified_at: number | null
  /** Codes by text are a method since then; null while the number is no second factor. */
  phone_mfa_since: number | null
  /** The MFA epoch in which codes by text were proven; null if MFA was off. */
  phone_mfa_epoch: number | null
  /** The verified address for codes by email; null while that method is not set up. */
  mfa_email: string | null
  /** The MFA epoch in which codes by email were proven; null if MFA was off. */
  mfa_email_epoch: number | null
  /** MFA is on since then; null while it is off. Read it by `isMfaOn` of mfa-state.ts. */
  mfa_on_since: number | null
  /** The default method; meaningless while MFA is off. */
  mfa_method: string | null
  /** When MFA was last turned on or off, an undo included; null if it never was on. */
  mfa_changed_at: number | null
  /** The MFA epoch that is on; null while MFA is off. Its credentials alone sign in: mfa-state.ts. */
  mfa_epoch: number | null
  /** The highest number that an epoch of this account ever had; 0 before the first. */
  last_mfa_epoch: number
  /** When the MFA epoch settles: mfa-state.ts. Null while MFA is off. */
  mfa_settles_at: number | null
  /** Raised by every change of password or MFA; credentials issued under a lower version are void. */
  credential_version: number
  /** When an undo or an operator voided the password; null once a new one is set. */
  password_reset_required_since: number | null
  /**
   * When the password was reset by a message to the mailbox, a code or an undo link; null again once a
   * second factor other than email completed a sign-in.
   */
  reset_by_email_at: number | null
  /** When its owner deleted it. It is erased when the undo period ends. */
  deleted_at: number | null
  created_at: number
  /** The WebAuthn user handle: random, created with the first passkey. */
  user_handle: string | null
  /** The language of its notifications; null for English. */
  language: string | null
  /** The fingerprint of its import record; null if it was not imported. */
  import_fingerprint: string | null
  /** When an operator suspended the account; no one can sign in since. */
  suspended_since: number | null
  suspended_reason: string | null
  /** When its owner became an operator; null for all others. */
  operator_since: number | null
}

/**
 * The secret of an authenticator app: at most one confirmed and one pending per account. A removed one
 * is kept, with its last time step, for as long as the removal can be undone.
 */
export interface TotpSecretTable {
  id: string
  account_id: string
  secret_sealed: string
  created_at: number
  confirmed_at: number | null
  /** The last time step of which a code was accepted; codes of this or an earlier step are refused. */
  last_step: number | null
  removed_at: number | null
  /** The MFA epoch in which it was proven; null if MFA was off. */
  mfa_epoch: number | null
}

/** A single-use recovery code. */
export interface RecoveryCodeTable {
  id: string
  account_id: string
  code_hash: string
  created_at: number
  used_at: number | null
  /** When newly generated codes replaced it, or an undo removed it. */
  removed_at: number | null
  /** The MFA epoch for which it was generated: it is accepted in no other. */
  mfa_epoch: number
}

/**
 * The public key of a passkey (WebAuthn). A removed one is kept for as long as the removal can be
 * undone.
 */
export interface PasskeyTable {
  id: string
  account_id: string
  /** The credential ID, in base64url. */
  credential_id: string
  /** COSE, in base64url. */
  public_key: string
  /** The signature counter, which never decreases; 0 if the authenticator does not count. */
  counter: number
  /** JSON: the transports by which browsers reach the authenticator. */
  transports: string
  name: string
  /** 1 if the passkey was backed up (the BS flag) at its last use. */
  backed_up: number
  /** 1 if it can sign in without a password: discoverable, with user verification. */
  passwordless: number
  created_at: number
  last_used_at: number | null
  removed_at: number | null
  /** The MFA epoch in which it was proven; null if MFA was off. */
  mfa_epoch: number | null
}

/** A single-use WebAuthn challenge of an account. */
export interface PasskeyChallengeTable {
  id: string
  purpose: 'register' | 'turnOn' | 'secondFactor' | 'reauthenticate' | 'confirm'
  /** 256 random bits, in base64url: the challenge, or for `confirm` the key that it is derived by. */
  value: string
  /** The hash of the passkeyToken; null where the session identifies the challenge. */
  token_hash: string | null
  /** The account whose passkey must respond. */
  account_id: string
  /** The session that must send the response; null before there is one. */
  session_id: string | null
  /** The sign-in that waits for its second factor. */
  challenge_id: string | null
  /** The account's `credential_version` when the challenge was issued; it must still be the same. */
  credential_version: number
  expires_at: number
  consumed_at: number | null
}

/** A challenge by which a passkey alone has signed in. It is kept until its token expires. */
export interface UsedPasskeyChallengeTable {
  value: string
  expires_at: number
}

/**
 * A sign-up that waits for a code. An address may have several: the code of any one proves the
 * mailbox, and the account gets the password of the one whose token came with it.
 */
export interface SignUpTable {
  id: string
  email: string
  email_key: string
  password_hash: string
  /** The hash of the signUpToken. */
  token_hash: string
  code_hash: string
  /** The profile that the account is created with; null for none. */
  name: string | null
  preferred_username: string | null
  /** Wrong codes sent with the token; beyond a maximum the token is void, its code is not. */
  failed_attempts: number
  created_at: number
  expires_at: number
  consumed_at: number | null
}

/** An invitation whose link works; accepting, replacing and revoking delete it. */
export interface InvitationTable {
  id: string
  email: string
  /** Unique: a new invitation of an address replaces the one before. */
  email_key: string
  /** The display name that the account will have; null for none. */
  name: string | null
  /** JSON: the groups that the account will have. */
  group_names: string
  /** The id of the operator, or the command line; not a reference, because operators may leave. */
  invited_by: string
  /** The hash of the token in the link. */
  token_hash: string
  created_at: number
  expires_at: number
}

/** A single-use challenge for a second factor or for the verification of an address. */
export interface ChallengeTable {
  id: string
  account_id: string
  purpose: 'signIn' | 'reauthenticate' | 'undo' | 'setUp' | 'email' | 'phone'
  /** The hash of the mfaToken of a sign-in or an undo; null for other purposes. */
  token_hash: string | null
  /** The session that must respond; null for a sign-in and an undo. */
  session_id: string | null
  /** The change to be undone, whose snapshot names further methods; null for other purposes. */
  undo_token_id: string | null
  /** The device that a sign-in began on; null for a new one and for other purposes. */
  device_id: string | null
  /** The account's `credential_version` when the challenge started; it must still be the same. */
  credential_version: number
  /** The method whose code is expected. */
  method: string
  /** The recipient of the code, and the code's hash; null for methods that send none. */
  sent_to: string | null
  code_hash: string | null
  code_expires_at: number | null
  sent_at: number | null
  /** The number of codes sent. */
  send_count: number
  /** The number of wrong codes received. */
  failed_attempts: number
  created_at: number
  expires_at: number
  consumed_at: number | null
}

/** A session, from sign-in to sign-out or expiry. */
export interface SessionTable {
  id: string
  account_id: string
  created_at: number
  last_used_at: number
  /** When its owner last authenticated: the `auth_time` of its tokens. */
  authenticated_at: number
  /** The authentication methods: RFC 8176 names, separated by spaces. */
  amr: string
  ip_address: string
  /** The network of the address, as `networkOf` of src/lib/network.ts computes it. */
  network: string
  /** When a reset by mail or an undo forgot the network; null while this session makes it known. */
  network_forgotten_at: number | null
  user_agent: string
  /** The device that signed in; its row may have been deleted. */
  device_id: string
  /** The end of its lifetime, whether it is used or not. */
  expires_at: number
  /** The end of its idle timeout, which each refresh postpones. */
  idle_until: number
  ended_at: number | null
  /** The number of its latest refresh token, and the `gen` claim of access tokens issued with it. */
  generation: number
  /** The first generation since its owner last authenticated; tokens of earlier ones are void. */
  authenticated_generation: number
  /** Its latest refresh token, for as long as the refresh that issued it may be repeated. */
  refresh_token_sealed: string | null
  /**
   * Until when the latest refresh may be repeated; null until it is known that its response arrived.
   */
  repeatable_until: number | null
  /** When the latest refresh was repeated after the grace period; null if it was not. */
  repeated_late_at: number | null
}

/** A single-use refresh token of a session. */
export interface RefreshTokenTable {
  token_hash: string
  session_id: string
  /** Counts the tokens of the session, from 1. */
  generation: number
  created_at: number
  /** When it was exchanged for the next one, or a reauthentication superseded it. */
  used_at: number | null
}

/** A key that signs access tokens, with the one that signs ID tokens meanwhile. */
export interface SigningKeyTable {
  /** The `kid`: the thumbprint of the key (RFC 7638). */
  id: string
  private_jwk_sealed: string
  /** The RSA key that signs ID tokens; null before the first application. */
  rsa_private_jwk_sealed: string | null
  created_at: number
  /** When it starts to sign; null for a key that has signed since its creation. */
  signs_from: number | null
  /** When its signatures stop being accepted; null until another key replaces it. */
  retires_at: number | null
}

/** An encryption key that this database has been used with. The key itself is not stored. */
export interface EncryptionKeyTable {
  id: string
  /** The key of the hashes made under it, which finds them even when the encryption key is gone. */
  hashing_key_sealed: string
  created_at: number
  /** When a node last started with this key first in its list; the latest is the primary key. */
  primary_since: number | null
  /** When a node without the key found that no value is sealed with it; null while it is in use. */
  retired_at: number | null
}

/** One attempt or message that counts against a rate limit. */
export interface RateLimitHitTable {
  id: string
  /** The limit, and the account, address or network that it applies to. */
  key: string
  at: number
}

/** One entry of an account's activity log. */
export interface ActivityTable {
  id: string
  /** Null for an attempt on an address without an account. */
  account_id: string | null
  type: string
  at: number
  session_id: string | null
  ip_address: string | null
  user_agent: string | null
  /** JSON. */
  detail: string
}

/** A browser or application that completed a sign-in and keeps a device token. */
export interface DeviceTable {
  id: string
  account_id: string
  token_hash: string
  /** The `User-Agent` header at its last sign-in. */
  user_agent: string
  /** When it first completed a sign-in. */
  first_seen_at: number
  /** When it last completed one, or set the password: it is known if that has not changed since. */
  last_used_at: number
  /**
   * The account's `credential_version` when the device was trusted; it must still be the same. Null
   * for a device that does not skip the second factor, as the next two.
   */
  credential_version: number | null
  trusted_at: number | null
  trusted_until: number | null
}

/** Permission to set a new password, by an emailed code or by the token that an undo issues. */
export interface PasswordResetTable {
  id: string
  /** Null for an address without an account: the row resets nothing. */
  account_id: string | null
  /** The account's `credential_version` when the reset was issued; it must still be the same. */
  credential_version: number
  token_hash: string | null
  code_hash: string | null
  created_at: number
  expires_at: number
  consumed_at: number | null
}

/** The state before a credential change, which its undo token restores. */
export interface UndoTokenTable {
  id: string
  account_id: string
  /** The activity type of the change. */
  type: string
  token_hash: string
  /** Sealed JSON: all columns and rows that decide how the account signs in. */
  snapshot_sealed: string
  /** The key of the address before the change; it is reserved while the change can be undone. */
  email_key: string
  created_at: number
  expires_at: number
  /** When the token was redeemed, or voided by the redemption of another. */
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
  /** Sealed JSON: the parameters that only the recipient may see. */
  secret_sealed: string | null
  created_at: number
  /** Until then, further notices of its kind join the message; null if it is due at once. */
  waits_until: number | null
  /** JSON: the number of notices that have joined, and the parameters of some; null if there are none. */
  digest: string | null
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

/** The profile of an account's owner, which applications show. Accounts without one have no row. */
export interface ProfileTable {
  account_id: string
  /** Free text. */
  name: string | null
  /** As it was set. */
  preferred_username: string | null
  /** The username in lower case, unique; null without one. */
  username_key: string | null
  /** An https URL. The service never requests it. */
  picture: string | null
  /** JSON: the values of the attributes that the operator declares, by name. */
  attributes: string
  /** When any of it, the groups or the language of the account was last changed. */
  updated_at: number
}

/** One group of an account: a flat label, which only applications interpret. */
export interface AccountGroupTable {
  account_id: string
  name: string
}

/**
 * A username that an account had and lost, by a change or its erasure. No sign-up gets it, because
 * applications would take the new account for the former one.
 */
export interface RetiredUsernameTable {
  /** A keyed hash of the username's key, so that nothing remains of an erased account. */
  username_hash: string
  retired_at: number
}

/** An application that sends people here to sign in: an OpenID Connect client. */
export interface AppTable {
  /** The `client_id`. */
  id: string
  name: string
  /** Its address, for people. */
  url: string
  /** JSON: the addresses to which people return, compared exactly. */
  redirect_uris: string
  /** Where it learns that a session has ended; null if it does not want to. */
  backchannel_logout_uri: string | null
  /** The hash of its client secret; null for a public application, which has none. */
  secret_hash: string | null
  secret_changed_at: number | null
  /** When it was registered as the operator's own, which asks for no consent; null for others. */
  trusted_since: number | null
  created_at: number
  /** The origin of one that a reverse proxy protects by forward authentication; null for others. */
  forward_auth_origin: string | null
  /** The `acr` that forward authentication requires for it; null for any. */
  required_acr: 'aal2' | null
}

/** An owner's permission for an application, until it is withdrawn. */
export interface AppConsentTable {
  account_id: string
  app_id: string
  /** The scopes, separated by spaces. */
  scope: string
  granted_at: number
}

/** An application of an account: its owner allowed it, or signed in to a trusted one. */
export interface AccountAppTable {
  account_id: string
  app_id: string
  /** The scopes that it got, separated by spaces. */
  scope: string
  since: number
  /** When it last got a code or a token; null before the first. */
  last_used_at: number | null
}

/** An object of the OpenID Provider: a code, a token, a grant, an interaction, its view of a session. */
export interface OidcRecordTable {
  /** The hash of its id, which often is a secret. */
  id_hash: string
  model: string
  /** JSON, without the id. */
  payload: string
  app_id: string | null
  account_id: string | null
  /** The session that a provider session shows, or a random id before sign-in; null for others. */
  session_uid: string | null
  /** The grant that it belongs to; null for others. */
  grant_id: string | null
  expires_at: number
  /** When a single-use one was used. */
  consumed_at: number | null
}

/** An application that a session has signed in to. */
export interface SessionAppTable {
  session_id: string
  app_id: string
  /** The `sid` of its ID tokens. An application that lost one gets another, in a row of its own. */
  sid: string
  since: number
}

/** The end of a session that an application has to learn of, until some days after it did. */
export interface AppLogoutTable {
  id: string
  /** The application, which may have been removed since. */
  app_id: string
  account_id: string
  /** The `sid` by which the application knows the session. */
  sid: string
  created_at: number
  /** When the next attempt is due, by the database's clock; the end of the lease while claimed. */
  next_attempt_at: number
  /** Raised by each claim. */
  attempts: number
  sent_at: number | null
  failed_at: number | null
  last_error: string | null
}

/** A browser’s sign-in to an application behind forward authentication. The session decides if it is valid. */
export interface ForwardAuthCookieTable {
  /** The hash of the cookie that the browser has for the application’s host. */
  token_hash: string
  app_id: string
  session_id: string
  expires_at: number
}
