// Generated from openapi.json by `npm run generate`. Do not edit: changes are overwritten.

/**
 * Every call of Latchkey as a function, named after its path. Error responses are
 * returned, not thrown: check `ok`, then `status` or `problem.code`.
 */
export function createLatchkey(options: Options) {
  const call = createCall(options)
  return {
    auth: {
      signUp: {
        /**
         * Sign up (`POST /auth/SignUp`).
         *
         * Sends a code to the address. `POST /auth/SignUp/Verify` creates the account. An
         * address that already has an account gets another message and the same response. A
         * `preferredUsername` that is taken is refused: it stays with its account, and its
         * owner can’t change it later. `LATCHKEY_SIGN_UP` decides who may sign up.
         */
        post: (body: SignUpBody) =>
          call<
            Success<202, SignUpResponse>,
            | BodyProblemCode
            | 'invalid_password'
            | 'invitation_required'
            | 'email_domain_not_allowed'
            | 'username_taken'
            | 'too_many_attempts'
            | 'too_many_messages'
          >('POST', '/auth/SignUp', { body }),
        verify: {
          /**
           * Complete a sign-up with the code (`POST /auth/SignUp/Verify`).
           *
           * Creates the account, with the password of the sign-up that `signUpToken` belongs to.
           * Any code that was sent to the address in the last 15 minutes proves the mailbox: if
           * somebody else signs up with it too, their code works as well, and their password
           * does not. Five wrong codes end the sign-up. If somebody took the username meanwhile,
           * the answer is `username_taken`: send the same code with another `preferredUsername`.
           */
          post: (body: VerifySignUpBody) =>
            call<
              Success<201, SignedIn>,
              | BodyProblemCode
              | 'invalid_code'
              | 'sign_up_token_expired'
              | 'invitation_required'
              | 'email_domain_not_allowed'
              | 'username_taken'
            >('POST', '/auth/SignUp/Verify', { body }),
        },
      },
      invitation: {
        /**
         * Read an invitation (`POST /auth/Invitation`).
         *
         * Shows what the link in the email is about, and changes nothing.
         */
        post: (body: ReadInvitationBody) =>
          call<Success<200, ReadInvitationResponse>, BodyProblemCode | 'invitation_expired'>(
            'POST',
            '/auth/Invitation',
            { body },
          ),
        accept: {
          /**
           * Accept an invitation with a password (`POST /auth/Invitation/Accept`).
           *
           * Creates the account, with the name and the groups of the invitation, and signs in.
           * The link has proven the mailbox, so no code is asked. Works whatever
           * `LATCHKEY_SIGN_UP` is.
           */
          post: (body: AcceptInvitationBody) =>
            call<
              Success<201, SignedIn>,
              | BodyProblemCode
              | 'invalid_password'
              | 'invitation_expired'
              | 'address_taken'
              | 'too_many_attempts'
            >('POST', '/auth/Invitation/Accept', { body }),
        },
        passkey: {
          /**
           * Start accepting an invitation with a passkey (`POST /auth/Invitation/Passkey`).
           *
           * Returns the options for `navigator.credentials.create()`. They require a
           * discoverable passkey that verifies its user, since it will be the only way to sign
           * in.
           */
          post: (body: StartInvitationPasskeyBody) =>
            call<
              Success<200, StartInvitationPasskeyResponse>,
              BodyProblemCode | 'invitation_expired'
            >('POST', '/auth/Invitation/Passkey', { body }),
          verify: {
            /**
             * Accept an invitation with a passkey (`POST /auth/Invitation/Passkey/Verify`).
             *
             * Creates the account without a password, and signs in. The passkey signs in alone
             * from now on; `POST /auth/ForgotPassword` adds a password.
             */
            post: (body: AcceptInvitationWithPasskeyBody) =>
              call<
                Success<201, SignedIn>,
                | BodyProblemCode
                | 'invalid_passkey'
                | 'invitation_expired'
                | 'passkey_token_expired'
                | 'address_taken'
                | 'passkey_known'
                | 'too_many_attempts'
              >('POST', '/auth/Invitation/Passkey/Verify', { body }),
          },
        },
      },
      forgotPassword: {
        /**
         * Request a password reset (`POST /auth/ForgotPassword`).
         *
         * Sends a code to the address. The response does not reveal whether the address has an
         * account.
         */
        post: (body: ForgotPasswordBody) =>
          call<
            Success<202, ForgotPasswordResponse>,
            BodyProblemCode | 'too_many_attempts' | 'too_many_messages'
          >('POST', '/auth/ForgotPassword', { body }),
      },
      resetPassword: {
        /**
         * Reset the password (`POST /auth/ResetPassword`).
         *
         * Takes the emailed code, or the `resetToken` of an undo. All sessions end, no device
         * stays trusted, and all devices and networks are forgotten but those of the call. MFA
         * stays on.
         */
        post: (body: ResetPasswordBody) =>
          call<
            Success<200, PasswordReset>,
            | BodyProblemCode
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
         * While MFA is off, the password signs in; while it is on, the second factor comes
         * next.
         */
        post: (body: SignInBody) =>
          call<
            Success<200, SignedIn | MfaRequired>,
            | BodyProblemCode
            | 'invalid_credentials'
            | 'password_reset_required'
            | 'account_suspended'
            | 'too_many_attempts'
          >('POST', '/auth/SignIn', { body }),
        mfa: {
          /**
           * Complete signing in with the second factor (`POST /auth/SignIn/Mfa`).
           *
           * A code works once. Five wrong codes end the sign-in, and there is a limit on the
           * wrong codes of an account over all its sign-ins.
           */
          post: (body: VerifyMfaBody) =>
            call<
              Success<200, SignedIn>,
              | BodyProblemCode
              | 'invalid_token'
              | 'invalid_code'
              | 'mfa_token_expired'
              | 'password_reset_required'
              | 'account_suspended'
              | 'too_many_attempts'
            >('POST', '/auth/SignIn/Mfa', { body }),
        },
        mfaCode: {
          /**
           * Send another code (`POST /auth/SignIn/MfaCode`).
           *
           * By the same method, or by another one that is set up. Wrong codes stay counted.
           */
          post: (body: SendMfaCodeBody) =>
            call<
              Success<202, CodeSent>,
              | BodyProblemCode
              | 'mfa_token_expired'
              | 'account_suspended'
              | 'method_not_set_up'
              | 'too_many_messages'
              | 'sms_unavailable'
            >('POST', '/auth/SignIn/MfaCode', { body }),
        },
        passkey: {
          /**
           * Start signing in with a passkey (`POST /auth/SignIn/Passkey`).
           *
           * With `mfaToken`, the passkey is the second factor of that sign-in or undo. With an
           * access token, it confirms the session. With neither, it signs in alone. Pass the
           * `options` to `navigator.credentials.get()`.
           */
          post: (body: StartPasskeySignInBody = {}) =>
            call<
              Success<200, StartPasskeySignInResponse>,
              | BodyProblemCode
              | TokenProblemCode
              | 'mfa_token_expired'
              | 'account_suspended'
              | 'method_not_set_up'
            >('POST', '/auth/SignIn/Passkey', { token: true, body }),
          verify: {
            /**
             * Complete signing in with a passkey (`POST /auth/SignIn/Passkey/Verify`).
             *
             * A `passkeyToken` signs in once. That of a second factor or a session is used up by
             * any response, even a refused one. To confirm a session, send its access token again.
             */
            post: (body: VerifyPasskeySignInBody) =>
              call<
                Success<200, SignedIn>,
                | BodyProblemCode
                | TokenProblemCode
                | 'invalid_credentials'
                | 'invalid_passkey'
                | 'mfa_token_expired'
                | 'passkey_token_expired'
                | 'password_reset_required'
                | 'account_suspended'
                | 'too_many_attempts'
              >('POST', '/auth/SignIn/Passkey/Verify', { token: true, body }),
          },
        },
      },
      reauthenticate: {
        /**
         * Confirm that it’s you (`POST /auth/Reauthenticate`).
         *
         * Renews the `auth_time` of the session. While MFA is on, the second factor comes
         * next. An account without a password gets a challenge for its passkey first, and
         * repeats the call with `assertion`.
         */
        post: (body: ReauthenticateBody = {}) =>
          call<
            Success<200, SignedIn | MfaRequired> | Success<202, AssertionRequired>,
            | BodyProblemCode
            | TokenProblemCode
            | 'invalid_credentials'
            | 'invalid_passkey'
            | 'password_reset_required'
            | 'account_suspended'
            | 'method_not_set_up'
            | 'too_many_attempts'
          >('POST', '/auth/Reauthenticate', { token: true, body }),
      },
      refresh: {
        /**
         * Get a new access token (`POST /auth/Refresh`).
         *
         * Exchanges the refresh token for a new pair. If no response arrives, repeat the call:
         * it returns the same new refresh token for ten seconds, and later once while neither
         * that one nor an access token issued with it has been used. Any other use of a used
         * token ends the session.
         */
        post: (body: RefreshBody = {}) =>
          call<
            Success<200, SignedIn>,
            BodyProblemCode | 'invalid_refresh_token' | 'another_account' | 'too_many_attempts'
          >('POST', '/auth/Refresh', { body }),
      },
      signOut: {
        /**
         * Sign out (`POST /auth/SignOut`).
         *
         * Ends the session. Its tokens stop working at once.
         */
        post: () =>
          call<Success<204, undefined>, BodyProblemCode | TokenProblemCode>(
            'POST',
            '/auth/SignOut',
            { token: true },
          ),
      },
      undo: {
        /**
         * Undo a change (`POST /auth/Undo`).
         *
         * Takes the token from a notification email and restores how the account signed in
         * before the change. All sessions end, no device stays trusted, and nobody can sign in
         * until `resetToken` has set a new password. Once MFA has settled, after a week or, on
         * a device first seen a week before, a day, the response is `mfaRequired`: send the
         * token again with the `mfaToken` and a `code`, or with the response of a passkey.
         * `POST /auth/SignIn/MfaCode` sends another code.
         */
        post: (body: UndoBody) =>
          call<
            Success<200, Undone | MfaRequired>,
            | BodyProblemCode
            | 'invalid_code'
            | 'invalid_passkey'
            | 'mfa_token_expired'
            | 'passkey_token_expired'
            | 'undo_token_expired'
            | 'too_many_attempts'
          >('POST', '/auth/Undo', { body }),
      },
      authorization: {
        /**
         * Read what an application asks for (`GET /auth/Authorization`).
         *
         * An application sent the person here, to sign in or to be asked for permission
         * (OpenID Connect).
         */
        get: (query: GetAuthorizationQuery) =>
          call<Success<200, Authorization>, 'invalid_request' | 'authorization_expired'>(
            'GET',
            '/auth/Authorization',
            { query },
          ),
        /**
         * Go on to an application (`POST /auth/Authorization`).
         *
         * The person of the access token goes on to the application that sent them here. If it
         * asks for a more recent or a stronger sign-in, the response is a step-up challenge
         * (RFC 9470). The browser must keep the cookie of the response.
         */
        post: (body: AuthorizeBody) =>
          call<
            Success<200, Continuation>,
            | BodyProblemCode
            | TokenProblemCode
            | 'insufficient_user_authentication'
            | 'authorization_expired'
          >('POST', '/auth/Authorization', { token: true, body }),
        consent: {
          /**
           * Allow an application, or not (`POST /auth/Authorization/Consent`).
           *
           * For the page of this service alone: an access token is not enough, the session’s
           * cookie must come with it.
           */
          post: (body: ConsentBody) =>
            call<
              Success<200, Continuation>,
              | BodyProblemCode
              | TokenProblemCode
              | 'insufficient_user_authentication'
              | 'authorization_expired'
            >('POST', '/auth/Authorization/Consent', { token: true, body }),
        },
      },
    },
    settings: {
      /** Read all settings of the account at once (`GET /settings`). */
      get: () =>
        call<Success<200, Settings>, TokenProblemCode>('GET', '/settings', { token: true }),
      password: {
        /**
         * Change the password (`PUT /settings/Password`).
         *
         * All other sessions end, and no device stays trusted. The owner is notified. An
         * account without a password gets its first one: without `assertion`, it gets a
         * challenge for its passkey.
         */
        put: (body: ChangePasswordBody) =>
          call<
            Success<200, ChangePasswordResponse> | Success<202, AssertionRequired>,
            | BodyProblemCode
            | TokenProblemCode
            | 'invalid_password'
            | 'insufficient_user_authentication'
            | 'invalid_credentials'
            | 'invalid_passkey'
            | 'method_not_set_up'
            | 'too_many_attempts'
          >('PUT', '/settings/Password', { token: true, body }),
      },
      email: {
        /**
         * Change the email address (`POST /settings/Email`).
         *
         * First with `currentPassword`: a code is sent to the new address. Then with `code`:
         * the address changes. An account without a password gets a challenge for its passkey
         * first, and repeats the call with `assertion`. A notification to the old address
         * contains a link that undoes the change. Where `LATCHKEY_SIGN_UP` names domains, the
         * new address must be of one of them, or of the domain of the old one.
         */
        post: (body: ChangeEmailBody) =>
          call<
            Success<200, ChangeEmailResponse> | Success<202, CodeSent | AssertionRequired>,
            | BodyProblemCode
            | TokenProblemCode
            | 'insufficient_user_authentication'
            | 'invalid_credentials'
            | 'invalid_code'
            | 'invalid_passkey'
            | 'email_domain_not_allowed'
            | 'method_not_set_up'
            | 'address_taken'
            | 'too_many_attempts'
            | 'too_many_messages'
          >('POST', '/settings/Email', { token: true, body }),
      },
      language: {
        /** Change the language of notifications (`PUT /settings/Language`). */
        put: (body: ChangeLanguageBody) =>
          call<
            Success<200, ChangeLanguageResponse>,
            BodyProblemCode | TokenProblemCode | 'too_many_attempts'
          >('PUT', '/settings/Language', { token: true, body }),
      },
      account: {
        /**
         * Delete the account (`DELETE /settings/Account`).
         *
         * The account is closed at once and erased after seven days. Until then, the link in
         * the notification undoes it. An account without a password gets a challenge for its
         * passkey first, and repeats the call with `assertion`.
         */
        delete: (body: DeleteAccountBody = {}) =>
          call<
            Success<202, AssertionRequired> | Success<204, undefined>,
            | BodyProblemCode
            | TokenProblemCode
            | 'insufficient_user_authentication'
            | 'invalid_credentials'
            | 'invalid_passkey'
            | 'method_not_set_up'
            | 'too_many_attempts'
          >('DELETE', '/settings/Account', { token: true, body }),
      },
      profile: {
        /**
         * Read the profile (`GET /settings/Profile`).
         *
         * The name, the username, groups and whatever else applications may read of the owner,
         * besides the email address.
         */
        get: () =>
          call<Success<200, Profile>, TokenProblemCode>('GET', '/settings/Profile', {
            token: true,
          }),
        /**
         * Change the profile (`PATCH /settings/Profile`).
         *
         * Changes the fields that are sent; null removes one. Username, groups and attributes
         * that only operators edit can’t be changed here.
         */
        patch: (body: ChangeProfileBody = {}) =>
          call<Success<200, Profile>, BodyProblemCode | TokenProblemCode | 'too_many_attempts'>(
            'PATCH',
            '/settings/Profile',
            { token: true, body },
          ),
      },
      sessions: {
        /** List active sessions (`GET /settings/Sessions`). */
        get: () =>
          call<Success<200, Sessions>, TokenProblemCode>('GET', '/settings/Sessions', {
            token: true,
          }),
        /** Sign out everywhere else (`DELETE /settings/Sessions`). */
        delete: () =>
          call<Success<200, Sessions>, BodyProblemCode | TokenProblemCode>(
            'DELETE',
            '/settings/Sessions',
            { token: true },
          ),
        byId(id: string) {
          return {
            /** Sign out one session (`DELETE /settings/Sessions/{id}`). */
            delete: () =>
              call<Success<200, Sessions>, BodyProblemCode | TokenProblemCode | 'not_found'>(
                'DELETE',
                `/settings/Sessions/${encodeURIComponent(id)}`,
                { token: true },
              ),
          }
        },
      },
      trustedDevices: {
        /** List devices that skip the second factor (`GET /settings/TrustedDevices`). */
        get: () =>
          call<Success<200, TrustedDevices>, TokenProblemCode>('GET', '/settings/TrustedDevices', {
            token: true,
          }),
        /** Revoke all trusted devices (`DELETE /settings/TrustedDevices`). */
        delete: () =>
          call<
            Success<200, TrustedDevices>,
            BodyProblemCode | TokenProblemCode | 'insufficient_user_authentication'
          >('DELETE', '/settings/TrustedDevices', { token: true }),
        byId(id: string) {
          return {
            /** Revoke one trusted device (`DELETE /settings/TrustedDevices/{id}`). */
            delete: () =>
              call<
                Success<200, TrustedDevices>,
                | BodyProblemCode
                | TokenProblemCode
                | 'insufficient_user_authentication'
                | 'not_found'
              >('DELETE', `/settings/TrustedDevices/${encodeURIComponent(id)}`, { token: true }),
          }
        },
      },
      apps: {
        /**
         * List applications (`GET /settings/Apps`).
         *
         * The applications that its owner signed in to, and what they may know.
         */
        get: () =>
          call<Success<200, AccountApps>, TokenProblemCode>('GET', '/settings/Apps', {
            token: true,
          }),
        byId(id: string) {
          return {
            /**
             * Remove an application (`DELETE /settings/Apps/{id}`).
             *
             * Ends all that the application holds of this account at once: permission, codes and
             * tokens. If it supports back-channel logout, it also learns that its sessions have
             * ended.
             */
            delete: () =>
              call<Success<200, AccountApps>, BodyProblemCode | TokenProblemCode | 'not_found'>(
                'DELETE',
                `/settings/Apps/${encodeURIComponent(id)}`,
                { token: true },
              ),
          }
        },
      },
      mfaSignIn: {
        /** Read whether MFA is on (`GET /settings/MfaSignIn`). */
        get: () =>
          call<Success<200, MfaSignIn>, TokenProblemCode>('GET', '/settings/MfaSignIn', {
            token: true,
          }),
        /**
         * Turn MFA on, or change the method (`POST /settings/MfaSignIn`).
         *
         * Turning MFA on ends all other sessions, and only the method that is verified in this
         * call signs in from then on; others are pending until they are verified, too. For
         * `sms` and `email`, call without `code` to send a code, then again with the code. For
         * `authenticator`, set up a secret first. For `passkey`, add a passkey first; call
         * without `assertion` to get a challenge, then again with the assertion.
         */
        post: (body: TurnOnMfaBody) =>
          call<
            Success<200, MfaSignInOn> | Success<202, CodeSent | AssertionRequired>,
            | BodyProblemCode
            | TokenProblemCode
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
         * The password alone signs in from now on, and sign-ins that wait for a code become
         * void. Methods stay set up. Notifies the owner, who can undo it.
         */
        delete: () =>
          call<
            Success<200, MfaSignIn>,
            | BodyProblemCode
            | TokenProblemCode
            | 'insufficient_user_authentication'
            | 'mfa_required_by_policy'
          >('DELETE', '/settings/MfaSignIn', { token: true }),
      },
      mfaEmail: {
        /**
         * Give up codes by email (`DELETE /settings/MfaEmail`).
         *
         * Codes by email stop being a method; the account keeps its address. If they were the
         * MFA method, the strongest other one becomes the method. Notifies the owner.
         */
        delete: () =>
          call<
            Success<200, MfaSignIn>,
            BodyProblemCode | TokenProblemCode | 'insufficient_user_authentication' | 'last_method'
          >('DELETE', '/settings/MfaEmail', { token: true }),
      },
      mfaSecret: {
        /** Read whether an authenticator app is set up (`GET /settings/MfaSecret`). */
        get: () =>
          call<Success<200, MfaSecret>, TokenProblemCode>('GET', '/settings/MfaSecret', {
            token: true,
          }),
        /**
         * Set up an authenticator app (`POST /settings/MfaSecret`).
         *
         * Creates a new secret on each call. It takes effect once `POST /settings/MfaSignIn`
         * receives one of its codes; until then the secret in use stays.
         */
        post: () =>
          call<
            Success<200, NewMfaSecret>,
            | BodyProblemCode
            | TokenProblemCode
            | 'insufficient_user_authentication'
            | 'too_many_attempts'
          >('POST', '/settings/MfaSecret', { token: true }),
        /**
         * Remove the authenticator app (`DELETE /settings/MfaSecret`).
         *
         * If it was the MFA method, the strongest other one becomes the method. Notifies the
         * owner.
         */
        delete: () =>
          call<
            Success<200, RemoveMfaSecretResponse>,
            BodyProblemCode | TokenProblemCode | 'insufficient_user_authentication' | 'last_method'
          >('DELETE', '/settings/MfaSecret', { token: true }),
      },
      passkeys: {
        /** List the account’s passkeys (`GET /settings/Passkeys`). */
        get: () =>
          call<Success<200, ListPasskeysResponse>, TokenProblemCode>('GET', '/settings/Passkeys', {
            token: true,
          }),
        /**
         * Start adding a passkey (`POST /settings/Passkeys`).
         *
         * Returns the options for `navigator.credentials.create()`. Send its result to `POST
         * /settings/Passkeys/Verify`. An account without a password gets a challenge for a
         * passkey that it has first, and repeats the call with `assertion`.
         */
        post: (body: StartPasskeyRegistrationBody = {}) =>
          call<
            Success<200, StartPasskeyRegistrationResponse> | Success<202, AssertionRequired>,
            | BodyProblemCode
            | TokenProblemCode
            | 'insufficient_user_authentication'
            | 'invalid_credentials'
            | 'invalid_passkey'
            | 'method_not_set_up'
            | 'too_many_passkeys'
            | 'too_many_attempts'
          >('POST', '/settings/Passkeys', { token: true, body }),
        verify: {
          /**
           * Add the passkey (`POST /settings/Passkeys/Verify`).
           *
           * If it verifies its user, the passkey signs in without a password from now on. It can
           * be chosen as the second factor by `POST /settings/MfaSignIn`. Notifies the owner.
           */
          post: (body: AddPasskeyBody) =>
            call<
              Success<201, Passkey>,
              | BodyProblemCode
              | TokenProblemCode
              | 'insufficient_user_authentication'
              | 'invalid_passkey'
              | 'passkey_known'
              | 'too_many_attempts'
            >('POST', '/settings/Passkeys/Verify', { token: true, body }),
        },
        byId(id: string) {
          return {
            /** Rename a passkey (`PATCH /settings/Passkeys/{id}`). */
            patch: (body: RenamePasskeyBody) =>
              call<
                Success<200, Passkey>,
                | BodyProblemCode
                | TokenProblemCode
                | 'insufficient_user_authentication'
                | 'not_found'
                | 'too_many_attempts'
              >('PATCH', `/settings/Passkeys/${encodeURIComponent(id)}`, { token: true, body }),
            /**
             * Remove a passkey (`DELETE /settings/Passkeys/{id}`).
             *
             * The passkey stops working at once. If it was the last one and the MFA method, the
             * strongest other method becomes the method. Notifies the owner.
             */
            delete: () =>
              call<
                Success<200, RemovePasskeyResponse>,
                | BodyProblemCode
                | TokenProblemCode
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
          call<Success<200, GetRecoveryCodesResponse>, TokenProblemCode>(
            'GET',
            '/settings/RecoveryCodes',
            { token: true },
          ),
        /**
         * Generate ten new recovery codes (`POST /settings/RecoveryCodes`).
         *
         * Shows the codes once, and invalidates the previous ones. Notifies the owner.
         */
        post: () =>
          call<
            Success<200, GenerateRecoveryCodesResponse>,
            | BodyProblemCode
            | TokenProblemCode
            | 'insufficient_user_authentication'
            | 'mfa_is_off'
            | 'too_many_attempts'
          >('POST', '/settings/RecoveryCodes', { token: true }),
      },
      phoneNumber: {
        /**
         * Set or change the phone number (`POST /settings/PhoneNumber`).
         *
         * Without `code`, sends a code to the number; with it, changes the number of the
         * account. Notifies the owner of the change.
         */
        post: (body: ChangePhoneNumberBody) =>
          call<
            Success<200, ChangePhoneNumberResponse> | Success<202, CodeSent>,
            | BodyProblemCode
            | TokenProblemCode
            | 'insufficient_user_authentication'
            | 'invalid_code'
            | 'last_method'
            | 'too_many_attempts'
            | 'too_many_messages'
            | 'sms_unavailable'
          >('POST', '/settings/PhoneNumber', { token: true, body }),
        /**
         * Remove the phone number (`DELETE /settings/PhoneNumber`).
         *
         * If text messages were the MFA method, the strongest other one becomes the method.
         * Notifies the owner.
         */
        delete: () =>
          call<
            Success<200, RemovePhoneNumberResponse>,
            BodyProblemCode | TokenProblemCode | 'insufficient_user_authentication' | 'last_method'
          >('DELETE', '/settings/PhoneNumber', { token: true }),
      },
      waysIn: {
        /**
         * Read the effect of losing a credential, or of having it stolen (`GET
         * /settings/WaysIn`).
         *
         * For each credential: whether you could still sign in without it, and whether it
         * alone lets a thief in. Includes the step that would help most.
         */
        get: () =>
          call<Success<200, WaysIn>, TokenProblemCode>('GET', '/settings/WaysIn', { token: true }),
      },
      activity: {
        /**
         * List the activity of the account (`GET /settings/Activity`).
         *
         * All sign-ins, including failed ones, and all changes of the last year, newest first.
         */
        get: (query: ListActivityQuery = {}) =>
          call<Success<200, Activity>, TokenProblemCode | 'invalid_request'>(
            'GET',
            '/settings/Activity',
            { token: true, query },
          ),
      },
    },
    wellKnown: {
      jwksJson: {
        /**
         * Read the keys that verify access tokens and ID tokens (`GET
         * /.well-known/jwks.json`).
         *
         * A JSON Web Key Set (RFC 7517), for any JOSE library.
         */
        get: () => call<Success<200, GetJwksResponse>, never>('GET', '/.well-known/jwks.json'),
      },
    },
    admin: {
      users: {
        /**
         * Find accounts by email address (`GET /admin/Users`).
         *
         * Finds the account that has the address, in any spelling, and accounts that had it
         * and may get it back by an undo.
         */
        get: (query: FindUsersQuery) =>
          call<
            Success<200, Users>,
            | TokenProblemCode
            | 'invalid_request'
            | 'insufficient_user_authentication'
            | 'not_an_operator'
          >('GET', '/admin/Users', { token: true, query }),
        byId(id: string) {
          return {
            /** Read one account (`GET /admin/Users/{id}`). */
            get: () =>
              call<
                Success<200, User>,
                | TokenProblemCode
                | 'invalid_request'
                | 'insufficient_user_authentication'
                | 'not_an_operator'
                | 'not_found'
              >('GET', `/admin/Users/${encodeURIComponent(id)}`, { token: true }),
            mfaSignIn: {
              /**
               * Turn multi-factor sign-in off for an account (`DELETE /admin/Users/{id}/MfaSignIn`).
               *
               * For an owner who has lost every second factor. The password alone signs in
               * afterwards; methods stay set up. Notifies the owner of the reason; they can undo it
               * for seven days. Also works where MFA is required: the owner sets it up again at the
               * next sign-in.
               */
              delete: (body: TurnOffMfaOfUserBody) =>
                call<
                  Success<200, User>,
                  | BodyProblemCode
                  | TokenProblemCode
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
               * End all sessions of an account (`DELETE /admin/Users/{id}/Sessions`).
               *
               * Ends every session and deletes all trusted devices. Notifies the owner.
               */
              delete: (body: EndSessionsOfUserBody = {}) =>
                call<
                  Success<200, User>,
                  | BodyProblemCode
                  | TokenProblemCode
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
               * Require a new password for an account (`POST /admin/Users/{id}/PasswordReset`).
               *
               * The old password no longer signs in, all sessions end, and a code that sets a new
               * one is mailed to the owner. Operators never see the code.
               */
              post: (body: RequirePasswordResetOfUserBody = {}) =>
                call<
                  Success<200, User>,
                  | BodyProblemCode
                  | TokenProblemCode
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
               * No one can sign in to the account until the suspension is lifted. Tokens stop
               * working at once. Notifies the owner of the reason.
               */
              post: (body: SuspendUserBody) =>
                call<
                  Success<200, User>,
                  | BodyProblemCode
                  | TokenProblemCode
                  | 'insufficient_user_authentication'
                  | 'not_an_operator'
                  | 'not_found'
                  | 'own_account'
                >('POST', `/admin/Users/${encodeURIComponent(id)}/Suspension`, {
                  token: true,
                  body,
                }),
              /**
               * Lift the suspension of an account (`DELETE /admin/Users/{id}/Suspension`).
               *
               * The owner can sign in again. Sessions that the suspension ended stay ended. Notifies
               * the owner.
               */
              delete: (body: UnsuspendUserBody = {}) =>
                call<
                  Success<200, User>,
                  | BodyProblemCode
                  | TokenProblemCode
                  | 'insufficient_user_authentication'
                  | 'not_an_operator'
                  | 'not_found'
                  | 'own_account'
                >('DELETE', `/admin/Users/${encodeURIComponent(id)}/Suspension`, {
                  token: true,
                  body,
                }),
            },
            profile: {
              /**
               * Change the profile of an account (`PATCH /admin/Users/{id}/Profile`).
               *
               * Changes the fields that are sent; null removes one. A username that the account
               * loses is never free for a sign-up again; an operator may give it to another account.
               * The owner is notified when a username is changed or removed.
               */
              patch: (body: ChangeProfileOfUserBody = {}) =>
                call<
                  Success<200, User>,
                  | BodyProblemCode
                  | TokenProblemCode
                  | 'insufficient_user_authentication'
                  | 'not_an_operator'
                  | 'not_found'
                  | 'username_taken'
                  | 'own_account'
                >('PATCH', `/admin/Users/${encodeURIComponent(id)}/Profile`, { token: true, body }),
            },
            groups: {
              /**
               * Set the groups of an account (`PUT /admin/Users/{id}/Groups`).
               *
               * Replaces all groups; an empty list removes them. Applications learn of it at the
               * next sign-in or refresh. Sends no message; the owner’s activity has it.
               */
              put: (body: SetGroupsOfUserBody) =>
                call<
                  Success<200, User>,
                  | BodyProblemCode
                  | TokenProblemCode
                  | 'insufficient_user_authentication'
                  | 'not_an_operator'
                  | 'not_found'
                  | 'own_account'
                >('PUT', `/admin/Users/${encodeURIComponent(id)}/Groups`, { token: true, body }),
            },
          }
        },
      },
      activity: {
        /**
         * List the activity of all accounts (`GET /admin/Activity`).
         *
         * Newest first; with `user`, of one account. Includes failed attempts for addresses
         * without an account.
         */
        get: (query: ListAllActivityQuery = {}) =>
          call<
            Success<200, AllActivity>,
            | TokenProblemCode
            | 'invalid_request'
            | 'insufficient_user_authentication'
            | 'not_an_operator'
          >('GET', '/admin/Activity', { token: true, query }),
      },
      invitations: {
        /**
         * List the open invitations (`GET /admin/Invitations`).
         *
         * Newest first. Accepted, replaced, revoked and expired ones are gone.
         */
        get: (query: ListInvitationsQuery = {}) =>
          call<
            Success<200, Invitations>,
            | TokenProblemCode
            | 'invalid_request'
            | 'insufficient_user_authentication'
            | 'not_an_operator'
          >('GET', '/admin/Invitations', { token: true, query }),
        /**
         * Invite somebody to create an account (`POST /admin/Invitations`).
         *
         * Emails a link that works for a week and ends in a password or a passkey. The account
         * will have the name and the groups. Another invitation of an address replaces the one
         * before. Works whatever `LATCHKEY_SIGN_UP` is, for addresses of every domain.
         */
        post: (body: InviteBody) =>
          call<
            Success<201, Invitation>,
            | BodyProblemCode
            | TokenProblemCode
            | 'insufficient_user_authentication'
            | 'not_an_operator'
            | 'address_taken'
            | 'too_many_messages'
          >('POST', '/admin/Invitations', { token: true, body }),
        byId(id: string) {
          return {
            /**
             * Revoke an invitation (`DELETE /admin/Invitations/{id}`).
             *
             * Its link stops working at once.
             */
            delete: () =>
              call<
                Success<204, undefined>,
                | BodyProblemCode
                | TokenProblemCode
                | 'insufficient_user_authentication'
                | 'not_an_operator'
                | 'not_found'
              >('DELETE', `/admin/Invitations/${encodeURIComponent(id)}`, { token: true }),
          }
        },
      },
    },
    health: {
      live: {
        /** Liveness check (`GET /health/live`). */
        get: () => call<Success<200, CheckLivenessResponse>, never>('GET', '/health/live'),
      },
      ready: {
        /**
         * Readiness check (`GET /health/ready`).
         *
         * Checks that the database responds and that this node has every encryption key in
         * use. Fails as soon as shutdown begins.
         */
        get: () => call<Success<200, CheckReadinessResponse>, never>('GET', '/health/ready'),
      },
    },
    dev: {
      messages: {
        /**
         * List captured messages (`GET /dev/Messages`).
         *
         * Only in development: emails and text messages of channels without a transport.
         * Requests must be for the host of `LATCHKEY_PUBLIC_URL` or a loopback address.
         */
        get: (query: ListDevMessagesQuery = {}) =>
          call<Success<200, ListDevMessagesResponse>, 'invalid_request' | 'not_found'>(
            'GET',
            '/dev/Messages',
            { query },
          ),
      },
    },
  }
}

export type Latchkey = ReturnType<typeof createLatchkey>

export interface Options {
  /** Latchkey’s URL, such as `https://accounts.example.com`; `''` on a page of that origin. */
  baseUrl: string
  /** Returns the access token. Called before each call that takes one; its errors are thrown. */
  token?: (() => string | undefined | Promise<string | undefined>) | undefined
  /** Sent with every call, such as `Accept-Language`. */
  headers?: Record<string, string> | undefined
  /** Passed to `fetch`. */
  credentials?: RequestInit['credentials'] | undefined
  /** Replaces the global `fetch`. */
  fetch?: typeof fetch | undefined
}

/** A successful response. `status` distinguishes several kinds of success. */
export interface Success<Status extends number, Data> {
  ok: true
  status: Status
  data: Data
}

/** An error response. Match on `problem.code`; `problem.detail` is for people. */
export interface Failure<Code extends ProblemCode> {
  ok: false
  status: ProblemStatus[Code]
  problem: Problem<Code>
  /** With `network`: the error that `fetch` threw, or the `Response` that is not Latchkey’s. */
  cause?: unknown
}

interface CallOptions {
  /** Whether the call takes the access token. */
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
  ): Promise<Good | Failure<Code | CommonProblemCode>> => {
    const accessToken = token && (await options.token?.())
    const headers = new Headers(options.headers)
    if (body) headers.set('Content-Type', 'application/json')
    if (accessToken) headers.set('Authorization', `Bearer ${accessToken}`)
    const request: RequestInit = {
      method,
      headers,
      // Latchkey never redirects a call, and a redirect could send a password elsewhere.
      redirect: 'manual',
      ...(body && { body: JSON.stringify(body) }),
      ...(options.credentials && { credentials: options.credentials }),
    }

    let cause: unknown
    try {
      // Not called as a method of `options`: browsers reject a `fetch` with another `this`.
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
  title: 'No response',
  status: 0,
  code: 'network',
  detail:
    'No response arrived, so the request may or may not have worked. Check the connection and try again.',
  requestId: '',
}

function queryString(query: object = {}): string {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== null)
  return entries.length > 0 ? `?${new URLSearchParams(entries)}` : ''
}

/** All problem codes, each with its HTTP status. */
export interface ProblemStatus {
  /**
   * No response from Latchkey: it is unreachable, or something in between responded
   * instead. The call may have taken effect.
   */
  network: 0
  /**
   * A field is missing, unknown or has the wrong format. `errors` names each field and
   * the reason.
   */
  invalid_request: 400
  /** The URL, the headers or the JSON cannot be parsed, or the text is not valid UTF-8. */
  malformed_request: 400
  /** The new password is too short, too long, too easy to guess, or the current one. */
  invalid_password: 400
  /**
   * The code is wrong, expired or already used. In a sign-in, a sign-up or an undo,
   * `attemptsLeft` counts the attempts that remain.
   */
  invalid_code: 401
  /**
   * The `signUpToken` is unknown, used or expired, had too many wrong codes, or its
   * address now belongs to an account. Sign up again.
   */
  sign_up_token_expired: 401
  /**
   * The token is unknown or expired, or its invitation was accepted, revoked or replaced
   * by a newer one of the address. Sign in if it was accepted; otherwise an operator can
   * send another one.
   */
  invitation_expired: 401
  /**
   * The passkey response is for another site, challenge or account, was used before, or
   * comes from a passkey that has been removed. Get new `options` and try again.
   */
  invalid_passkey: 401
  /**
   * The `passkeyToken` is unknown, used, expired or from another session, or the account
   * has changed since it was issued. Start again with the call that returned it.
   */
  passkey_token_expired: 401
  /** The request has no access token. Send one as `Authorization: Bearer <token>`. */
  missing_token: 401
  /**
   * The access token is malformed, expired or from another issuer, or its session has
   * ended. Refresh it, or sign in again.
   */
  invalid_token: 401
  /**
   * The access token is valid, but its sign-in is too old or too weak for this change
   * (RFC 9470). `POST /auth/Reauthenticate` returns a fresh token.
   */
  insufficient_user_authentication: 401
  /**
   * No account has this email address and password. The response does not reveal which
   * of the two is wrong.
   */
  invalid_credentials: 401
  /**
   * The `resetToken` is unknown, used or expired. `POST /auth/ForgotPassword` sends a
   * code.
   */
  reset_token_expired: 401
  /**
   * The owner undid a change to this account, or an operator required a new password.
   * Sign-in stays blocked until the owner sets one, with the `resetToken` of the undo or
   * through `POST /auth/ForgotPassword`.
   */
  password_reset_required: 401
  /**
   * The `mfaToken` is unknown, used or expired, had too many wrong codes, or was
   * invalidated by a change to the account. Sign in again, or open the undo link again.
   */
  mfa_token_expired: 401
  /**
   * The refresh token is unknown, was used or superseded, or its session has ended. Sign
   * in again.
   */
  invalid_refresh_token: 401
  /**
   * The token is unknown, used or expired, or an earlier undo already covered its
   * change.
   */
  undo_token_expired: 401
  /**
   * The request uses a session in cookies (`Latchkey-Session`), but its origin is
   * neither the service itself nor listed in `LATCHKEY_ALLOWED_ORIGINS`.
   */
  cross_site_request: 403
  /**
   * An account here takes an invitation of an operator (`LATCHKEY_SIGN_UP=invitation`).
   * Every address gets this response.
   */
  invitation_required: 403
  /**
   * Only addresses of certain domains can sign up here, and an account can’t change to
   * another domain than those and its own (`LATCHKEY_SIGN_UP=domains:…`). `detail` names
   * them. The domain alone decides.
   */
  email_domain_not_allowed: 403
  /**
   * The operator requires multi-factor sign-in for every account, and this one has not
   * set it up. Add a method with `/settings/MfaSecret` or `/settings/Passkeys`, turn it
   * on with `POST /settings/MfaSignIn`, then refresh the token.
   */
  mfa_set_up_required: 403
  /**
   * An operator has suspended this account. Sign-in stays blocked until an operator
   * lifts the suspension. Only someone who would otherwise be signed in gets this
   * response.
   */
  account_suspended: 403
  /**
   * The operator requires multi-factor sign-in for every account: it can’t be turned
   * off.
   */
  mfa_required_by_policy: 403
  /**
   * Calls under `/admin` are for operators: accounts that were made one with `latchkey
   * accounts admin` and have kept MFA on since.
   */
  not_an_operator: 403
  /** This path, or the resource it names, does not exist. */
  not_found: 404
  /**
   * The `interaction` is unknown, expired or finished, or waits for another session.
   * Start again at the application.
   */
  authorization_expired: 404
  /**
   * Another account has this username in upper or lower case, or had it once:
   * applications would take one account for the other.
   */
  username_taken: 409
  /**
   * The email address belongs to an account, or is still reserved for one that changed
   * it in the last few days and can undo that. Only those who have proven the mailbox,
   * and operators, get this response.
   */
  address_taken: 409
  /** An account has this passkey, or had it until a few days ago. */
  passkey_known: 409
  /** The account has not set up this method. Set it up first. */
  method_not_set_up: 409
  /**
   * The refresh token belongs to another account than the `account` of the call, because
   * somebody else has signed in in this browser. Nothing has changed: reload the page.
   */
  another_account: 409
  /**
   * While multi-factor sign-in is on, its last method can’t be removed. Turn it off
   * first.
   */
  last_method: 409
  /** An account can have 20 passkeys. Remove one first. */
  too_many_passkeys: 409
  /** Recovery codes belong to MFA that is on. Turn it on: its response has ten new codes. */
  mfa_is_off: 409
  /**
   * Operators can’t act on their own account through `/admin`. Use its settings, or ask
   * another operator.
   */
  own_account: 409
  /** A request body can have at most 16 KiB. */
  payload_too_large: 413
  /** Send a request body as `Content-Type: application/json`. */
  unsupported_media_type: 415
  /**
   * Too many failed attempts, or too many sign-ins, refreshes or changes. `Retry-After`
   * gives the seconds to wait.
   */
  too_many_attempts: 429
  /** Too many codes requested. `Retry-After` gives the seconds to wait. */
  too_many_messages: 429
  /** The request failed, and nothing was changed. It is safe to try again. */
  internal_error: 500
  /**
   * The service is too busy, or its database does not respond. `Retry-After` gives the
   * seconds to wait; `detail` states whether the change may have been made anyway.
   */
  unavailable: 503
  /** Text messages are not set up here, or the daily cap is reached. */
  sms_unavailable: 503
}

export type ProblemCode = keyof ProblemStatus

/** Problem codes of every call. */
export type CommonProblemCode = 'network' | 'malformed_request' | 'internal_error' | 'unavailable'

/** Additional codes of calls that can have a body. */
export type BodyProblemCode =
  | 'invalid_request'
  | 'cross_site_request'
  | 'payload_too_large'
  | 'unsupported_media_type'

/** Additional codes of calls with an access token. */
export type TokenProblemCode = 'missing_token' | 'invalid_token' | 'mfa_set_up_required'

export interface AcceptInvitationBody {
  /** From the link in the email, after `#token=`. */
  token: string
  /** Any characters, up to 1,024 bytes. */
  password: string
}

export interface AcceptInvitationWithPasskeyBody {
  /** From the link in the email, after `#token=`. */
  token: string
  /** From the response to `POST /auth/Invitation/Passkey`. */
  passkeyToken: string
  /** A name chosen by its owner. */
  name?: string | undefined
  /**
   * RegistrationResponseJSON of WebAuthn Level 3: the result of
   * `navigator.credentials.create()`, by its `toJSON()`.
   */
  response: RegistrationResponseJSON
}

export interface AccountApp {
  /** Its client id. */
  id: string
  name: string
  /** Its address. */
  url: string
  /** When it was allowed, or first used. */
  since: string
  /** When it last signed its person in or got a token; null before the first time. */
  lastUsedAt: string | null
  /** Names of what it may know. */
  scopes: string[]
  /** Whether it is the operator’s own, which asks for no permission. */
  trusted: boolean
}

/** The applications that use the account. */
export interface AccountApps {
  /** By name. */
  apps: AccountApp[]
}

/** One page. */
export interface Activity {
  /** Newest first. */
  activity: ActivityEntry[]
  /** The `cursor` of the next page; null on the last page. */
  nextCursor: string | null
}

export interface ActivityEntry {
  id: string
  /** Stable: match on this. */
  type: string
  /** When it happened. */
  at: string
  /** The IP address of the client. */
  ipAddress: string | null
  /** The `User-Agent` of the client. */
  userAgent: string | null
  /** Details; which ones depends on the type. */
  detail: Record<string, unknown>
}

export interface AddPasskeyBody {
  /** A name chosen by its owner. */
  name?: string | undefined
  /**
   * RegistrationResponseJSON of WebAuthn Level 3: the result of
   * `navigator.credentials.create()`, by its `toJSON()`.
   */
  response: RegistrationResponseJSON
}

/** One page of activity. */
export interface AllActivity {
  /** Newest first. */
  activity: UserActivityEntry[]
  /** The `cursor` of the next page; null on the last one. */
  nextCursor: string | null
}

/** A passkey assertion is required. */
export interface AssertionRequired {
  status: 'assertionRequired'
  /**
   * PublicKeyCredentialRequestOptionsJSON, for
   * `PublicKeyCredential.parseRequestOptionsFromJSON()`.
   */
  options: PublicKeyCredentialRequestOptionsJSON
  /** Seconds until the options expire. */
  expiresIn: number
}

/**
 * AuthenticationResponseJSON of WebAuthn Level 3: the result of
 * `navigator.credentials.get()`, by its `toJSON()`.
 */
export interface AuthenticationResponseJSON {
  id: string
  rawId: string
  type: 'public-key'
  /** Ignored. */
  authenticatorAttachment?: string | null | undefined
  clientExtensionResults?: object | undefined
  response: {
    clientDataJSON: string
    authenticatorData: string
    signature: string
    /** The user handle of the account. */
    userHandle?: string | null | undefined
  }
}

/** The request of the application. */
export interface Authorization {
  app: {
    name: string
    url: string
  }
  /** Whether it waits for a sign-in, or for permission. */
  prompt: 'login' | 'consent'
  /** Names of what it may know then. */
  scopes: string[]
}

export interface AuthorizeBody {
  /** The `interaction` of the page’s address. */
  interaction: string
}

/** A method of the second factor; `recoveryCode` stands in for any of them. */
export type ChallengeMethod = 'passkey' | 'authenticator' | 'sms' | 'email' | 'recoveryCode'

export interface ChangeEmailBody {
  /** An email address. */
  email: string
  /** Any characters, up to 1,024 bytes. */
  currentPassword?: string | undefined
  /**
   * AuthenticationResponseJSON of WebAuthn Level 3: the result of
   * `navigator.credentials.get()`, by its `toJSON()`.
   */
  assertion?: AuthenticationResponseJSON | undefined
  /** The code as typed. */
  code?: string | undefined
}

/** Changed. The address that the account has already stays as it is. */
export interface ChangeEmailResponse {
  email: string
  /** When it was changed. */
  changedAt: string
}

export interface ChangeLanguageBody {
  /** The language of messages. */
  language: 'en' | 'de'
}

/** Changed. */
export interface ChangeLanguageResponse {
  /** The language of messages. */
  language: 'en' | 'de'
}

export interface ChangePasswordBody {
  /** Any characters, up to 1,024 bytes. */
  currentPassword?: string | undefined
  /**
   * AuthenticationResponseJSON of WebAuthn Level 3: the result of
   * `navigator.credentials.get()`, by its `toJSON()`.
   */
  assertion?: AuthenticationResponseJSON | undefined
  /** Any characters, up to 1,024 bytes. */
  newPassword: string
}

/** Changed. */
export interface ChangePasswordResponse {
  /** When it was changed. */
  changedAt: string
}

export interface ChangePhoneNumberBody {
  /** In international format. */
  phoneNumber: string
  /** The code as typed. */
  code?: string | undefined
  /**
   * With `code`: whether codes by text are a method of multi-factor sign-in from now on.
   * By default as before; at first not.
   */
  useForSignIn?: boolean | undefined
}

/** The number is changed. */
export interface ChangePhoneNumberResponse {
  phoneNumber: string
  /** When the number was verified. */
  verifiedAt: string
  /** Whether codes by text are a method. */
  useForSignIn: boolean
}

export interface ChangeProfileBody {
  /** Null removes the name. */
  name?: string | null | undefined
  /** Null removes the picture. */
  picture?: string | null | undefined
  /**
   * Values by the name of a declared attribute (`LATCHKEY_PROFILE_ATTRIBUTES`); null
   * removes one.
   */
  attributes?: Record<string, string | number | boolean | null> | undefined
}

export interface ChangeProfileOfUserBody {
  /** Null removes the name. */
  name?: string | null | undefined
  /** Null removes the username. */
  preferredUsername?: string | null | undefined
  /** Null removes the picture. */
  picture?: string | null | undefined
  /**
   * Values by the name of a declared attribute (`LATCHKEY_PROFILE_ATTRIBUTES`); null
   * removes one.
   */
  attributes?: Record<string, string | number | boolean | null> | undefined
  /** The reason, in one line. The owner reads it. */
  reason?: string | undefined
}

/** The check passed. */
export interface CheckLivenessResponse {
  status: 'ok'
}

/** The check passed. */
export interface CheckReadinessResponse {
  status: 'ok'
}

/** A code was sent. */
export interface CodeSent {
  status: 'codeSent'
  /** The recipient, masked. */
  sentTo: string
  /** Seconds until the code expires. */
  expiresIn: number
  /** Seconds until another code can be requested. */
  retryAfter: number
}

export interface ConsentBody {
  /** The `interaction` of the page’s address. */
  interaction: string
  /** Whether it may know what it asks for. */
  allowed: boolean
}

/** The browser goes on. */
export interface Continuation {
  /** The address that the browser opens next. */
  redirectTo: string
}

export type CredentialKind =
  | 'password'
  | 'mailbox'
  | 'passkey'
  | 'authenticator'
  | 'phone'
  | 'otherMailbox'
  | 'recoveryCodes'

export interface DeleteAccountBody {
  /** Any characters, up to 1,024 bytes. */
  password?: string | undefined
  /**
   * AuthenticationResponseJSON of WebAuthn Level 3: the result of
   * `navigator.credentials.get()`, by its `toJSON()`.
   */
  assertion?: AuthenticationResponseJSON | undefined
}

export interface EndSessionsOfUserBody {
  /** The reason, in one line. The owner reads it. */
  reason?: string | undefined
}

export interface FindUsersQuery {
  /** An email address. */
  email: string
}

export interface ForgotPasswordBody {
  /** An email address. */
  email: string
  /**
   * The latest `deviceToken` that a sign-in to this account returned. Strangers cannot
   * use up the emails of a known device.
   */
  deviceToken?: string | undefined
}

/** If the address has an account, a code was sent to it. */
export interface ForgotPasswordResponse {
  status: 'codeSent'
  /** Seconds until the code expires. */
  expiresIn: number
}

/** The new codes, shown once. */
export interface GenerateRecoveryCodesResponse {
  recoveryCodes: string[]
  /** The number of unused codes. */
  remaining: number
  /** When the codes were generated; null if there are none. */
  createdAt: string | null
}

export interface GetAuthorizationQuery {
  /** The `interaction` of the page’s address. */
  interaction: string
}

/** The keys. */
export interface GetJwksResponse {
  keys: {
    kty: string
    crv?: string
    x?: string
    y?: string
    n?: string
    e?: string
    kid: string
    alg: string
    use: string
  }[]
}

/** The state of the recovery codes, without the codes. */
export interface GetRecoveryCodesResponse {
  /** The number of unused codes. */
  remaining: number
  /** When the codes were generated; null if there are none. */
  createdAt: string | null
}

/** An invitation that can be accepted. */
export interface Invitation {
  id: string
  email: string
  /** The display name that the account will have. */
  name: string | null
  /** The groups that the account will have. */
  groups: string[]
  /** The address of the operator, or `the command line`. */
  invitedBy: string
  /** When it was sent. */
  createdAt: string
  /** Until when it can be accepted. */
  expiresAt: string
}

/** One page of invitations. */
export interface Invitations {
  /** Newest first. */
  invitations: Invitation[]
  /** The `cursor` of the next page; null on the last one. */
  nextCursor: string | null
}

export interface InviteBody {
  /** An email address. */
  email: string
  /** The display name, in one line. */
  name?: string | undefined
  /**
   * Flat labels that only applications interpret. 1 to 64 letters and digits, and `. _ :
   * / -` after the first character; upper and lower case differ.
   */
  groups?: string[] | undefined
  /** The language of messages. */
  language?: 'en' | 'de' | undefined
}

export interface ListActivityQuery {
  /** The last `nextCursor`. */
  cursor?: string | null | undefined
  limit?: number | null | undefined
}

export interface ListAllActivityQuery {
  /** The id of an account. */
  user?: string | null | undefined
  /** The `nextCursor` of the previous page. */
  cursor?: string | null | undefined
  limit?: number | null | undefined
}

export interface ListDevMessagesQuery {
  /** Only messages to this email address or phone number. */
  to?: string | null | undefined
}

/** The captured messages. */
export interface ListDevMessagesResponse {
  /** Newest first, at most 200. */
  messages: Message[]
}

export interface ListInvitationsQuery {
  /** The `nextCursor` of the previous page. */
  cursor?: string | null | undefined
  limit?: number | null | undefined
}

/** The passkeys of the account. */
export interface ListPasskeysResponse {
  /** Newest first. */
  passkeys: Passkey[]
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

/** A method of the second factor. */
export type MfaMethod = 'passkey' | 'authenticator' | 'sms' | 'email'

/** The password or the undo link is valid; a second factor is required. */
export interface MfaRequired {
  status: 'mfaRequired'
  /** Completes this sign-in or undo, and nothing else. */
  mfaToken: string
  /** A method of the second factor; `recoveryCode` stands in for any of them. */
  mfaMethod: ChallengeMethod
  /** Methods that can complete it. */
  availableMethods: ChallengeMethod[]
  /** The address or number that a code was sent to, masked. */
  sentTo?: string
  /** Seconds until `mfaToken` expires. */
  expiresIn: number
}

/** The state of the authenticator app, without its secret. */
export interface MfaSecret {
  /** Whether an authenticator app is set up. */
  confirmed: boolean
  /** When it was confirmed; null if none is set up. */
  confirmedAt: string | null
}

/** Multi-factor sign-in of the account. */
export interface MfaSignIn {
  /** Whether signing in takes a second factor. */
  enabled: boolean
  /** The default method; null while MFA is off. */
  mfaMethod: MfaMethod | null
  /** Methods that sign in, strongest first; while MFA is off, all that are set up. */
  availableMethods: MfaMethod[]
  /**
   * Methods that are set up and open nothing yet, because they were proven before MFA
   * was turned on. Each works once its owner proves it by `POST /settings/MfaSignIn`
   * with `"setDefault": false`.
   */
  pendingMethods: MfaMethod[]
  /** The address that codes by email go to, masked; null if they are not set up. */
  mfaEmail: string | null
  /** When MFA was last turned on or off; null if it never was on. */
  changedAt: string | null
}

/** MFA is on. */
export interface MfaSignInOn {
  /** Whether signing in takes a second factor. */
  enabled: boolean
  /** The default method; null while MFA is off. */
  mfaMethod: MfaMethod | null
  /** Methods that sign in, strongest first; while MFA is off, all that are set up. */
  availableMethods: MfaMethod[]
  /**
   * Methods that are set up and open nothing yet, because they were proven before MFA
   * was turned on. Each works once its owner proves it by `POST /settings/MfaSignIn`
   * with `"setDefault": false`.
   */
  pendingMethods: MfaMethod[]
  /** The address that codes by email go to, masked; null if they are not set up. */
  mfaEmail: string | null
  /** When MFA was last turned on or off; null if it never was on. */
  changedAt: string | null
  /**
   * Ten codes for when the method is lost, each time MFA goes on and whenever the
   * account has none. Shown once; earlier ones are void.
   */
  recoveryCodes?: string[]
}

/** A new secret, shown once. */
export interface NewMfaSecret {
  /** The secret in base 32, to type into the app. */
  secret: string
  /** The secret as a URI that opens the app on a phone. */
  otpauthUri: string
  /** The URI as a QR code to scan: an SVG as a data URI. */
  qrCode: string
  confirmed: false
}

/** A passkey. */
export interface Passkey {
  id: string
  /** A name chosen by its owner. */
  name: string
  /** When the passkey was added. */
  createdAt: string
  /** When the passkey was last used; null if never. */
  lastUsedAt: string | null
  /** Whether the passkey is synced to other devices. */
  backedUp: boolean
  /**
   * Whether it opens nothing yet: it was added on weaker proof than multi-factor sign-in
   * has now. Prove it once by `POST /settings/MfaSignIn` with `passkeyId`.
   */
  pending: boolean
}

/** The new password is set. Sign in with it. */
export interface PasswordReset {
  status: 'passwordReset'
  /**
   * Other changes of the last seven days, newest first, that the links in their emails
   * can still undo.
   */
  undoableChanges: {
    /** The activity type of the change. */
    type: string
    /** When it was changed. */
    changedAt: string
  }[]
  /** All passkeys, newest first. Remove those you don’t know. */
  passkeys: {
    id: string
    name: string
    /** When it was added. */
    createdAt: string
  }[]
}

/** Problem details (RFC 9457). */
export interface Problem<Code extends ProblemCode = ProblemCode> {
  /** The documentation of this problem type. */
  type: string
  title: string
  status: ProblemStatus[Code]
  /** Stable: match on this. */
  code: Code
  /** A sentence for people about what to do. */
  detail: string
  /** Equals the `X-Request-Id` header. */
  requestId: string
  /** The invalid fields, with a reason each. */
  errors?: {
    path: string
    message: string
  }[]
  attemptsLeft?: number
  /** Seconds to wait before the next attempt. */
  retryAfter?: number
}

/** The part of the account that applications may read. */
export interface Profile {
  /** The display name. */
  name: string | null
  /**
   * The username, set at sign-up or by an operator. Its owner can’t change it, because
   * applications may take it for the account.
   */
  preferredUsername: string | null
  /** The URL of a picture. */
  picture: string | null
  /** The language of messages. */
  locale: 'en' | 'de'
  /** The groups, sorted. Only operators change them. */
  groups: string[]
  /** The declared attributes that have a value. */
  attributes: Record<string, string | number | boolean>
  /** When any of it last changed. */
  updatedAt: string
}

export interface ProfileAttribute {
  name: string
  type: 'string' | 'number' | 'boolean'
  /** Owners read all of their attributes; operators may edit all. */
  editableBy: 'owner' | 'operator'
  /** The words for it, by language; may be empty. */
  label: {
    en?: string
    de?: string
  }
}

/**
 * PublicKeyCredentialCreationOptionsJSON, for
 * `PublicKeyCredential.parseCreationOptionsFromJSON()`.
 */
export interface PublicKeyCredentialCreationOptionsJSON {
  /** The challenge to sign, once. */
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
  /** The challenge to sign, once. */
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

export interface ReadInvitationBody {
  /** From the link in the email, after `#token=`. */
  token: string
}

/** The invitation is open. */
export interface ReadInvitationResponse {
  /** The address that the account will have. */
  email: string
  /** The display name that the account will have. */
  name: string | null
  /** Until when it can be accepted. */
  expiresAt: string
}

export interface ReauthenticateBody {
  /** Any characters, up to 1,024 bytes. */
  password?: string | undefined
  /**
   * AuthenticationResponseJSON of WebAuthn Level 3: the result of
   * `navigator.credentials.get()`, by its `toJSON()`.
   */
  assertion?: AuthenticationResponseJSON | undefined
}

export interface RefreshBody {
  /**
   * The session’s latest refresh token. Pages that send `Latchkey-Session: cookie` omit
   * it.
   */
  refreshToken?: string | undefined
  /**
   * The account that the page shows: the `sub` of its access tokens. If the cookie is of
   * another one by now, nothing changes.
   */
  account?: string | undefined
}

/**
 * RegistrationResponseJSON of WebAuthn Level 3: the result of
 * `navigator.credentials.create()`, by its `toJSON()`.
 */
export interface RegistrationResponseJSON {
  id: string
  rawId: string
  type: 'public-key'
  /** Ignored. */
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

/** The app is removed. Includes the new state of multi-factor sign-in. */
export interface RemoveMfaSecretResponse {
  /** Whether an authenticator app is set up. */
  confirmed: boolean
  mfaSignIn: MfaSignIn
}

/** The remaining passkeys, and the new state of multi-factor sign-in. */
export interface RemovePasskeyResponse {
  /** Newest first. */
  passkeys: Passkey[]
  mfaSignIn: MfaSignIn
}

/** The number is removed. Includes the new state of multi-factor sign-in. */
export interface RemovePhoneNumberResponse {
  phoneNumber: null
  mfaSignIn: MfaSignIn
}

export interface RenamePasskeyBody {
  /** A name chosen by its owner. */
  name: string
}

export interface RequirePasswordResetOfUserBody {
  /** The reason, in one line. The owner reads it. */
  reason?: string | undefined
}

export interface ResetPasswordBody {
  /** An email address. */
  email?: string | undefined
  /** The code as typed. */
  code?: string | undefined
  /** From `POST /auth/Undo`; replaces `email` and `code`. */
  resetToken?: string | undefined
  /** Any characters, up to 1,024 bytes. */
  newPassword: string
  /**
   * The latest `deviceToken` that a sign-in to this account returned. This device stays
   * known.
   */
  deviceToken?: string | undefined
}

export interface SendMfaCodeBody {
  /** From the response to `POST /auth/SignIn`. */
  mfaToken: string
  /** A method of the second factor; `recoveryCode` stands in for any of them. */
  mfaMethod?: ChallengeMethod | undefined
}

export interface Session {
  id: string
  /** Whether this is the session of the request. */
  current: boolean
  createdAt: string
  lastUsedAt: string
  ipAddress: string
  /** The `User-Agent` header at sign-in. */
  userAgent: string
  /** Authentication methods (RFC 8176). */
  amr: string[]
  /** The applications that it signed in to. */
  apps: {
    id: string
    name: string
  }[]
}

/** The account’s active sessions. */
export interface Sessions {
  /** Newest first. */
  sessions: Session[]
}

export interface SetGroupsOfUserBody {
  /**
   * Flat labels that only applications interpret. 1 to 64 letters and digits, and `. _ :
   * / -` after the first character; upper and lower case differ.
   */
  groups: string[]
  /** The reason, in one line. The owner reads it. */
  reason?: string | undefined
}

/** All settings of the account. */
export interface Settings {
  email: string
  /** The language of messages. */
  language: 'en' | 'de'
  /** The part of the account that applications may read. */
  profile: Profile
  /** Masked. */
  phoneNumber: string | null
  createdAt: string
  /** Without a password, a passkey confirms what the password would. */
  hasPassword: boolean
  passwordChangedAt: string
  mfaSignIn: MfaSignIn
  /** The state of the authenticator app, without its secret. */
  mfaSecret: MfaSecret
  recoveryCodes: {
    remaining: number
    /** When they were generated; null if there are none. */
    createdAt: string | null
  }
  /** Newest first. */
  passkeys: Passkey[]
  /** The number of live sessions. */
  sessions: number
  /** The number of trusted devices. */
  trustedDevices: number
  policy: {
    mfa: 'optional' | 'required'
    /** Methods that can be chosen, strongest first. */
    mfaMethods: MfaMethod[]
    /** Seconds after a sign-in in which it may change these settings. */
    stepUpMaxAge: number
    /** The attributes that the operator has declared for profiles. */
    profileAttributes: ProfileAttribute[]
  }
}

export interface SignInBody {
  /** An email address. */
  email: string
  /** Any characters, up to 1,024 bytes. */
  password: string
  /**
   * The latest `deviceToken` that a sign-in to this account returned. Strangers cannot
   * use up the attempts of a known device. That of a trusted one replaces the second
   * factor.
   */
  deviceToken?: string | undefined
}

export interface SignUpBody {
  /** An email address. */
  email: string
  /** Any characters, up to 1,024 bytes. */
  password: string
  /** The display name, in one line. */
  name?: string | undefined
  /**
   * The username: 2 to 32 letters and digits from a to z and 0 to 9, beginning with a
   * letter, with single `.`, `_` or `-` between them. Unique in upper and lower case.
   */
  preferredUsername?: string | undefined
}

/** If the address has no account yet, a code was sent to it. */
export interface SignUpResponse {
  status: 'codeSent'
  /** For `POST /auth/SignUp/Verify`. Keep it in memory beside the address. */
  signUpToken: string
  sentTo: string
  /** Seconds until the code and the token expire. */
  expiresIn: number
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
   * Opaque, for a single `POST /auth/Refresh`. Absent if a cookie has it instead
   * (`Latchkey-Session: cookie`).
   */
  refreshToken?: string
  /** Seconds until the refresh token expires. */
  refreshExpiresIn: number
  /** These tokens only allow setting up MFA. Refresh them once it is on. */
  mfaSetUpRequired?: true
  /**
   * Marks this device as known. Keep it, and send it with the next sign-in to this
   * account. Absent after `Refresh` and `Reauthenticate`, which change no device, and if
   * a cookie has it.
   */
  deviceToken?: string
}

export interface StartInvitationPasskeyBody {
  /** From the link in the email, after `#token=`. */
  token: string
}

/** The options for the browser. */
export interface StartInvitationPasskeyResponse {
  /**
   * PublicKeyCredentialCreationOptionsJSON, for
   * `PublicKeyCredential.parseCreationOptionsFromJSON()`.
   */
  options: PublicKeyCredentialCreationOptionsJSON
  /** For `POST /auth/Invitation/Passkey/Verify`. */
  passkeyToken: string
  /** Seconds until `options` and `passkeyToken` expire. */
  expiresIn: number
}

export interface StartPasskeyRegistrationBody {
  /** Any characters, up to 1,024 bytes. */
  currentPassword?: string | undefined
  /**
   * AuthenticationResponseJSON of WebAuthn Level 3: the result of
   * `navigator.credentials.get()`, by its `toJSON()`.
   */
  assertion?: AuthenticationResponseJSON | undefined
}

/** The options for the browser. */
export interface StartPasskeyRegistrationResponse {
  /**
   * PublicKeyCredentialCreationOptionsJSON, for
   * `PublicKeyCredential.parseCreationOptionsFromJSON()`.
   */
  options: PublicKeyCredentialCreationOptionsJSON
  /** Seconds until the options expire. */
  expiresIn: number
}

export interface StartPasskeySignInBody {
  /** From a response `mfaRequired`. */
  mfaToken?: string | undefined
}

/** Options for the browser. */
export interface StartPasskeySignInResponse {
  /**
   * PublicKeyCredentialRequestOptionsJSON, for
   * `PublicKeyCredential.parseRequestOptionsFromJSON()`.
   */
  options: PublicKeyCredentialRequestOptionsJSON
  /** For `POST /auth/SignIn/Passkey/Verify`. */
  passkeyToken: string
  /** Seconds until `options` and `passkeyToken` expire. */
  expiresIn: number
}

export interface SuspendUserBody {
  /** The reason, in one line. The owner reads it. */
  reason: string
}

export interface TrustedDevice {
  id: string
  name: string
  createdAt: string
  lastUsedAt: string
  expiresAt: string
}

/** The account’s trusted devices. */
export interface TrustedDevices {
  /** Newest first. */
  trustedDevices: TrustedDevice[]
}

export interface TurnOffMfaOfUserBody {
  /** The reason, in one line. The owner reads it. */
  reason: string
}

export interface TurnOnMfaBody {
  /** A method of the second factor. */
  mfaMethod: MfaMethod
  /** For `sms`: the number in international format. Defaults to the verified one. */
  phoneNumber?: string | undefined
  /** An email address. */
  email?: string | undefined
  /** The code as typed. */
  code?: string | undefined
  /**
   * AuthenticationResponseJSON of WebAuthn Level 3: the result of
   * `navigator.credentials.get()`, by its `toJSON()`.
   */
  assertion?: AuthenticationResponseJSON | undefined
  /** For `passkey`, without `assertion`: the passkey that must sign. */
  passkeyId?: string | undefined
  /**
   * Whether the method becomes the default. `false` adds it, or proves a pending one.
   * The method that turns MFA on is the default in any case.
   */
  setDefault?: boolean | undefined
  /**
   * The latest `deviceToken` that a sign-in to this account returned. MFA settles in a
   * day on a device first seen a week before.
   */
  deviceToken?: string | undefined
}

export interface UndoBody {
  /** From the link in the email, after `#token=`. */
  token: string
  /** From the response `mfaRequired`, with `code`. */
  mfaToken?: string | undefined
  /** A method of the second factor; `recoveryCode` stands in for any of them. */
  mfaMethod?: ChallengeMethod | undefined
  /** The code as typed. */
  code?: string | undefined
  /** From `POST /auth/SignIn/Passkey` with the `mfaToken`, with `response`. */
  passkeyToken?: string | undefined
  /**
   * AuthenticationResponseJSON of WebAuthn Level 3: the result of
   * `navigator.credentials.get()`, by its `toJSON()`.
   */
  response?: AuthenticationResponseJSON | undefined
  /**
   * The latest `deviceToken` that a sign-in to this account returned. MFA that comes
   * back settles in a day on a device first seen a week before.
   */
  deviceToken?: string | undefined
}

/** The change was undone. Set a new password next. */
export interface Undone {
  status: 'undone'
  /** The activity type of the change. */
  undone: string
  /** The address to sign in with. */
  email: string
  /** For one `POST /auth/ResetPassword`. */
  resetToken: string
  /** Seconds until it expires. */
  expiresIn: number
  /**
   * Other changes of the last seven days, newest first, that the links in their emails
   * can still undo.
   */
  undoableChanges: {
    /** The activity type of the change. */
    type: string
    /** When it was changed. */
    changedAt: string
  }[]
  /** All passkeys, newest first. Remove those you don’t know. */
  passkeys: {
    id: string
    name: string
    /** When it was added. */
    createdAt: string
  }[]
}

export interface UnsuspendUserBody {
  /** The reason, in one line. The owner reads it. */
  reason?: string | undefined
}

/** The account as it is now. */
export interface User {
  id: string
  email: string
  /** The part of the account that applications may read. */
  profile: Profile
  /** Masked. */
  phoneNumber: string | null
  /** When the account was created. */
  createdAt: string
  /** When the owner last signed in; null if not in the last year. */
  lastSignInAt: string | null
  /** When the password was last set. */
  passwordChangedAt: string
  /**
   * Since when a new password is required before the account can sign in; null if none
   * is.
   */
  passwordResetRequiredSince: string | null
  mfaSignIn: MfaSignIn
  recoveryCodes: {
    /** The number of unused codes. */
    remaining: number
    /** When the codes were generated; null if there are none. */
    createdAt: string | null
  }
  /** The number of passkeys. */
  passkeys: number
  /** The number of live sessions. */
  sessions: number
  /** The number of devices that skip the second factor. */
  trustedDevices: number
  /** Null if the account is not suspended. */
  suspension: {
    /** When it was suspended. */
    since: string
    /** The operator’s reason. */
    reason: string | null
  } | null
  /** When its owner deleted the account; it is erased seven days later. */
  deletedAt: string | null
  /** Since when its owner is an operator; null if they are not. */
  adminSince: string | null
}

export interface UserActivityEntry {
  id: string
  /** The id of the account; null if the address has none. */
  user: string | null
  /** The type of the entry; stable. */
  type: string
  /** When it happened. */
  at: string
  /** The IP address of the client; null for actions of operators. */
  ipAddress: string | null
  /** The user agent of the client. */
  userAgent: string | null
  /** Details that depend on the type. Actions of operators have `by`, and mostly `why`. */
  detail: Record<string, unknown>
}

/** The accounts found; empty if there are none. */
export interface Users {
  /** The account that has the address, then those that may get it back. */
  users: User[]
}

export interface VerifyMfaBody {
  /** From the response to `POST /auth/SignIn`. */
  mfaToken: string
  /** A method of the second factor; `recoveryCode` stands in for any of them. */
  mfaMethod?: ChallengeMethod | undefined
  /** The code as typed. */
  code: string
  /**
   * The latest `deviceToken` that a sign-in to this account returned. The one of
   * `SignIn` need not be sent again.
   */
  deviceToken?: string | undefined
  /** Trusts the device: its `deviceToken` replaces the second factor for 30 days. */
  rememberDevice?: boolean | undefined
}

export interface VerifyPasskeySignInBody {
  /** From `POST /auth/SignIn/Passkey`. */
  passkeyToken: string
  /**
   * AuthenticationResponseJSON of WebAuthn Level 3: the result of
   * `navigator.credentials.get()`, by its `toJSON()`.
   */
  response: AuthenticationResponseJSON
  /**
   * The latest `deviceToken` that a sign-in to this account returned. The one of
   * `SignIn` need not be sent again.
   */
  deviceToken?: string | undefined
  /** Trusts the device: its `deviceToken` replaces the second factor for 30 days. */
  rememberDevice?: boolean | undefined
}

export interface VerifySignUpBody {
  /** From the response to `POST /auth/SignUp`. */
  signUpToken: string
  /** The code as typed. */
  code: string
  /**
   * The username: 2 to 32 letters and digits from a to z and 0 to 9, beginning with a
   * letter, with single `.`, `_` or `-` between them. Unique in upper and lower case.
   */
  preferredUsername?: string | undefined
}

/** The effect of losing each credential, or of having it stolen. */
export interface WaysIn {
  /** Credentials that an ordinary sign-in takes, in order. */
  signInNeeds: CredentialKind[]
  /**
   * For each credential: whether you could still sign in without it, and by which
   * others.
   */
  ifLost: {
    what: CredentialKind
    /** The passkey, where `what` is `passkey`. */
    passkey?: {
      id: string
      name: string
    }
    stillIn: boolean
    by: CredentialKind[]
    /**
     * Whether that sign-in may change how the account signs in. A code by email is not
     * enough where the default method is stronger.
     */
    canChange: boolean
  }[]
  /** For each credential: whether it alone lets a thief in. */
  ifStolen: {
    what: CredentialKind
    /** The passkey, where `what` is `passkey`. */
    passkey?: {
      id: string
      name: string
    }
    letsIn: boolean
    why: string
  }[]
  /** The step that would help most; empty if none would. */
  advice: {
    do: 'turnOnMfa' | 'setUpAuthenticator' | 'makeRecoveryCodes'
    why: string
  }[]
}
