/**
 * Everything that can be answered with an RFC 9457 problem, by its stable name. A code never
 * changes its meaning, and one that is retired is never used again. Statuses and titles are
 * HTTP's business: src/http/problem-response.ts.
 */
export type ProblemCode =
  | 'invalid_request'
  | 'invalid_password'
  | 'malformed_request'
  | 'missing_token'
  | 'invalid_token'
  | 'insufficient_user_authentication'
  | 'invalid_credentials'
  | 'invalid_code'
  | 'invalid_passkey'
  | 'mfa_token_expired'
  | 'passkey_token_expired'
  | 'invalid_refresh_token'
  | 'password_reset_required'
  | 'reset_token_expired'
  | 'undo_token_expired'
  | 'cross_site_request'
  | 'mfa_required_by_policy'
  | 'mfa_set_up_required'
  | 'account_suspended'
  | 'not_an_operator'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'method_not_set_up'
  | 'last_method'
  | 'address_taken'
  | 'passkey_known'
  | 'too_many_passkeys'
  | 'own_account'
  | 'payload_too_large'
  | 'uri_too_long'
  | 'unsupported_media_type'
  | 'headers_too_large'
  | 'too_many_attempts'
  | 'too_many_messages'
  | 'internal_error'
  | 'sms_unavailable'
  | 'unavailable'

/** What a problem may say beside its code and its sentence. */
export interface ProblemMembers {
  /** Which fields of the request were wrong, as JSON pointers. */
  errors?: { path: string; message: string }[]
  /** How many more guesses this sign-in takes. */
  attemptsLeft?: number
  /** Whole seconds until it is worth trying again. */
  retryAfter?: number
  /** What a sign-in must be like to be enough (RFC 9470 §3). */
  stepUp?: { maxAge?: number; acrValues?: string }
  /** Methods that the path does answer. */
  allow?: string[]
}

/**
 * A failure that the client is told of: a code for programs, a sentence for people. `detail`
 * leaves the service as it is, so it tells what to do and holds no secret.
 */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly members: ProblemMembers

  constructor(code: ProblemCode, detail: string, members: ProblemMembers = {}) {
    super(detail)
    this.name = 'Problem'
    this.code = code
    this.members = members
  }
}
