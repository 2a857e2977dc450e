import type { Client, Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { Settings } from '../../config/settings.ts'
import type { IdTokenKey } from '../../keys/id-token-key.ts'
import { hour, minute, second } from '../../lib/clock.ts'
import type { Db } from '../../store/open.ts'
import { interactionPath } from '../interaction-path.ts'
import { claimsByScope, findAccount, scopes } from './account-claims.ts'
import { type AdapterDeps, createAdapter } from './adapter.ts'
import { loadGrant } from './consents.ts'
import type { ProviderPages } from './pages.ts'
import { createPolicy } from './prompts.ts'

/** Applications may verify and use an ID token for that long. */
const idTokenTtl = hour / second

/** The configuration of the library. @param keys the first one signs, all verify */
export function configurationOf(deps: {
  db: Db
  settings: Settings
  keys: IdTokenKey[]
  /** The name of the cookie of the session. */
  sessionCookie: string
  adapterDeps: AdapterDeps
  pages: ProviderPages
}): Configuration {
  const { db, settings, keys, sessionCookie, adapterDeps, pages } = deps
  const { sessionLifetime, accessTokenTtl, profileAttributes } = settings
  const cookieOptions = { httpOnly: true, sameSite: 'lax', path: '/' } as const

  return {
    adapter: (model: string) => createAdapter(adapterDeps, model),
    jwks: { keys: keys.map(({ privateJwk }) => ({ ...privateJwk, alg: 'RS256', use: 'sig' })) },
    cookies: {
      names: {
        session: sessionCookie,
        // For the path of each interaction alone, so without the prefix.
        interaction: 'latchkey-app-interaction',
        resume: 'latchkey-app-resume',
      },
      long: cookieOptions,
      short: { httpOnly: true, sameSite: 'lax' },
    },

    // Claims
    claims: claimsByScope(profileAttributes),
    scopes: [...scopes],
    acrValues: ['aal1', 'aal2'],
    // Most applications read the ID token alone.
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) => findAccount(db, id, profileAttributes),

    // People
    interactions: {
      policy: createPolicy(db),
      url: (_ctx, { uid, prompt }) => interactionPath(prompt.name, uid),
    },
    loadExistingGrant: (ctx) => loadGrant(db, ctx),
    renderError: pages.renderError,

    // Tokens: whatever an application holds ends with the session.
    responseTypes: ['code'],
    // OpenID Connect Core §3.1.2.1 requires it, also where one is registered.
    allowOmittingSingleRegisteredRedirectUri: false,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    pkce: { required: (_ctx, client) => client.tokenEndpointAuthMethod === 'none' },
    expiresWithSession: () => true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    enabledJWA: { idTokenSigningAlgValues: ['RS256'] },
    ttl: {
      AccessToken: accessTokenTtl,
      AuthorizationCode: minute / second,
      Grant: sessionLifetime,
      IdToken: idTokenTtl,
      Interaction: hour / second,
      RefreshToken: sessionLifetime,
      Session: (_ctx, session) => (session.accountId ? sessionLifetime : hour / second),
    },

    features: {
      devInteractions: { enabled: false },
      introspection: {
        enabled: true,
        // A token tells its own application alone about its owner.
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      pushedAuthorizationRequests: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: pages.renderSignOut,
        postLogoutSuccessSource: pages.renderSignedOut,
      },
    },
    clientBasedCORS: allowsOrigin,
    discovery: {
      // Sent by us at every end of a session; the library does so at an application’s request alone.
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      claim_types_supported: ['normal'],
      ui_locales_supported: ['en', 'de'],
    },
    routes: {
      authorization: '/oidc/auth',
      end_session: '/oidc/logout',
      introspection: '/oidc/introspect',
      // Ours, which has the keys of access tokens as well.
      jwks: '/.well-known/jwks.json',
      pushed_authorization_request: '/oidc/par',
      revocation: '/oidc/revoke',
      token: '/oidc/token',
      userinfo: '/oidc/userinfo',
    },
  }
}

/** Lets the pages of a public application call from where people return to. */
function allowsOrigin(_ctx: KoaContextWithOIDC, origin: string, client: Client): boolean {
  const { redirectUris = [], tokenEndpointAuthMethod } = client
  return (
    tokenEndpointAuthMethod === 'none' &&
    redirectUris.some((uri) => URL.parse(uri)?.origin === origin)
  )
}
