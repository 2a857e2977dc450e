// Made from openapi.json by `npm run generate`. Not to be edited: what you change is lost.

/**
 * Every call of Latchkey as a function, found along its path. No answer is an
 * exception: look at `ok`, then at `status` or `problem.code`.
 */
export function createLatchkey(options: Options) {
  const call = createCall(options)
  return {
    auth: {
      signUp: {
        /**
         * Sign up (`POST /auth/SignUp`).
         *
         * Sends a code to the address; the account begins when the code comes back. The answer
         * is the same for an address that has an account: its owner gets another message.
         */
        post: (body: SignUpBody) =>
          call<
            Success<202, SignUpAnswer>,
            WithBody | 'invalid_password' | 'too_many_attempts' | 'too_many_messages'
          >('POST', '/auth/SignUp', { body }),
        verify: {
          /**
           * Finish signing up with the code (`POST /auth/SignUp/Verify`).
           *
           * Makes the account. Send the password again: it is then the account’s, whichever code
           * was typed. Without it the account gets the password of the sign-up that the code
           * belongs to, and somebody else may have signed up with the same address.
           */
          post: (body: VerifySignUpBody) =>
            call<
              Success<201, SignedIn>,
              WithBody | 'invalid_password' | 'invalid_code' | 'too_many_attempts'
            >('POST', '/auth/SignUp/Verify', { body }),
        },
      },
      forgotPassword: {
        /**
         * Ask for a new password (`POST /auth/ForgotPassword`).
         *
         * Sends a code to the address. The answer is the same for everyone.
         */
        post: (body: ForgotPasswordBody) =>
          call<
            Success<202, ForgotPasswordAnswer>,
            WithBody | 'too_many_attempts' | 'too_many_messages'
          >('POST', '/auth/ForgotPassword', { body }),
      },
      resetPassword: {
        /**
         * Set a new password (`POST /auth/ResetPassword`).
         *
         * With the mailed code, or with the `resetToken` of an undo. Every session and trusted
         * device ends; signing in asks for the second factor as ever.
         */
        post: (body: ResetPasswordBody) =>
          call<
            Success<200, ResetPasswordAnswer>,
            | WithBody
            | 'invalid_password'
            | 'invalid_code'
            | 'reset_token_expired'
            | 'account_suspended'
            | 'too_many_attempts'
          >('POST', '/auth/ResetPassword', { body }),
      },
      signIn: {
        /**
         * Sign in (`POST /auth/SignIn`).
         *
         * With MFA off you are signed in; with MFA on, the second factor comes next.
         */
        post: (body: SignInBody) =>
          call<
            Success<200, SignedIn | MfaRequired>,
            | WithBody
            | 'invalid_credentials'
            | 'password_reset_required'
            | 'account_suspended'
            | 'too_many_attempts'
          >('POST', '/auth/SignIn', { body }),
        mfa: {
          /**
           * Finish signing in with the second factor (`POST /auth/SignIn/Mfa`).
           *
           * A right code works once. After five wrong ones this sign-in is over; all wrong ones
           * of an account count together.
           */
          post: (body: AnswerMfaBody) =>
            call<
              Success<200, SignedIn>,
              | WithBody
              | 'invalid_code'
              | 'mfa_token_expired'
              | 'invalid_token'
              | 'password_reset_required'
              | 'account_suspended'
              | 'too_many_attempts'
            >('POST', '/auth/SignIn/Mfa', { body }),
        },
        mfaCode: {
          /**
           * Send the code again (`POST /auth/SignIn/MfaCode`).
           *
           * Or by another method that is set up. Wrong answers stay counted.
           */
          post: (body: SendMfaCodeBody) =>
            call<
              Success<202, CodeSent>,
              | WithBody
              | 'mfa_token_expired'
              | 'account_suspended'
              | 'method_not_set_up'
              | 'too_many_messages'
              | 'sms_unavailable'
            >('POST', '/auth/SignIn/MfaCode', { body }),
        },
        passkey: {
          /**
           * Begin to sign in with a passkey (`POST /auth/SignIn/Passkey`).
           *
           * With `mfaToken`, as the second factor of that sign-in. With an access token, to
           * confirm that it’s you. With neither, to sign in with the passkey alone. Give the
           * `options` to `navigator.credentials.get()`.
           */
          post: (body: BeginPasskeySignInBody = {}) =>
            call<
              Success<200, BeginPasskeySignInAnswer>,
              | WithBody
              | WithToken
              | 'mfa_token_expired'
              | 'account_suspended'
              | 'method_not_set_up'
              | 'too_many_attempts'
            >('POST', '/auth/SignIn/Passkey', { token: true, body }),
          verify: {
            /**
             * Finish signing in with a passkey (`POST /auth/SignIn/Passkey/Verify`).
             *
             * Right or wrong, an answer uses the `passkeyToken` up. To confirm a session, send its
             * access token again.
             */
            post: (body: AnswerWithPasskeyBody) =>
              call<
                Success<200, SignedIn>,
                | WithBody
                | WithToken
                | 'invalid_passkey'
                | 'passkey_token_expired'
                | 'mfa_token_expired'
                | 'invalid_credentials'
                | 'password_reset_required'
                | 'account_suspended'
              >('POST', '/auth/SignIn/Passkey/Verify', { token: true, body }),
          },
        },
      },
      reauthenticate: {
        /**
         * Confirm that it’s you (`POST /auth/Reauthenticate`).
         *
         * The same session, with a fresh `auth_time`. While MFA is on, the second factor comes
         * next.
         */
        post: (body: ReauthenticateBody) =>
          call<
            Success<200, SignedIn | MfaRequired>,
            WithBody | WithToken | 'invalid_credentials' | 'account_suspended' | 'too_many_attempts'
          >('POST', '/auth/Reauthenticate', { token: true, body }),
      },
      refresh: {
        /**
         * Get a new access token (`POST /auth/Refresh`).
         *
         * Exchanges the refresh token for a new pair. Keep the new one: the old one is dead,
         * and using it again ends the session.
         */
        post: (body: RefreshBody = {}) =>
          call<Success<200, SignedIn>, WithBody | 'invalid_refresh_token'>(
            'POST',
            '/auth/Refresh',
            { body },
          ),
      },
      signOut: {
        /**
         * Sign out (`POST /auth/SignOut`).
         *
         * Ends the session. Its tokens stop working at once.
         */
        post: () =>
          call<Success<204, undefined>, WithBody | WithToken>('POST', '/auth/SignOut', {
            token: true,
          }),
      },
      undo: {
        /**
         * Undo a change (`POST /auth/Undo`).
         *
         * With the token of a notification email. All that decides how the account signs in is
         * put back as it was before that change; every session and trusted device ends; nobody
         * gets in until `resetToken` has set a new password.
         */
        post: (body: UndoBody) =>
          call<Success<200, Undone>, WithBody | 'undo_token_expired'>('POST', '/auth/Undo', {
            body,
          }),
      },
    },
    settings: {
      /** Read all settings of the account at once (`GET /settings`). */
      get: () => call<Success<200, Settings>, WithToken>('GET', '/settings', { token: true }),
      password: {
        /**
         * Change the password (`PUT /settings/Password`).
         *
         * Other sessions end, and no device is trusted any more. The owner is told.
         */
        put: (body: ChangePasswordBody) =>
          call<
            Success<200, ChangePasswordAnswer>,
            | WithBody
            | WithToken
            | 'invalid_password'
            | 'insufficient_user_authentication'
            | 'invalid_credentials'
            | 'too_many_attempts'
          >('PUT', '/settings/Password', { token: true, body }),
      },
      email: {
        /**
         * Change the email address (`POST /settings/Email`).
         *
         * Without `code` one is sent to the new address; with it the address changes. The old
         * address is told and can undo it.
         */
        post: (body: ChangeEmailBody) =>
          call<
            Success<200, ChangeEmailAnswer> | Success<202, CodeSent>,
            | WithBody
            | WithToken
            | 'insufficient_user_authentication'
            | 'invalid_code'
            | 'address_taken'
            | 'too_many_attempts'
            | 'too_many_messages'
          >('POST', '/settings/Email', { token: true, body }),
      },
      language: {
        /** Choose the language of messages (`PUT /settings/Language`). */
        put: (body: ChangeLanguageBody) =>
          call<Success<200, ChangeLanguageAnswer>, WithBody | WithToken>(
            'PUT',
            '/settings/Language',
            { token: true, body },
          ),
      },
      account: {
        /**
         * Delete the account (`DELETE /settings/Account`).
         *
         * It is closed at once and erased after seven days. Until then its owner, who is told,
         * can undo it.
         */
        delete: (body: DeleteAccountBody) =>
          call<
            Success<204, undefined>,
            | WithBody
            | WithToken
            | 'insufficient_user_authentication'
            | 'invalid_credentials'
            | 'too_many_attempts'
          >('DELETE', '/settings/Account', { token: true, body }),
      },
      sessions: {
        /** List where the account is signed in (`GET /settings/Sessions`). */
        get: () =>
          call<Success<200, Sessions>, WithToken>('GET', '/settings/Sessions', { token: true }),
        /** Sign out everywhere else (`DELETE /settings/Sessions`). */
        delete: () =>
          call<Success<200, Sessions>, WithBody | WithToken>('DELETE', '/settings/Sessions', {
            token: true,
          }),
        byId(id: string) {
          return {
            /** Sign out one session (`DELETE /settings/Sessions/{id}`). */
            delete: () =>
              call<Success<200, Sessions>, WithBody | WithToken | 'not_found'>(
                'DELETE',
                `/settings/Sessions/${encodeURIComponent(id)}`,
                { token: true },
              ),
          }
        },
      },
      trustedDevices: {
        /**
         * List devices that are not asked for a second factor (`GET
         * /settings/TrustedDevices`).
         */
        get: () =>
          call<Success<200, TrustedDevices>, WithToken>('GET', '/settings/TrustedDevices', {
            token: true,
          }),
        /** Trust no device any more (`DELETE /settings/TrustedDevices`). */
        delete: () =>
          call<
            Success<200, TrustedDevices>,
            WithBody | WithToken | 'insufficient_user_authentication'
          >('DELETE', '/settings/TrustedDevices', { token: true }),
        byId(id: string) {
          return {
            /** Trust one device no longer (`DELETE /settings/TrustedDevices/{id}`). */
            delete: () =>
              call<
                Success<200, TrustedDevices>,
                WithBody | WithToken | 'insufficient_user_authentication' | 'not_found'
              >('DELETE', `/settings/TrustedDevices/${encodeURIComponent(id)}`, { token: true }),
          }
        },
      },
      mfaSignIn: {
        /** Read whether MFA is on (`GET /settings/MfaSignIn`). */
        get: () =>
          call<Success<200, MfaSignIn>, WithToken>('GET', '/settings/MfaSignIn', { token: true }),
        /**
         * Turn MFA on, or change the method (`POST /settings/MfaSignIn`).
         *
         * No method is switched on before its owner has proven to hold it. For `sms` and
         * `email`, call it without `code` to have one sent, then with the code. For
         * `authenticator`, set up a secret first. For `passkey`, add one first; call it
         * without `assertion` to be told what to sign, then with what the passkey made of it.
         */
        post: (body: TurnOnMfaSignInBody) =>
          call<
            Success<200, MfaSignInOn> | Success<202, CodeSent | AssertionRequired>,
            | WithBody
            | WithToken
            | 'insufficient_user_authentication'
            | 'invalid_code'
            | 'invalid_passkey'
            | 'method_not_set_up'
            | 'too_many_attempts'
            | 'too_many_messages'
            | 'sms_unavailable'
          >('POST', '/settings/MfaSignIn', { token: true, body }),
        /**
         * Turn MFA off (`DELETE /settings/MfaSignIn`).
         *
         * From now on the password alone signs in, and sign-ins that wait for a code are void.
         * The owner is told. What is set up stays set up.
         */
        delete: () =>
          call<
            Success<200, MfaSignIn>,
            WithBody | WithToken | 'insufficient_user_authentication' | 'mfa_required_by_policy'
          >('DELETE', '/settings/MfaSignIn', { token: true }),
      },
      mfaSecret: {
        /** Read whether an authenticator app is set up (`GET /settings/MfaSecret`). */
        get: () =>
          call<Success<200, MfaSecret>, WithToken>('GET', '/settings/MfaSecret', { token: true }),
        /**
         * Set up an authenticator app (`POST /settings/MfaSecret`).
         *
         * A new secret each time. It is used from the moment that `POST /settings/MfaSignIn`
         * brings a code of it; until then the one in use stays.
         */
        post: () =>
          call<
            Success<200, NewMfaSecret>,
            WithBody | WithToken | 'insufficient_user_authentication'
          >('POST', '/settings/MfaSecret', { token: true }),
        /**
         * Remove the authenticator app (`DELETE /settings/MfaSecret`).
         *
         * If it was the MFA method, the strongest other one takes over. The owner is told.
         */
        delete: () =>
          call<
            Success<200, RemoveMfaSecretAnswer>,
            WithBody | WithToken | 'insufficient_user_authentication' | 'last_method'
          >('DELETE', '/settings/MfaSecret', { token: true }),
      },
      passkeys: {
        /** List the account’s passkeys (`GET /settings/Passkeys`). */
        get: () =>
          call<Success<200, ListPasskeysAnswer>, WithToken>('GET', '/settings/Passkeys', {
            token: true,
          }),
        /**
         * Begin to add a passkey (`POST /settings/Passkeys`).
         *
         * Gives what `navigator.credentials.create()` needs. What that makes goes to `POST
         * /settings/Passkeys/Verify`.
         */
        post: () =>
          call<
            Success<200, BeginPasskeyAnswer>,
            WithBody | WithToken | 'insufficient_user_authentication' | 'too_many_passkeys'
          >('POST', '/settings/Passkeys', { token: true }),
        verify: {
          /**
           * Add the passkey (`POST /settings/Passkeys/Verify`).
           *
           * From now on it signs in without a password, and can be chosen as the second factor
           * by `POST /settings/MfaSignIn`. The owner is told.
           */
          post: (body: AddPasskeyBody) =>
            call<
              Success<201, Passkey>,
              | WithBody
              | WithToken
              | 'insufficient_user_authentication'
              | 'invalid_passkey'
              | 'passkey_known'
            >('POST', '/settings/Passkeys/Verify', { token: true, body }),
        },
        byId(id: string) {
          return {
            /** Rename a passkey (`PATCH /settings/Passkeys/{id}`). */
            patch: (body: RenamePasskeyBody) =>
              call<
                Success<200, Passkey>,
                WithBody | WithToken | 'insufficient_user_authentication' | 'not_found'
              >('PATCH', `/settings/Passkeys/${encodeURIComponent(id)}`, { token: true, body }),
            /**
             * Remove a passkey (`DELETE /settings/Passkeys/{id}`).
             *
             * It is dead at once. If it was the last one and the MFA method, the strongest other
             * method takes over. The owner is told.
             */
            delete: () =>
              call<
                Success<200, RemovePasskeyAnswer>,
                | WithBody
                | WithToken
                | 'insufficient_user_authentication'
                | 'not_found'
                | 'last_method'
              >('DELETE', `/settings/Passkeys/${encodeURIComponent(id)}`, { token: true }),
          }
        },
      },
      recoveryCodes: {
        /** Read how many recovery codes are left (`GET /settings/RecoveryCodes`). */
        get: () =>
          call<Success<200, ReadRecoveryCodesAnswer>, WithToken>('GET', '/settings/RecoveryCodes', {
            token: true,
          }),
        /**
         * Make ten new recovery codes (`POST /settings/RecoveryCodes`).
         *
         * They are shown once. The ones before no longer work. The owner is told.
         */
        post: () =>
          call<
            Success<200, MakeRecoveryCodesAnswer>,
            WithBody | WithToken | 'insufficient_user_authentication'
          >('POST', '/settings/RecoveryCodes', { token: true }),
      },
      phoneNumber: {
        /**
         * Set or change the phone number (`POST /settings/PhoneNumber`).
         *
         * Without `code` one is sent to the number; with it the number is the account’s. The
         * owner is told.
         */
        post: (body: ChangePhoneNumberBody) =>
          call<
            Success<200, ChangePhoneNumberAnswer> | Success<202, CodeSent>,
            | WithBody
            | WithToken
            | 'insufficient_user_authentication'
            | 'invalid_code'
            | 'too_many_attempts'
            | 'too_many_messages'
            | 'sms_unavailable'
          >('POST', '/settings/PhoneNumber', { token: true, body }),
        /**
         * Remove the phone number (`DELETE /settings/PhoneNumber`).
         *
         * If codes by text were the MFA method, the strongest other one takes over. The owner
         * is told.
         */
        delete: () =>
          call<
            Success<200, RemovePhoneNumberAnswer>,
            WithBody | WithToken | 'insufficient_user_authentication' | 'last_method'
          >('DELETE', '/settings/PhoneNumber', { token: true }),
      },
      waysIn: {
        /**
         * Read what losing or having one thing would mean (`GET /settings/WaysIn`).
         *
         * For each thing that you could lose, whether you would still get in; for each that a
         * thief could have, whether it alone lets them in; and the one step that would help
         * most.
         */
        get: () =>
          call<Success<200, WaysIn>, WithToken>('GET', '/settings/WaysIn', { token: true }),
      },
      activity: {
        /**
         * List what happened to the account (`GET /settings/Activity`).
         *
         * Every sign-in, failed ones too, and every change, newest first.
         */
        get: (query: ListActivityQuery = {}) =>
          call<Success<200, Activity>, WithToken | 'invalid_request'>('GET', '/settings/Activity', {
            token: true,
            query,
          }),
      },
    },
    wellKnown: {
      jwksJson: {
        /**
         * Read the keys that verify access tokens (`GET /.well-known/jwks.json`).
         *
         * A JSON Web Key Set (RFC 7517), for any JOSE library.
         */
        get: () =>
          call<Success<200, ReadSigningKeysAnswer>, never>('GET', '/.well-known/jwks.json'),
      },
    },
    admin: {
      users: {
        /**
         * Find accounts by address (`GET /admin/Users`).
         *
         * The account that has the address, however it is written, and those that had it and
         * may still get it back.
         */
        get: (query: FindUsersQuery) =>
          call<
            Success<200, Users>,
            WithToken | 'invalid_request' | 'insufficient_user_authentication' | 'not_an_operator'
          >('GET', '/admin/Users', { token: true, query }),
        byId(id: string) {
          return {
            /** Read one account (`GET /admin/Users/{id}`). */
            get: () =>
              call<
                Success<200, User>,
                | WithToken
                | 'invalid_request'
                | 'insufficient_user_authentication'
                | 'not_an_operator'
                | 'not_found'
              >('GET', `/admin/Users/${encodeURIComponent(id)}`, { token: true }),
            mfaSignIn: {
              /**
               * Turn multi-factor sign-in off for somebody (`DELETE /admin/Users/{id}/MfaSignIn`).
               *
               * For an owner who has lost every second factor. The password alone signs in then, and
               * what is set up stays set up. The owner is told, with the reason, and can undo it for
               * seven days. It also works where everyone must have MFA: the owner sets up a new one
               * at the next sign-in.
               */
              delete: (body: TurnOffMfaOfUserBody) =>
                call<
                  Success<200, User>,
                  | WithBody
                  | WithToken
                  | 'insufficient_user_authentication'
                  | 'not_an_operator'
                  | 'not_found'
                  | 'own_account'
                >('DELETE', `/admin/Users/${encodeURIComponent(id)}/MfaSignIn`, {
                  token: true,
                  body,
                }),
            },
            sessions: {
              /**
               * Sign somebody out everywhere (`DELETE /admin/Users/{id}/Sessions`).
               *
               * Every session ends, and no device is trusted any more. The owner is told.
               */
              delete: (body: EndSessionsOfUserBody = {}) =>
                call<
                  Success<200, User>,
                  | WithBody
                  | WithToken
                  | 'insufficient_user_authentication'
                  | 'not_an_operator'
                  | 'not_found'
                  | 'own_account'
                >('DELETE', `/admin/Users/${encodeURIComponent(id)}/Sessions`, {
                  token: true,
                  body,
                }),
            },
            passwordReset: {
              /**
               * Have somebody choose a new password (`POST /admin/Users/{id}/PasswordReset`).
               *
               * The old one opens nothing any more, everyone is signed out, and a code for a new one
               * is mailed to the owner. No operator sees it.
               */
              post: (body: DemandNewPasswordOfUserBody = {}) =>
                call<
                  Success<200, User>,
                  | WithBody
                  | WithToken
                  | 'insufficient_user_authentication'
                  | 'not_an_operator'
                  | 'not_found'
                  | 'own_account'
                >('POST', `/admin/Users/${encodeURIComponent(id)}/PasswordReset`, {
                  token: true,
                  body,
                }),
            },
            suspension: {
              /**
               * Suspend an account (`POST /admin/Users/{id}/Suspension`).
               *
               * Nobody gets in any more, by whatever way, until it is restored. Tokens stop working
               * at once. The owner is told, with the reason.
               */
              post: (body: SuspendUserBody) =>
                call<
                  Success<200, User>,
                  | WithBody
                  | WithToken
                  | 'insufficient_user_authentication'
                  | 'not_an_operator'
                  | 'not_found'
                  | 'own_account'
                >('POST', `/admin/Users/${encodeURIComponent(id)}/Suspension`, {
                  token: true,
                  body,
                }),
              /**
               * Restore a suspended account (`DELETE /admin/Users/{id}/Suspension`).
               *
               * Its owner can sign in as before, and is told. Sessions of before stay ended.
               */
              delete: (body: UnsuspendUserBody = {}) =>
                call<
                  Success<200, User>,
                  | WithBody
                  | WithToken
                  | 'insufficient_user_authentication'
                  | 'not_an_operator'
                  | 'not_found'
                  | 'own_account'
                >('DELETE', `/admin/Users/${encodeURIComponent(id)}/Suspension`, {
                  token: true,
                  body,
                }),
            },
          }
        },
      },
      activity: {
        /**
         * List what happened to all accounts (`GET /admin/Activity`).
         *
         * Newest first; with `user`, to one account. Tries on addresses without an account are
         * in it too.
         */
        get: (query: ListAllActivityQuery = {}) =>
          call<
            Success<200, AllActivity>,
            WithToken | 'invalid_request' | 'insufficient_user_authentication' | 'not_an_operator'
          >('GET', '/admin/Activity', { token: true, query }),
      },
    },
    health: {
      live: {
        /** Is the process alive? (`GET /health/live`). */
        get: () => call<Success<200, IsLiveAnswer>, never>('GET', '/health/live'),
      },
      ready: {
        /**
         * Can it do its work? (`GET /health/ready`).
         *
         * Looks whether the database answers, and whether all its encryption keys are given
         * here. No longer, once the service has been told to stop.
         */
        get: () => call<Success<200, IsReadyAnswer>, never>('GET', '/health/ready'),
      },
    },
    dev: {
      messages: {
        /**
         * List captured messages (`GET /dev/Messages`).
         *
         * Only in development: emails and texts of channels that have no transport.
         */
        get: (query: ListDevMessagesQuery = {}) =>
          call<Success<200, ListDevMessagesAnswer>, 'invalid_request'>('GET', '/dev/Messages', {
            query,
          }),
      },
    },
  }
}

