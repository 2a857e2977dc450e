import { Provider } from 'oidc-provider'
import { appSecretPurpose } from '../../apps/register-app.ts'
import { matchesHash } from '../../keys/keyring.ts'
import { second } from '../../lib/clock.ts'
import { Problem } from '../../lib/problem.ts'
import { cookieNamesOf } from '../../sessions/cookie-sessions.ts'
import type { Oidc, OidcDeps } from '../oidc.ts'
import type { AdapterDeps } from './adapter.ts'
import { configurationOf } from './configuration.ts'
import { createInteractions } from './interactions.ts'
import { endSessionOnSignOut, guardContinuation } from './middleware.ts'
import { createProviderPages } from './pages.ts'
import { createRecords, type Records } from './records.ts'
import { createCodeRedeemer } from './redeem-code.ts'
import { createSessionViews } from './session-view.ts'

/** Creates the OpenID Provider. It replaces the library’s object whenever the keys change. */
export function createOidc(deps: OidcDeps): Oidc {
  const { db, transaction, keyring, signingKeys, settings, rules } = deps
  const cookies = cookieNamesOf(settings.publicUrl)
  const records = createRecords({ db, keyring })
  const sessions = createSessionViews({ db, keyring, rules })
  // Derived, so that concurrent refreshes agree on it. Nobody can derive it without our key.
  const successorOf = (refreshToken: string) => keyring.hash(refreshToken, 'oidc successor')
  const adapterDeps: AdapterDeps = { db, transaction, records, sessions, successorOf }
  const pages = createProviderPages(deps.pages)
  let current: { kids: string; provider: Provider; callback: ReturnType<Provider['callback']> }

  /** The provider with the keys of now. */
  function currentProvider() {
    const keys = signingKeys.idTokenKeys()
    const kids = keys.map(({ jwk }) => jwk.kid).join(' ')
    if (current?.kids === kids) return current
    const configuration = configurationOf({
      ...{ db, settings, keys, adapterDeps, pages },
      sessionCookie: cookies.apps,
    })
    const provider = new Provider(settings.publicUrl, configuration)
    // The caller sets the forwarded headers, from the public URL alone.
    provider.proxy = true
    provider.use(guardContinuation({ keyring, records, cookies, pages }))
    provider.use(endSessionOnSignOut(deps))
    adapt(provider, { keyring, records, successorOf })
    reportErrors(provider, deps)
    current = { kids, provider, callback: provider.callback() }
    return current
  }

  return {
    handle: async (request, response) => currentProvider().callback(request, response),
    ...createInteractions(deps, () => currentProvider().provider),
    ...createCodeRedeemer(() => currentProvider().provider),
  }
}

/** Replaces what the library does in another way than we do. */
function adapt(
  provider: Provider,
  deps: { keyring: OidcDeps['keyring']; records: Records; successorOf: (token: string) => string },
): void {
  const { keyring, records, successorOf } = deps
  const { Client, RefreshToken, ReplayDetection, Session } = provider

  // The database has hashes of client secrets.
  Client.prototype.compareClientSecret = function (secret: string) {
    return matchesHash(keyring, this.clientSecret ?? '', secret, appSecretPurpose)
  }
  // ID tokens name the session, so that an application can end its part of it.
  Client.prototype.includeSid = () => true

  const refreshTokens = RefreshToken.prototype as unknown as { generateTokenId(): string }
  const { generateTokenId } = refreshTokens
  refreshTokens.generateTokenId = function () {
    const rotated = Provider.ctx?.oidc.entities.RotatedRefreshToken
    return rotated ? successorOf(rotated.jti) : generateTokenId.call(this)
  }

  // The library looks first, and stores then.
  ReplayDetection.unique = (iss: string, jti: string, exp: number) =>
    records.addOnce('ReplayDetection', `${iss} ${jti}`, exp * second)

  const { save } = Session.prototype
  Session.prototype.save = function (ttl: number) {
    // The view of a session of ours stays, under another cookie: in between it would not be found.
    if (this.accountId !== undefined) Object.assign(this, { oldId: undefined })
    return save.call(this, ttl)
  }

  // The library’s session becomes the view of the session that has signed in.
  provider.on('interaction.ended', ({ oidc }) => {
    const { login } = (oidc.result ?? {}) as { login?: { session?: string } }
    if (oidc.session && login?.session) oidc.session.uid = login.session
  })
}

function reportErrors(provider: Provider, { log }: OidcDeps): void {
  // Koa’s own, for what happens outside of the library.
  const koa: { on(event: 'error', listener: (error: Error) => void): unknown } = provider as never
  koa.on('error', (error) => log.error({ err: error }, 'request failed'))
  provider.on('server_error', (ctx, error) => {
    if (!(error instanceof Problem)) return void log.error({ err: error }, 'request failed')
    // The database or a key of it is missing for a moment.
    ctx.status = 503
    ctx.set('retry-after', String(error.members.retryAfter ?? 5))
  })
}
