/**
 * The codes of all RFC 9457 problems. A code never changes its meaning, and a retired one is never
 * reused. Statuses and titles: src/http/problem-types.ts.
 */
export type ProblemCode =
  | 'invalid_request'
  | 'invalid_password'
  | 'malformed_request'
  | 'missing_token'
  | 'sign_in_required'
  | 'invalid_token'
  | 'insufficient_user_authentication'
  | 'invalid_credentials'
  | 'invalid_code'
  | 'invalid_passkey'
  | 'mfa_token_expired'
  | 'sign_up_token_expired'
  | 'invitation_expired'
  | 'passkey_token_expired'
  | 'invalid_refresh_token'
  | 'password_reset_required'
  | 'reset_token_expired'
  | 'undo_token_expired'
  | 'authorization_expired'
  | 'cross_site_request'
  | 'invitation_required'
  | 'email_domain_not_allowed'
  | 'mfa_is_off'
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
  | 'username_taken'
  | 'passkey_known'
  | 'too_many_passkeys'
  | 'own_account'
  | 'another_account'
  | 'payload_too_large'
  | 'uri_too_long'
  | 'unsupported_media_type'
  | 'headers_too_large'
  | 'too_many_attempts'
  | 'too_many_messages'
  | 'internal_error'
  | 'sms_unavailable'
  | 'unavailable'

/** Extension members of a problem. */
export interface ProblemMembers {
  /** The invalid fields of the request; `path` is a JSON pointer. */
  errors?: { path: string; message: string }[]
  /** Remaining attempts of this sign-in or sign-up. */
  attemptsLeft?: number
  /** Whole seconds until a retry makes sense. */
  retryAfter?: number
  /** The authentication requirements to satisfy (RFC 9470 §3). */
  stepUp?: { maxAge?: number; acrValues?: string }
  /** The HTTP methods that the path supports. */
  allow?: string[]
}

/**
 * A failure reported to the client: a code for programs, a sentence for people. `detail` is sent
 * unchanged, so it says how to proceed and contains no secret.
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