export type Latchkey = ReturnType<typeof createLatchkey>

export interface Options {
  /** Where Latchkey is, such as `https://accounts.example.com`; `''` for a page of that origin. */
  baseUrl: string
  /** The access token. It is asked for before each call that takes one; what it throws is thrown. */
  token?: (() => string | undefined | Promise<string | undefined>) | undefined
  /** Sent with every call, such as `Accept-Language`. */
  headers?: Record<string, string> | undefined
  /** As `fetch` takes it. */
  credentials?: RequestInit['credentials'] | undefined
  /** Instead of the global `fetch`. */
  fetch?: typeof fetch | undefined
}

/** It worked. `status` tells which of the good answers it is. */
export interface Success<Status extends number, Data> {
  ok: true
  status: Status
  data: Data
}

/** It did not work. Decide by `problem.code`; `problem.detail` is for people. */
export interface Failure<Code extends ProblemCode> {
  ok: false
  status: ProblemStatus[Code]
  problem: Problem<Code>
  /** With `network`: what `fetch` threw, or the `Response` that was not Latchkey’s. */
  cause?: unknown
}

interface CallOptions {
  /** Whether it takes the access token. */
  token?: true
  body?: object
  query?: object
}

function createCall(options: Options) {
  const baseUrl = options.baseUrl.replace(/\/$/, '')

  return async <Good, Code extends ProblemCode>(
    method: string,
    path: string,
    { token, body, query }: CallOptions = {},
  ): Promise<Good | Failure<Code | Always>> => {
    const accessToken = token && (await options.token?.())
    const headers = new Headers(options.headers)
    if (body) headers.set('Content-Type', 'application/json')
    if (accessToken) headers.set('Authorization', `Bearer ${accessToken}`)
    const request: RequestInit = {
      method,
      headers,
      // Latchkey never redirects a call: a password must not go where somebody else points.
      redirect: 'manual',
      ...(body && { body: JSON.stringify(body) }),
      ...(options.credentials && { credentials: options.credentials }),
    }

    let cause: unknown
    try {
      // Not as a method of `options`: browsers want their `fetch` called without an object.
      const response = await (options.fetch ?? fetch)(baseUrl + path + queryString(query), request)
      const { ok, status } = response
      const type = response.headers.get('Content-Type') ?? ''
      if (status === 204) return { ok, status, data: undefined } as Good
      if (ok && type.startsWith('application/json')) {
        return { ok, status, data: await response.json() } as Good
      }
      if (!ok && type.startsWith('application/problem+json')) {
        return { ok, status, problem: await response.json() } as Failure<Code>
      }
      cause = response
    } catch (thrown) {
      cause = thrown
    }
    return { ok: false, status: 0, problem: networkProblem, cause } as Failure<'network'>
  }
}

