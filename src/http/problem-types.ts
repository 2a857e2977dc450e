import type { ProblemCode } from '../lib/problem.ts'

/** How each failure is answered (RFC 9457). The meaning is for the documentation. */
export const problemTypes = {
  invalid_request: {
    status: 400,
    title: 'The request is not as described',
    meaning: 'A field is missing, unknown or not of its form. `errors` says which and why.',
  },
  malformed_request: {
    status: 400,
    title: 'The request could not be read',
    meaning: 'The address, the headers or the JSON are broken, or the text is not valid UTF-8.',
  },
  invalid_password: {
    status: 400,
    title: 'This password can’t be used',
    meaning: 'The new password is too short, too long, or among those that are guessed first.',
  },
  missing_token: {
    status: 401,
    title: 'Signing in comes first',
    meaning: 'There is no access token. Send one as `Authorization: Bearer <token>`.',
  },
  invalid_token: {
    status: 401,
    title: 'The access token was not accepted',
    meaning:
      'The access token is malformed, expired, from somebody else, or its session has ended. Refresh, or sign in again.',
  },
  insufficient_user_authentication: {
    status: 401,
    title: 'Please confirm that it’s you',
    meaning:
      'The token is valid, but the sign-in behind it is too old or too weak for this change (RFC 9470). `POST /auth/Reauthenticate` gets a fresh one.',
  },
  invalid_credentials: {
    status: 401,
    title: 'Address or password is not right',
    meaning:
      'No account has this address and this password. Which of the two is wrong is not told.',
  },
  invalid_code: {
    status: 401,
    title: 'The code was not accepted',
    meaning:
      'The code is wrong, too old, or was used before. Where it matters, `attemptsLeft` says how many more this sign-in takes.',
  },
  invalid_passkey: {
    status: 401,
    title: 'The passkey was not accepted',
    meaning:
      'What the passkey answered is not right: for another page, another challenge or another account, already used, or from a passkey that was removed. Ask for new `options` and try again.',
  },
  mfa_token_expired: {
    status: 401,
    title: 'This sign-in is no longer open',
    meaning:
      'The `mfaToken` is unknown, used, too old, had too many wrong answers, or was made void by a change of the account. Sign in again.',
  },
  passkey_token_expired: {
    status: 401,
    title: 'This passkey sign-in is no longer open',
    meaning:
      'The `passkeyToken` is unknown, used, too old, or another session’s; or the account was changed meanwhile. Begin again with `POST /auth/SignIn/Passkey`.',
  },
  invalid_refresh_token: {
    status: 401,
    title: 'The refresh token was not accepted',
    meaning: 'The refresh token is unknown or used, or its session has ended. Sign in again.',
  },
  password_reset_required: {
    status: 401,
    title: 'A new password comes first',
    meaning:
      'A change of this account was undone, or an operator asks for a new password. Nobody can sign in until its owner has set one: with the `resetToken` of the undo, or by `POST /auth/ForgotPassword`.',
  },
  reset_token_expired: {
    status: 401,
    title: 'This can’t set a password any more',
    meaning:
      'The `resetToken` is unknown, used or too old. `POST /auth/ForgotPassword` sends a code.',
  },
  undo_token_expired: {
    status: 401,
    title: 'This can’t be undone any more',
    meaning:
      'The token is unknown, used, too old, or belongs to a change that was undone with an earlier one.',
  },
  cross_site_request: {
    status: 403,
    title: 'This is for pages of this service',
    meaning:
      'The request asks for a session in cookies (`Latchkey-Session`), and does not come from a page that may have one: of the service itself, or of `LATCHKEY_ALLOWED_ORIGINS`.',
  },
  mfa_required_by_policy: {
    status: 403,
    title: 'Everyone here uses a second step',
    meaning: 'The operator requires multi-factor sign-in of everyone: it can’t be turned off.',
  },
  mfa_set_up_required: {
    status: 403,
    title: 'A second step comes first',
    meaning:
      'The operator requires multi-factor sign-in of everyone, and this account has none yet. Set it up by `/settings/MfaSecret` or `/settings/Passkeys` and `POST /settings/MfaSignIn`, then refresh the token.',
  },
  account_suspended: {
    status: 403,
    title: 'This account is suspended',
    meaning:
      'Whoever runs the service has suspended this account. Nobody can sign in until they restore it. It is told only to those who would be let in otherwise.',
  },
  not_an_operator: {
    status: 403,
    title: 'This is for operators',
    meaning:
      'Calls under `/admin` are for accounts that whoever runs the service has made operators, by `latchkey accounts admin`, and whose MFA has been on ever since.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    meaning: 'This path, or what it names, does not exist.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This path takes other methods',
    meaning: 'The path exists, but not with this method. `Allow` lists those it takes.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    meaning: 'A request must have arrived in full after 30 seconds.',
  },
  method_not_set_up: {
    status: 409,
    title: 'This method is not set up yet',
    meaning: 'The account has nothing yet by which this method could be proven. Set it up first.',
  },
  last_method: {
    status: 409,
    title: 'This is the last method',
    meaning:
      'While multi-factor sign-in is on, its last method can’t be removed. Turn it off first.',
  },
  address_taken: {
    status: 409,
    title: 'Another account has this address',
    meaning:
      'The code was right, but the address belongs to another account, or did until a few days ago and may come back to it.',
  },
  passkey_known: {
    status: 409,
    title: 'This passkey is registered already',
    meaning: 'An account has this very passkey, or had it until a few days ago.',
  },
  too_many_passkeys: {
    status: 409,
    title: 'This account has as many passkeys as it can',
    meaning: 'An account has at most 20 passkeys. Remove one first.',
  },
  own_account: {
    status: 409,
    title: 'This is your own account',
    meaning:
      'Operators don’t act on their own account by calls under `/admin`. Its settings change it, and so does another operator.',
  },
  payload_too_large: {
    status: 413,
    title: 'The request is too large',
    meaning: 'A request body may have 16 KiB at most.',
  },
  uri_too_long: {
    status: 414,
    title: 'The address is too long',
    meaning: 'A part of the path is longer than any that exists.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body must be JSON',
    meaning: 'A request body is sent as `Content-Type: application/json`.',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many attempts',
    meaning: 'There were too many wrong attempts. `Retry-After` says when to try again.',
  },
  too_many_messages: {
    status: 429,
    title: 'Too many messages',
    meaning: 'There were too many codes asked for. `Retry-After` says when to ask again.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    meaning: 'All headers together may have 16 KiB at most.',
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong on our side',
    meaning:
      'The request could not be carried out, and nothing was changed. It is safe to try again.',
  },
  sms_unavailable: {
    status: 503,
    title: 'No text can be sent now',
    meaning: 'Texts are not set up here, or the day’s number of them is used up.',
  },
  unavailable: {
    status: 503,
    title: 'Not possible right now',
    meaning:
      'The service can’t take this on now: it is too busy, or its database does not answer. `Retry-After` says when to try again, and `detail` whether the change may have been made all the same.',
  },
} as const satisfies Record<ProblemCode, { status: number; title: string; meaning: string }>
