/** An application, by the library that many Node applications use. */
import type { TestContext } from 'node:test'
import * as oidc from 'openid-client'
import type { AppBrowser, Arrival } from './app-browser.ts'
import { addApp } from './apps.ts'
import type { TestLatchkey } from './latchkey.ts'

/** A sign-in that an application has begun. */
export interface StartedSignIn {
  url: URL
  /** Redeems the code that the browser brings back. */
  finish(
    arrival: Arrival,
    options?: oidc.AuthorizationCodeGrantOptions,
  ): Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers>
}

export class AppClient {
  readonly config: oidc.Configuration
  readonly redirectUri: string

  constructor(config: oidc.Configuration, redirectUri: string) {
    this.config = config
    this.redirectUri = redirectUri
  }

  /** Registers an application by the command line, and discovers the service. */
  static async register(
    t: TestContext,
    latchkey: TestLatchkey,
    name: string,
    ...args: string[]
  ): Promise<AppClient> {
    const url = `https://${name}.example.com`
    const redirectUri = `${url}/callback`
    const app = await addApp(
      t,
      latchkey,
      name,
      '--url',
      url,
      '--redirect-uri',
      redirectUri,
      ...args,
    )
    return AppClient.discover(latchkey, { ...app, redirectUri })
  }

  static async discover(
    latchkey: TestLatchkey,
    app: { clientId: string; clientSecret: string | undefined; redirectUri: string },
  ): Promise<AppClient> {
    const { clientId, clientSecret, redirectUri } = app
    const authentication =
      clientSecret === undefined ? oidc.None() : oidc.ClientSecretBasic(clientSecret)
    const config = await oidc.discovery(
      new URL(latchkey.origin),
      clientId,
      undefined,
      authentication,
      { execute: [oidc.allowInsecureRequests] },
    )
    return new AppClient(config, redirectUri)
  }

  /** Begins a sign-in, with PKCE, state and nonce. */
  async start(parameters: Record<string, string> = {}): Promise<StartedSignIn> {
    const verifier = oidc.randomPKCECodeVerifier()
    const [state, nonce] = [oidc.randomState(), oidc.randomNonce()]
    const url = oidc.buildAuthorizationUrl(this.config, {
      redirect_uri: this.redirectUri,
      scope: 'openid email',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...parameters,
    })
    return {
      url,
      finish: (arrival, options) => {
        const checks = {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
          ...(parameters.max_age !== undefined && { maxAge: Number(parameters.max_age) }),
        }
        return oidc.authorizationCodeGrant(this.config, arrival.url, checks, undefined, options)
      },
    }
  }

  /** Signs a browser in whose person is signed in here, or has the cookie of an earlier sign-in. */
  async signIn(browser: AppBrowser, parameters?: Record<string, string>) {
    const { url, finish } = await this.start(parameters)
    const arrival = await browser.open(url)
    return finish(arrival.status === undefined ? arrival : await browser.authorize(arrival))
  }
}