const networkProblem: Problem<'network'> = {
  type: 'about:blank',
  title: 'No answer',
  status: 0,
  code: 'network',
  detail:
    'No answer came back, so this may have worked or not. Check the connection and try again.',
  requestId: '',
}

function queryString(query: object = {}): string {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== null)
  return entries.length > 0 ? `?${new URLSearchParams(entries)}` : ''
}

/** The codes that problems have, and the status that each comes with. */
export interface ProblemStatus {
  /**
   * No answer of Latchkey came back: it can’t be reached, or something on the way
   * answered instead. Whether the call took effect is not known.
   */
  network: 0
  /** The new password is too short, too long, or among those that are guessed first. */
  invalid_password: 400
  /** A field is missing, unknown or not of its form. `errors` says which and why. */
  invalid_request: 400
  /** The address, the headers or the JSON are broken, or the text is not valid UTF-8. */
  malformed_request: 400
  /**
   * The code is wrong, too old, or was used before. Where it matters, `attemptsLeft`
   * says how many more this sign-in takes.
   */
  invalid_code: 401
  /** There is no access token. Send one as `Authorization: Bearer <token>`. */
  missing_token: 401
  /**
   * The access token is malformed, expired, from somebody else, or its session has
   * ended. Refresh, or sign in again.
   */
  invalid_token: 401
  /**
   * The token is valid, but the sign-in behind it is too old or too weak for this change
   * (RFC 9470). `POST /auth/Reauthenticate` gets a fresh one.
   */
  insufficient_user_authentication: 401
  /**
   * No account has this address and this password. Which of the two is wrong is not
   * told.
   */
  invalid_credentials: 401
  /**
   * The `resetToken` is unknown, used or too old. `POST /auth/ForgotPassword` sends a
   * code.
   */
  reset_token_expired: 401
  /**
   * A change of this account was undone, or an operator asks for a new password. Nobody
   * can sign in until its owner has set one: with the `resetToken` of the undo, or by
   * `POST /auth/ForgotPassword`.
   */
  password_reset_required: 401
  /**
   * The `mfaToken` is unknown, used, too old, had too many wrong answers, or was made
   * void by a change of the account. Sign in again.
   */
  mfa_token_expired: 401
  /**
   * What the passkey answered is not right: for another page, another challenge or
   * another account, already used, or from a passkey that was removed. Ask for new
   * `options` and try again.
   */
  invalid_passkey: 401
  /**
   * The `passkeyToken` is unknown, used, too old, or another session’s; or the account
   * was changed meanwhile. Begin again with `POST /auth/SignIn/Passkey`.
   */
  passkey_token_expired: 401
  /** The refresh token is unknown or used, or its session has ended. Sign in again. */
  invalid_refresh_token: 401
  /**
   * The token is unknown, used, too old, or belongs to a change that was undone with an
   * earlier one.
   */
  undo_token_expired: 401
  /**
   * The request asks for a session in cookies (`Latchkey-Session`), and does not come
   * from a page that may have one: of the service itself, or of
   * `LATCHKEY_ALLOWED_ORIGINS`.
   */
  cross_site_request: 403
  /**
   * The operator requires multi-factor sign-in of everyone, and this account has none
   * yet. Set it up by `/settings/MfaSecret` or `/settings/Passkeys` and `POST
   * /settings/MfaSignIn`, then refresh the token.
   */
  mfa_set_up_required: 403
  /**
   * Whoever runs the service has suspended this account. Nobody can sign in until they
   * restore it. It is told only to those who would be let in otherwise.
   */
  account_suspended: 403
  /** The operator requires multi-factor sign-in of everyone: it can’t be turned off. */
  mfa_required_by_policy: 403
  /**
   * Calls under `/admin` are for accounts that whoever runs the service has made
   * operators, by `latchkey accounts admin`, and whose MFA has been on ever since.
   */
  not_an_operator: 403
  /** This path, or what it names, does not exist. */
  not_found: 404
  /**
   * The code was right, but the address belongs to another account, or did until a few
   * days ago and may come back to it.
   */
  address_taken: 409
  /** The account has nothing yet by which this method could be proven. Set it up first. */
  method_not_set_up: 409
  /**
   * While multi-factor sign-in is on, its last method can’t be removed. Turn it off
   * first.
   */
  last_method: 409
  /** An account has at most 20 passkeys. Remove one first. */
  too_many_passkeys: 409
  /** An account has this very passkey, or had it until a few days ago. */
  passkey_known: 409
  /**
   * Operators don’t act on their own account by calls under `/admin`. Its settings
   * change it, and so does another operator.
   */
  own_account: 409
  /** A request body may have 16 KiB at most. */
  payload_too_large: 413
  /** A request body is sent as `Content-Type: application/json`. */
  unsupported_media_type: 415
  /** There were too many wrong attempts. `Retry-After` says when to try again. */
  too_many_attempts: 429
  /** There were too many codes asked for. `Retry-After` says when to ask again. */
  too_many_messages: 429
  /**
   * The request could not be carried out, and nothing was changed. It is safe to try
   * again.
   */
  internal_error: 500
  /**
   * The service can’t take this on now: it is too busy, or its database does not answer.
   * `Retry-After` says when to try again, and `detail` whether the change may have been
   * made all the same.
   */
  unavailable: 503
  /** Texts are not set up here, or the day’s number of them is used up. */
  sms_unavailable: 503
}

