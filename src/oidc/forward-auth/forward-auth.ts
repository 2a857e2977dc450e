import { createHash } from 'node:crypto'
import { callbackPath, findAppByOrigin, forwardAuthCallback } from '../../apps/forward-auth-app.ts'
import type { Keyring } from '../../keys/keyring.ts'
import { Problem } from '../../lib/problem.ts'
import type { SessionRules } from '../../sessions/session.ts'
import type { Db } from '../../store/open.ts'
import type { Oidc } from '../oidc.ts'
import { createAppCookies, ensureVerifier, readVerifier } from './app-cookies.ts'
import { type ForwardedRequest, isNavigation } from './forwarded-request.ts'
import { identityHeaders } from './identity-headers.ts'

/** Longer addresses are not returned to: they would not fit into that of the sign-in. */
const maxReturnLength = 2000

/** The answer to a reverse proxy. */
export type Verdict =
  /** The request may pass, with these headers. */
  | { pass: Record<string, string> }
  | { redirectTo: string; setCookie: string }
  /** A page for the person whose sign-in has failed. @member retry where they begin again */
  | { failure: SignInFailure; retry: string }

export type SignInFailure = 'expired' | 'mfa_required'

export interface ForwardAuth {
  /**
   * Decides about a request for an application.
   *
   * @param mayRedirect whether the proxy hands on redirects; otherwise a problem takes their place
   * @throws Problem `not_found` if no such application is registered; `sign_in_required`
   */
  verify(request: ForwardedRequest, mayRedirect: boolean): Promise<Verdict>
}

export interface ForwardAuthDeps {
  db: Db
  keyring: Keyring
  rules: SessionRules
  publicUrl: string
  oidc: () => Promise<Oidc | undefined>
}

/** Signs people in to applications that know nothing of it, as their OpenID Connect client. */
export function createForwardAuth(deps: ForwardAuthDeps): ForwardAuth {
  const { db, publicUrl, oidc } = deps
  const cookies = createAppCookies(deps)

  function startSignIn({ origin, uri, headers }: ForwardedRequest, app: ForwardAuthApp): Verdict {
    const { verifier, setCookie } = ensureVerifier(headers.cookie)
    const url = new URL('/oidc/auth', publicUrl)
    const isShort = uri.length <= maxReturnLength
    url.search = new URLSearchParams({
      client_id: app.id,
      redirect_uri: forwardAuthCallback(origin),
      response_type: 'code',
      scope: 'openid',
      state: Buffer.from(isShort ? uri : '/').toString('base64url'),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...(app.required_acr !== null && { acr_values: app.required_acr }),
    }).toString()
    return { redirectTo: url.href, setCookie }
  }

  async function completeSignIn(
    { origin, uri, headers }: ForwardedRequest,
    app: ForwardAuthApp,
  ): Promise<Verdict> {
    const { searchParams } = new URL(uri, origin)
    const retry = origin + returnUriOf(searchParams.get('state'))
    if (searchParams.get('error') === 'unmet_authentication_requirements') {
      return { failure: 'mfa_required', retry }
    }
    const [code, verifier] = [searchParams.get('code'), readVerifier(headers.cookie)]
    const session =
      code !== null && verifier !== undefined
        ? await (await oidc())?.redeemCode({
            ...{ code, verifier, clientId: app.id },
            redirectUri: forwardAuthCallback(origin),
          })
        : undefined
    // Beginning again by itself would never end in a browser that keeps no cookies.
    if (session === undefined) return { failure: 'expired', retry }
    return { redirectTo: retry, setCookie: await cookies.signIn(app.id, session) }
  }

  return {
    async verify(request, mayRedirect) {
      const isCallback = request.uri === callbackPath || request.uri.startsWith(`${callbackPath}?`)
      const identity = isCallback
        ? undefined
        : await cookies.findIdentity(request.headers.cookie, request.origin)
      if (typeof identity === 'object') return { pass: identityHeaders(identity) }

      const app = await findAppByOrigin(db, request.origin)
      if (!app) {
        throw new Problem(
          'not_found',
          `No application at ${request.origin} is registered with --forward-auth.`,
        )
      }
      if (mayRedirect && isNavigation(request)) {
        return isCallback ? completeSignIn(request, app) : startSignIn(request, app)
      }
      throw new Problem(
        'sign_in_required',
        'Nobody is signed in here. Open a page of this site to sign in, and then try again.',
      )
    },
  }
}

type ForwardAuthApp = NonNullable<Awaited<ReturnType<typeof findAppByOrigin>>>

/** The path to return to. It comes from a URL that anybody can write: it leads to this host alone. */
function returnUriOf(state: string | null): string {
  const uri = Buffer.from(state ?? '', 'base64url').toString('latin1')
  const isPath = /^\/[\x21-\x7e]*$/.test(uri) && !uri.startsWith(callbackPath)
  return isPath ? uri : '/'
}
