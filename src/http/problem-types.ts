import type { ProblemCode } from '../lib/problem.ts'

/** Status, title and documentation of each problem code (RFC 9457). */
export const problemTypes = {
  invalid_request: {
    status: 400,
    title: 'Invalid request',
    meaning:
      'A field is missing, unknown or has the wrong format. `errors` names each field and the reason.',
  },
  malformed_request: {
    status: 400,
    title: 'Malformed request',
    meaning: 'The URL, the headers or the JSON cannot be parsed, or the text is not valid UTF-8.',
  },
  invalid_password: {
    status: 400,
    title: 'This password can’t be used',
    meaning: 'The new password is too short, too long, too easy to guess, or the current one.',
  },
  missing_token: {
    status: 401,
    title: 'Sign-in required',
    meaning: 'The request has no access token. Send one as `Authorization: Bearer <token>`.',
  },
  sign_in_required: {
    status: 401,
    title: 'Sign-in required',
    meaning:
      'A reverse proxy asked about a request of nobody who is signed in to the application, and which can’t be sent on to sign in: it changes something, or a script sent it.',
  },
  invalid_token: {
    status: 401,
    title: 'Invalid access token',
    meaning:
      'The access token is malformed, expired or from another issuer, or its session has ended. Refresh it, or sign in again.',
  },
  insufficient_user_authentication: {
    status: 401,
    title: 'Please confirm that it’s you',
    meaning:
      'The access token is valid, but its sign-in is too old or too weak for this change (RFC 9470). `POST /auth/Reauthenticate` returns a fresh token.',
  },
  invalid_credentials: {
    status: 401,
    title: 'Wrong email address or password',
    meaning:
      'No account has this email address and password. The response does not reveal which of the two is wrong.',
  },
  invalid_code: {
    status: 401,
    title: 'Invalid code',
    meaning:
      'The code is wrong, expired or already used. In a sign-in, a sign-up or an undo, `attemptsLeft` counts the attempts that remain.',
  },
  invalid_passkey: {
    status: 401,
    title: 'Invalid passkey response',
    meaning:
      'The passkey response is for another site, challenge or account, was used before, or comes from a passkey that has been removed. Get new `options` and try again.',
  },
  mfa_token_expired: {
    status: 401,
    title: 'This second step has expired',
    meaning:
      'The `mfaToken` is unknown, used or expired, had too many wrong codes, or was invalidated by a change to the account. Sign in again, or open the undo link again.',
  },
  sign_up_token_expired: {
    status: 401,
    title: 'This sign-up has expired',
    meaning:
      'The `signUpToken` is unknown, used or expired, had too many wrong codes, or its address now belongs to an account. Sign up again.',
  },
  invitation_expired: {
    status: 401,
    title: 'This invitation has expired',
    meaning:
      'The token is unknown or expired, or its invitation was accepted, revoked or replaced by a newer one of the address. Sign in if it was accepted; otherwise an operator can send another one.',
  },
  passkey_token_expired: {
    status: 401,
    title: 'This passkey challenge has expired',
    meaning:
      'The `passkeyToken` is unknown, used, expired or from another session, or the account has changed since it was issued. Start again with the call that returned it.',
  },
  invalid_refresh_token: {
    status: 401,
    title: 'Invalid refresh token',
    meaning:
      'The refresh token is unknown, was used or superseded, or its session has ended. Sign in again.',
  },
  password_reset_required: {
    status: 401,
    title: 'A new password is required',
    meaning:
      'The owner undid a change to this account, or an operator required a new password. Sign-in stays blocked until the owner sets one, with the `resetToken` of the undo or through `POST /auth/ForgotPassword`.',
  },
  reset_token_expired: {
    status: 401,
    title: 'This password reset has expired',
    meaning:
      'The `resetToken` is unknown, used or expired. `POST /auth/ForgotPassword` sends a code.',
  },
  undo_token_expired: {
    status: 401,
    title: 'This undo link has expired',
    meaning:
      'The token is unknown, used or expired, or an earlier undo already covered its change.',
  },
  cross_site_request: {
    status: 403,
    title: 'Cross-site request blocked',
    meaning:
      'The request uses a session in cookies (`Latchkey-Session`), but its origin is neither the service itself nor listed in `LATCHKEY_ALLOWED_ORIGINS`.',
  },
  invitation_required: {
    status: 403,
    title: 'By invitation only',
    meaning:
      'An account here takes an invitation of an operator (`LATCHKEY_SIGN_UP=invitation`). Every address gets this response.',
  },
  email_domain_not_allowed: {
    status: 403,
    title: 'Email addresses of this domain can’t be used',
    meaning:
      'Only addresses of certain domains can sign up here, and an account can’t change to another domain than those and its own (`LATCHKEY_SIGN_UP=domains:…`). `detail` names them. The domain alone decides.',
  },
  mfa_is_off: {
    status: 409,
    title: 'The second step is off',
    meaning: 'Recovery codes belong to MFA that is on. Turn it on: its response has ten new codes.',
  },
  mfa_required_by_policy: {
    status: 403,
    title: 'Multi-factor sign-in is required',
    meaning:
      'The operator requires multi-factor sign-in for every account: it can’t be turned off.',
  },
  mfa_set_up_required: {
    status: 403,
    title: 'Set up multi-factor sign-in first',
    meaning:
      'The operator requires multi-factor sign-in for every account, and this one has not set it up. Add a method with `/settings/MfaSecret` or `/settings/Passkeys`, turn it on with `POST /settings/MfaSignIn`, then refresh the token.',
  },
  account_suspended: {
    status: 403,
    title: 'This account is suspended',
    meaning:
      'An operator has suspended this account. Sign-in stays blocked until an operator lifts the suspension. Only someone who would otherwise be signed in gets this response.',
  },
  not_an_operator: {
    status: 403,
    title: 'Operators only',
    meaning:
      'Calls under `/admin` are for operators: accounts that were made one with `latchkey accounts admin` and have kept MFA on since.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    meaning: 'This path, or the resource it names, does not exist.',
  },
  authorization_expired: {
    status: 404,
    title: 'This sign-in has expired',
    meaning:
      'The `interaction` is unknown, expired or finished, or waits for another session. Start again at the application.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path exists, but not with this method. `Allow` lists its methods.',
  },
  request_timeout: {
    status: 408,
    title: 'Request timeout',
    meaning: 'The request did not arrive in full within 30 seconds.',
  },
  method_not_set_up: {
    status: 409,
    title: 'This method is not set up yet',
    meaning: 'The account has not set up this method. Set it up first.',
  },
  last_method: {
    status: 409,
    title: 'This is the last method',
    meaning:
      'While multi-factor sign-in is on, its last method can’t be removed. Turn it off first.',
  },
  address_taken: {
    status: 409,
    title: 'This email address is taken',
    meaning:
      'The email address belongs to an account, or is still reserved for one that changed it in the last few days and can undo that. Only those who have proven the mailbox, and operators, get this response.',
  },
  username_taken: {
    status: 409,
    title: 'This username is taken',
    meaning:
      'Another account has this username in upper or lower case, or had it once: applications would take one account for the other.',
  },
  passkey_known: {
    status: 409,
    title: 'This passkey is already registered',
    meaning: 'An account has this passkey, or had it until a few days ago.',
  },
  too_many_passkeys: {
    status: 409,
    title: 'Too many passkeys',
    meaning: 'An account can have 20 passkeys. Remove one first.',
  },
  own_account: {
    status: 409,
    title: 'This is your own account',
    meaning:
      'Operators can’t act on their own account through `/admin`. Use its settings, or ask another operator.',
  },
  another_account: {
    status: 409,
    title: 'Another account is signed in',
    meaning:
      'The refresh token belongs to another account than the `account` of the call, because somebody else has signed in in this browser. Nothing has changed: reload the page.',
  },
  payload_too_large: {
    status: 413,
    title: 'Request body too large',
    meaning: 'A request body can have at most 16 KiB.',
  },
  uri_too_long: {
    status: 414,
    title: 'Path too long',
    meaning: 'A path segment is longer than any that exists.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body must be JSON',
    meaning: 'Send a request body as `Content-Type: application/json`.',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many attempts',
    meaning:
      'Too many failed attempts, or too many sign-ins, refreshes or changes. `Retry-After` gives the seconds to wait.',
  },
  too_many_messages: {
    status: 429,
    title: 'Too many messages',
    meaning: 'Too many codes requested. `Retry-After` gives the seconds to wait.',
  },
  headers_too_large: {
    status: 431,
    title: 'Headers too large',
    meaning: 'All headers together can have at most 16 KiB.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    meaning: 'The request failed, and nothing was changed. It is safe to try again.',
  },
  sms_unavailable: {
    status: 503,
    title: 'Text messages are unavailable',
    meaning: 'Text messages are not set up here, or the daily cap is reached.',
  },
  unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    meaning:
      'The service is too busy, or its database does not respond. `Retry-After` gives the seconds to wait; `detail` states whether the change may have been made anyway.',
  },
} as const satisfies Record<ProblemCode, { status: number; title: string; meaning: string }>