export type ProblemCode = keyof ProblemStatus

/** What any call may end with. */
export type Always = 'network' | 'malformed_request' | 'internal_error' | 'unavailable'

/** What any call that may have a body can end with besides. */
export type WithBody =
  | 'invalid_request'
  | 'cross_site_request'
  | 'payload_too_large'
  | 'unsupported_media_type'

/** What any call with an access token can end with besides. */
export type WithToken = 'missing_token' | 'invalid_token' | 'mfa_set_up_required'

/** One page. */
export interface Activity {
  /** Newest first. */
  activity: ActivityEntry[]
  /** Give it as `cursor` for the next page; null at the end. */
  nextCursor: string | null
}

export interface ActivityEntry {
  id: string
  /** What happened; stable. */
  type: string
  /** When. */
  at: string
  /** The network address it came from. */
  ipAddress: string | null
  /** The browser or program, in its own words. */
  userAgent: string | null
  /** More about it, by type. */
  detail: Record<string, unknown>
}

export interface AddPasskeyBody {
  /** What its owner calls it. */
  name?: string | undefined
  /**
   * RegistrationResponseJSON of WebAuthn Level 3: what `navigator.credentials.create()`
   * gave, by its `toJSON()`.
   */
  response: RegistrationResponseJSON
}

/** One page. */
export interface AllActivity {
  /** Newest first. */
  activity: UserActivityEntry[]
  /** Give it as `cursor` for the next page; null at the end. */
  nextCursor: string | null
}

