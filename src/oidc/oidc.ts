import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Settings } from '../config/settings.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { Log } from '../lib/log.ts'
import type { PageRenderer } from '../pages/page-routes.ts'
import type { Principal } from '../sessions/guard.ts'
import type { SessionRules } from '../sessions/session.ts'
import type { Db } from '../store/open.ts'
import type { RunTransaction } from '../store/transaction.ts'

/** The OpenID Provider, loaded once an application is registered. */
export interface Oidc {
  /** Answers a request under `/oidc`, or for its discovery document. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Describes what an application asks for. @throws Problem `authorization_expired` */
  describe(interaction: string): Promise<AuthorizationRequest>
  /**
   * Lets the person of a session go on to the application, or back to it with an error that signing in
   * again can’t mend.
   *
   * @throws Problem `authorization_expired`; `insufficient_user_authentication` (RFC 9470) if the
   * application asks for a more recent or stronger sign-in
   */
  authorize(interaction: string, principal: Principal): Promise<Continuation>
  /**
   * Answers for the person whether the application may know what it asks for.
   *
   * @throws Problem `authorization_expired`, also if another session is asked
   */
  consent(interaction: string, principal: Principal, allowed: boolean): Promise<Continuation>
  /**
   * Redeems an authorization code, once (RFC 6749 §4.1.3), with the proof of the browser that asked for
   * it (RFC 7636).
   *
   * @returns the session of the person; undefined if the code is worth nothing to this browser
   */
  redeemCode(request: {
    code: string
    clientId: string
    redirectUri: string
    verifier: string
  }): Promise<string | undefined>
}

/** The request of an application that waits for a person. */
export interface AuthorizationRequest {
  app: { name: string; url: string }
  /** Whether it waits for a sign-in, or for permission. */
  prompt: 'login' | 'consent'
  /** Of those that are known here. */
  scopes: string[]
}

/** Where the browser goes next. */
export interface Continuation {
  redirectTo: string
  /** Proves there that it is the same browser; absent if that is another page of ours. */
  token?: string
}

export interface OidcDeps {
  db: Db
  transaction: RunTransaction
  keyring: Keyring
  signingKeys: SigningKeys
  settings: Settings
  rules: SessionRules
  log: Log
  pages: PageRenderer
}