/** How the second factor is shown; `recoveryCode` stands in for any of them. */
export type AnswerMethod = 'passkey' | 'authenticator' | 'sms' | 'email' | 'recoveryCode'

export interface AnswerMfaBody {
  /** From the sign-in that is to be finished. */
  mfaToken: string
  /** How the second factor is shown; `recoveryCode` stands in for any of them. */
  mfaMethod?: AnswerMethod | undefined
  /** The code, as it was typed. */
  code: string
  /** Gives a `deviceToken`: on this device no second factor for 30 days. */
  rememberDevice?: boolean | undefined
}

export interface AnswerWithPasskeyBody {
  /** From `POST /auth/SignIn/Passkey`. */
  passkeyToken: string
  /**
   * AuthenticationResponseJSON of WebAuthn Level 3: what `navigator.credentials.get()`
   * gave, by its `toJSON()`.
   */
  response: AuthenticationResponseJSON
  /** Gives a `deviceToken`: on this device no second factor for 30 days. */
  rememberDevice?: boolean | undefined
}

/** A passkey has to sign. */
export interface AssertionRequired {
  status: 'assertionRequired'
  /**
   * PublicKeyCredentialRequestOptionsJSON, for
   * `PublicKeyCredential.parseRequestOptionsFromJSON()`.
   */
  options: PublicKeyCredentialRequestOptionsJSON
  /** Seconds that the options work. */
  expiresIn: number
}

/**
 * AuthenticationResponseJSON of WebAuthn Level 3: what `navigator.credentials.get()`
 * gave, by its `toJSON()`.
 */
export interface AuthenticationResponseJSON {
  id: string
  rawId: string
  type: 'public-key'
  /** Not looked at. */
  authenticatorAttachment?: string | null | undefined
  clientExtensionResults?: object | undefined
  response: {
    clientDataJSON: string
    authenticatorData: string
    signature: string
    /** Whose it is. */
    userHandle?: string | null | undefined
  }
}

/** For the browser. */
export interface BeginPasskeyAnswer {
  /**
   * PublicKeyCredentialCreationOptionsJSON, for
   * `PublicKeyCredential.parseCreationOptionsFromJSON()`.
   */
  options: PublicKeyCredentialCreationOptionsJSON
  /** Seconds that the options work. */
  expiresIn: number
}

/** For the browser. */
export interface BeginPasskeySignInAnswer {
  /**
   * PublicKeyCredentialRequestOptionsJSON, for
   * `PublicKeyCredential.parseRequestOptionsFromJSON()`.
   */
  options: PublicKeyCredentialRequestOptionsJSON
  /** Goes with the answer. */
  passkeyToken: string
  /** Seconds that both work. */
  expiresIn: number
}

export interface BeginPasskeySignInBody {
  /** From the sign-in that is to be finished. */
  mfaToken?: string | undefined
}

/** Changed. */
export interface ChangeEmailAnswer {
  email: string
  /** When. */
  changedAt: string
}

export interface ChangeEmailBody {
  /** An email address. */
  email: string
  /** The code, as it was typed. */
  code?: string | undefined
}

/** Chosen. */
export interface ChangeLanguageAnswer {
  /** The language that messages are written in. */
  language: 'en' | 'de'
}

export interface ChangeLanguageBody {
  /** The language that messages are written in. */
  language: 'en' | 'de'
}

/** Changed. */
export interface ChangePasswordAnswer {
  /** When. */
  changedAt: string
}

export interface ChangePasswordBody {
  /** Any characters, up to 1,024 bytes. */
  currentPassword: string
  /** Any characters, up to 1,024 bytes. */
  newPassword: string
}

/** Changed. */
export interface ChangePhoneNumberAnswer {
  phoneNumber: string
  /** When. */
  verifiedAt: string
}

export interface ChangePhoneNumberBody {
  /** In international form. */
  phoneNumber: string
  /** The code, as it was typed. */
  code?: string | undefined
}

/** A code is on its way. */
export interface CodeSent {
  status: 'codeSent'
  /** Where to, masked. */
  sentTo: string
  /** Seconds that the code works. */
  expiresIn: number
  /** Seconds until another can be asked for. */
  retryAfter: number
}

export interface DeleteAccountBody {
  /** Any characters, up to 1,024 bytes. */
  password: string
}

export interface DemandNewPasswordOfUserBody {
  /** Why, in one line. The owner reads it. */
  reason?: string | undefined
}

export interface EndSessionsOfUserBody {
  /** Why, in one line. The owner reads it. */
  reason?: string | undefined
}

export interface FindUsersQuery {
  /** An email address. */
  email: string
}

/** If the address has an account, a code is on its way to it. */
export interface ForgotPasswordAnswer {
  status: 'codeSent'
  /** Seconds that the code works. */
  expiresIn: number
}

export interface ForgotPasswordBody {
  /** An email address. */
  email: string
}

/** Yes. */
export interface IsLiveAnswer {
  status: 'ok'
}

/** Yes. */
export interface IsReadyAnswer {
  status: 'ok'
}

export interface ListActivityQuery {
  /** The last `nextCursor`. */
  cursor?: string | null | undefined
  limit?: number | null | undefined
}

export interface ListAllActivityQuery {
  /** An account’s id. */
  user?: string | null | undefined
  /** The last `nextCursor`. */
  cursor?: string | null | undefined
  limit?: number | null | undefined
}

/** The captured messages. */
export interface ListDevMessagesAnswer {
  /** Newest first, at most 200. */
  messages: Message[]
}

export interface ListDevMessagesQuery {
  /** Only messages to this email address or phone number. */
  to?: string | null | undefined
}

/** All of them. */
export interface ListPasskeysAnswer {
  /** Newest first. */
  passkeys: Passkey[]
}

/** The new codes, shown once. */
export interface MakeRecoveryCodesAnswer {
  recoveryCodes: string[]
  /** How many are unused. */
  remaining: number
  /** When they were made, all together. */
  createdAt: string | null
}

export interface Message {
  id: string
  channel: 'email' | 'sms'
  to: string
  subject: string
  text: string
  html?: string
  sentAt: string
}

/** How the second factor is shown. */
export type MfaMethod = 'passkey' | 'authenticator' | 'sms' | 'email'

/** The password was right; now the second factor. */
export interface MfaRequired {
  status: 'mfaRequired'
  /** Finishes this sign-in, and opens nothing else. */
  mfaToken: string
  /** How the second factor is shown; `recoveryCode` stands in for any of them. */
  mfaMethod: AnswerMethod
  /** Any of them will do. */
  availableMethods: AnswerMethod[]
  /** Where a code was sent, masked. */
  sentTo?: string
  /** Seconds that this sign-in stays open. */
  expiresIn: number
}

/** Whether one is set up; never its secret. */
export interface MfaSecret {
  /** Whether an authenticator app is set up. */
  confirmed: boolean
  /** Since when. */
  confirmedAt: string | null
}

/** Multi-factor authentication for signing in. */
export interface MfaSignIn {
  /** Whether signing in asks for a second factor. */
  enabled: boolean
  /** The method asked for first; null while off. */
  mfaMethod: MfaMethod | null
  /** Those set up, strongest first. */
  availableMethods: MfaMethod[]
  /** When it was last turned on or off. */
  changedAt: string | null
}

/** On. */
export interface MfaSignInOn {
  /** Whether signing in asks for a second factor. */
  enabled: boolean
  /** The method asked for first; null while off. */
  mfaMethod: MfaMethod | null
  /** Those set up, strongest first. */
  availableMethods: MfaMethod[]
  /** When it was last turned on or off. */
  changedAt: string | null
  /** The first time: ten codes for when the method is lost. Never shown again. */
  recoveryCodes?: string[]
}

/** A new secret, shown once. */
export interface NewMfaSecret {
  /** In base 32, to be typed. */
  secret: string
  /** To be opened on a phone. */
  otpauthUri: string
  /** A picture of it, to be scanned: an SVG as a data URI. */
  qrCode: string
  confirmed: false
}

/** A passkey. */
export interface Passkey {
  id: string
  /** What its owner calls it. */
  name: string
  /** When it was added. */
  createdAt: string
  /** When it last signed in; null if it never did. */
  lastUsedAt: string | null
  /** Whether it is also on its owner’s other devices. */
  backedUp: boolean
}

/** What went wrong (RFC 9457). */
export interface Problem<Code extends ProblemCode = ProblemCode> {
  /** Where this kind of problem is explained. */
  type: string
  title: string
  status: ProblemStatus[Code]
  /** Stable: decide by this. */
  code: Code
  /** A sentence for people: what to do. */
  detail: string
  /** The same as in X-Request-Id. */
  requestId: string
  /** Which fields were wrong, and why. */
  errors?: {
    path: string
    message: string
  }[]
  attemptsLeft?: number
  /** Seconds until it is worth trying again. */
  retryAfter?: number
}

/**
 * PublicKeyCredentialCreationOptionsJSON, for
 * `PublicKeyCredential.parseCreationOptionsFromJSON()`.
 */
export interface PublicKeyCredentialCreationOptionsJSON {
  /** To be signed, once. */
  challenge: string
  rp: {
    id: string
    name: string
  }
  user: {
    id: string
    name: string
    displayName: string
  }
  pubKeyCredParams: {
    type: 'public-key'
    alg: number
  }[]
  /** Milliseconds. */
  timeout: number
  attestation: string
  excludeCredentials: {
    id: string
    type: 'public-key'
    transports?: string[]
  }[]
  authenticatorSelection: object
  extensions: object
}

/**
 * PublicKeyCredentialRequestOptionsJSON, for
 * `PublicKeyCredential.parseRequestOptionsFromJSON()`.
 */
export interface PublicKeyCredentialRequestOptionsJSON {
  /** To be signed, once. */
  challenge: string
  rpId: string
  /** Milliseconds. */
  timeout: number
  userVerification: string
  allowCredentials?: {
    id: string
    type: 'public-key'
    transports?: string[]
  }[]
}

/** How many; never the codes. */
export interface ReadRecoveryCodesAnswer {
  /** How many are unused. */
  remaining: number
  /** When they were made, all together. */
  createdAt: string | null
}

/** The keys. */
export interface ReadSigningKeysAnswer {
  keys: {
    kty: string
    crv: string
    x: string
    y: string
    kid: string
    alg: string
    use: string
  }[]
}

export interface ReauthenticateBody {
  /** Any characters, up to 1,024 bytes. */
  password: string
}

export interface RefreshBody {
  /** The latest one of this session. Pages with `Latchkey-Session: cookie` leave it out. */
  refreshToken?: string | undefined
}

/**
 * RegistrationResponseJSON of WebAuthn Level 3: what `navigator.credentials.create()`
 * gave, by its `toJSON()`.
 */
export interface RegistrationResponseJSON {
  id: string
  rawId: string
  type: 'public-key'
  /** Not looked at. */
  authenticatorAttachment?: string | null | undefined
  clientExtensionResults?:
    | {
        credProps?:
          | {
              rk?: boolean | undefined
            }
          | undefined
      }
    | undefined
  response: {
    clientDataJSON: string
    attestationObject: string
    transports?: string[] | undefined
  }
}

/** It is gone, and this is what signing in asks for now. */
export interface RemoveMfaSecretAnswer {
  /** Whether an authenticator app is set up. */
  confirmed: boolean
  mfaSignIn: MfaSignIn
}

/** What is left, and what signing in asks for now. */
export interface RemovePasskeyAnswer {
  /** Newest first. */
  passkeys: Passkey[]
  mfaSignIn: MfaSignIn
}

/** It is gone, and this is what signing in asks for now. */
export interface RemovePhoneNumberAnswer {
  phoneNumber: null
  mfaSignIn: MfaSignIn
}

export interface RenamePasskeyBody {
  /** What its owner calls it. */
  name: string
}

/** It is set. Sign in with it. */
export interface ResetPasswordAnswer {
  status: 'passwordReset'
}

export interface ResetPasswordBody {
  /** An email address. */
  email?: string | undefined
  /** The code, as it was typed. */
  code?: string | undefined
  /** From `POST /auth/Undo`; instead of email and code. */
  resetToken?: string | undefined
  /** Any characters, up to 1,024 bytes. */
  newPassword: string
}

export interface SendMfaCodeBody {
  /** From the sign-in that is to be finished. */
  mfaToken: string
  /** How the second factor is shown; `recoveryCode` stands in for any of them. */
  mfaMethod?: AnswerMethod | undefined
}

export interface Session {
  id: string
  /** Whether it is the one that asks. */
  current: boolean
  createdAt: string
  lastUsedAt: string
  ipAddress: string
  /** The browser or program, in its own words. */
  userAgent: string
  /** What was shown (RFC 8176). */
  amr: string[]
}

/** Where the account is signed in now. */
export interface Sessions {
  /** Newest first. */
  sessions: Session[]
}

/** All of it. */
export interface Settings {
  email: string
  /** The language that messages are written in. */
  language: 'en' | 'de'
  /** Masked. */
  phoneNumber: string | null
  createdAt: string
  passwordChangedAt: string
  mfaSignIn: MfaSignIn
  /** Whether one is set up; never its secret. */
  mfaSecret: MfaSecret
  recoveryCodes: {
    remaining: number
    /** Since when. */
    createdAt: string | null
  }
  /** Newest first. */
  passkeys: Passkey[]
  /** How many are alive. */
  sessions: number
  /** How many there are. */
  trustedDevices: number
  policy: {
    mfa: 'optional' | 'required'
    /** What may be chosen, strongest first. */
    mfaMethods: MfaMethod[]
    /** Seconds that a sign-in may change all this. */
    stepUpMaxAge: number
  }
}

export interface SignInBody {
  /** An email address. */
  email: string
  /** Any characters, up to 1,024 bytes. */
  password: string
  /** From a sign-in with `rememberDevice`: no second factor for 30 days. */
  deviceToken?: string | undefined
}

/** If the address has no account yet, a code is on its way to it. */
export interface SignUpAnswer {
  status: 'codeSent'
  sentTo: string
  /** Seconds that the code works. */
  expiresIn: number
}

export interface SignUpBody {
  /** An email address. */
  email: string
  /** Any characters, up to 1,024 bytes. */
  password: string
}

/** Signed in. */
export interface SignedIn {
  status: 'signedIn'
  /** A JWT (RFC 9068), for `Authorization: Bearer …`. */
  accessToken: string
  tokenType: 'Bearer'
  /** Seconds until the access token expires. */
  expiresIn: number
  /**
   * Opaque; good for one `POST /auth/Refresh`. Always there, unless the request had it
   * go into a cookie (`Latchkey-Session: cookie`).
   */
  refreshToken?: string
  /** Seconds until the refresh token expires. */
  refreshExpiresIn: number
  /** These tokens can do nothing but set MFA up; refresh them when it is on. */
  mfaSetUpRequired?: true
  /** With `rememberDevice`: for the next `POST /auth/SignIn`. */
  deviceToken?: string
}

export interface SuspendUserBody {
  /** Why, in one line. The owner reads it. */
  reason: string
}

export type Thing =
  | 'password'
  | 'mailbox'
  | 'passkey'
  | 'authenticator'
  | 'phone'
  | 'otherMailbox'
  | 'recoveryCodes'

export interface TrustedDevice {
  id: string
  name: string
  createdAt: string
  lastUsedAt: string
  expiresAt: string
}

/** The devices that are trusted now. */
export interface TrustedDevices {
  /** Newest first. */
  trustedDevices: TrustedDevice[]
}

export interface TurnOffMfaOfUserBody {
  /** Why, in one line. The owner reads it. */
  reason: string
}

export interface TurnOnMfaSignInBody {
  /** How the second factor is shown. */
  mfaMethod: MfaMethod
  /** For `sms`: the number in international form. Left out, the proven one. */
  phoneNumber?: string | undefined
  /** An email address. */
  email?: string | undefined
  /** The code, as it was typed. */
  code?: string | undefined
  /**
   * AuthenticationResponseJSON of WebAuthn Level 3: what `navigator.credentials.get()`
   * gave, by its `toJSON()`.
   */
  assertion?: AuthenticationResponseJSON | undefined
  /** Whether every other session ends. */
  endOtherSessions?: boolean | undefined
}

export interface UndoBody {
  /** From the link of the message, behind `#token=`. */
  token: string
}

/** Undone. Now set a new password. */
export interface Undone {
  status: 'undone'
  /** The activity type of the change. */
  undone: string
  /** The address that signs in. */
  email: string
  /** For `POST /auth/ResetPassword`; good for one. */
  resetToken: string
  /** Seconds until it expires. */
  expiresIn: number
}

export interface UnsuspendUserBody {
  /** Why, in one line. The owner reads it. */
  reason?: string | undefined
}

/** The account as it is now. */
export interface User {
  id: string
  email: string
  /** Masked. */
  phoneNumber: string | null
  /** When the account began. */
  createdAt: string
  /** When somebody last signed in; null if nobody has. */
  lastSignInAt: string | null
  /** When the password was last set. */
  passwordChangedAt: string
  /** Since then no password signs in until a new one is set; null where one does. */
  passwordResetRequiredSince: string | null
  mfaSignIn: MfaSignIn
  recoveryCodes: {
    /** How many are left. */
    remaining: number
    /** Since when there are these; null if there are none. */
    createdAt: string | null
  }
  /** How many there are. */
  passkeys: number
  /** How many are alive. */
  sessions: number
  /** How many are not asked for a second factor. */
  trustedDevices: number
  /** Null if nobody suspended it. */
  suspension: {
    /** Since when. */
    since: string
    /** Why. */
    reason: string | null
  } | null
  /** When its owner closed it; it is erased seven days later. */
  deletedAt: string | null
  /** Since when its owner is an operator; null if they are none. */
  adminSince: string | null
}

export interface UserActivityEntry {
  id: string
  /** The id of the account; null if the address had none. */
  user: string | null
  /** What happened; stable. */
  type: string
  /** When. */
  at: string
  /** The network address it came from; null for operators. */
  ipAddress: string | null
  /** The browser or program, in its own words. */
  userAgent: string | null
  /** More about it, by type. What an operator did has `by`, and mostly `why`. */
  detail: Record<string, unknown>
}

/** None, if nobody has the address. */
export interface Users {
  /** Whoever has the address comes first, then those who may get it back. */
  users: User[]
}

export interface VerifySignUpBody {
  /** An email address. */
  email: string
  /** The code, as it was typed. */
  code: string
  /** Any characters, up to 1,024 bytes. */
  password?: string | undefined
}

/** What each thing is worth. */
export interface WaysIn {
  /** What an ordinary sign-in takes, in order. */
  signInNeeds: Thing[]
  /** For each thing: whether you would still get in without it, and by what. */
  ifLost: {
    what: Thing
    /** Which of the passkeys. */
    passkey?: {
      id: string
      name: string
    }
    stillIn: boolean
    by: Thing[]
  }[]
  /** For each thing: whether it alone lets a thief in. */
  ifStolen: {
    what: Thing
    /** Which of the passkeys. */
    passkey?: {
      id: string
      name: string
    }
    letsIn: boolean
    why: string
  }[]
  /** The one step that would help most; none if nothing would. */
  advice: {
    do: 'turnOnMfa' | 'setUpAuthenticator' | 'makeRecoveryCodes'
    why: string
  }[]
}
