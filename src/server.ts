import { setTimeout as sleep } from 'node:timers/promises'
import type { DestinationStream } from 'pino'
import { accountSettingsRoutes } from './accounts/account-settings-routes.ts'
import { invitationRoutes } from './accounts/invitations/invitation-routes.ts'
import { passwordRoutes } from './accounts/password/password-routes.ts'
import { profileRoutes } from './accounts/profile-routes.ts'
import { signUpRoutes } from './accounts/sign-up-routes.ts'
import { activityRoutes } from './activity/activity-routes.ts'
import { adminInvitationRoutes } from './admin/admin-invitation-routes.ts'
import { adminProfileRoutes } from './admin/admin-profile-routes.ts'
import { adminRoutes } from './admin/admin-routes.ts'
import { appRoutes } from './apps/app-routes.ts'
import { startLogoutDelivery } from './apps/logout/logout-delivery.ts'
import { findRiskySettings } from './config/production-checks.ts'
import type { Settings } from './config/settings.ts'
import { version } from './config/version.ts'
import { createApp } from './http/app.ts'
import { allowOrigins } from './http/cors.ts'
import { serveOpenapi } from './http/docs/openapi.ts'
import { serveReference } from './http/docs/reference.ts'
import { healthRoutes } from './http/health.ts'
import { problemTypes } from './http/problem-types.ts'
import { activateKeys } from './keys/encryption-keys.ts'
import { jwksRoutes } from './keys/jwks-routes.ts'
import { type Keyring, MissingKeyError } from './keys/keyring.ts'
import { startResealing } from './keys/reseal.ts'
import { loadSigningKeys } from './keys/signing-keys.ts'
import { watchKeys } from './keys/watch-keys.ts'
import { second } from './lib/clock.ts'
import { createLog } from './lib/log.ts'
import { createPasswordHasher } from './lib/password-hasher.ts'
import { createKeyedSemaphore } from './lib/semaphore.ts'
import { createMetrics } from './metrics/metrics.ts'
import { countRequests, listenForScrapes, metricsRoutes } from './metrics/metrics-routes.ts'
import { isEmailOnly } from './mfa/mfa-epoch.ts'
import { mfaRoutes } from './mfa/mfa-routes.ts'
import { passkeyRoutes } from './mfa/passkey/passkey-routes.ts'
import { relyingPartyOf } from './mfa/passkey/webauthn.ts'
import { phoneRoutes } from './mfa/phone/phone-routes.ts'
import { recoveryCodeRoutes } from './mfa/recovery-codes/recovery-code-routes.ts'
import { totpRoutes } from './mfa/totp/totp-routes.ts'
import { startDelivery } from './notifications/delivery.ts'
import { devInboxRoutes } from './notifications/dev-inbox-routes.ts'
import { capturedChannelsOf, createTransports } from './notifications/transports.ts'
import { authorizationRoutes } from './oidc/authorization-routes.ts'
import { forwardAuthRoutes } from './oidc/forward-auth-routes.ts'
import { createOidcLoader } from './oidc/load-oidc.ts'
import { oidcRoutes } from './oidc/oidc-routes.ts'
import { overviewRoutes } from './overview/overview-routes.ts'
import { loadBrandAssets } from './pages/brand-assets.ts'
import { pageRoutes } from './pages/page-routes.ts'
import { createRateLimiter } from './rate-limits/rate-limiter.ts'
import { startCleanup } from './retention.ts'
import { createAccessTokens } from './sessions/access-token.ts'
import { registerCookieSessions } from './sessions/cookie-sessions.ts'
import { deviceAndSessionRoutes } from './sessions/device-and-session-routes.ts'
import { createGuard } from './sessions/guard.ts'
import { sessionRoutes } from './sessions/session-routes.ts'
import { passkeySignInRoutes } from './signin/passkey-sign-in-routes.ts'
import { signInRoutes } from './signin/sign-in-routes.ts'
import { ensureMigrated, migrate } from './store/migrate.ts'
import { type Db, openDatabase } from './store/open.ts'
import { createOutageLog } from './store/outage-log.ts'
import { createRunTransaction } from './store/transaction.ts'
import { undoRoutes } from './undo/undo-routes.ts'
import { startWebhookDelivery } from './webhooks/delivery.ts'
import { createWebhookSender } from './webhooks/sender.ts'

/** Longer than requests and deliveries under way may take, so that they end first. */
const shutdownTimeoutMs = 7 * second

/** A running service. */
export interface Latchkey {
  /**
   * Reports not ready, still serves requests for LATCHKEY_SHUTDOWN_DELAY, then finishes the requests
   * and jobs under way and stops: within seven seconds, even if one of them hangs.
   */
  close(): Promise<void>
}

/**
 * Starts the service: its parts first, then its routes.
 *
 * @param settings all settings, with encryption keys
 * @param logStream where log lines go; standard output by default
 * @throws OperatorError for a problem that only the operator can solve
 * @throws NodeJS.ErrnoException if it can't listen on host and port
 */
export async function startServer(
  settings: Settings & { encryptionKeys: string },
  logStream?: DestinationStream,
): Promise<Latchkey> {
  const { publicUrl, audience, mode, allowedOrigins, trustProxy = [] } = settings
  const log = createLog(settings.logLevel, logStream)
  const metrics = createMetrics()
  const { emit } = metrics

  // Database and keys
  const db = openDatabase(settings.databaseUrl, {
    outageLog: createOutageLog(log),
    observer: metrics.database,
    prepare: settings.databaseStatements === 'named',
  })
  const prepareSchema = settings.migrate === 'on' ? migrate : ensureMigrated
  await prepareSchema(db, settings.allowNewerSchema)
  const keyring = await activateKeys(db, settings.encryptionKeys)
  const signingKeys = await loadSigningKeys(db, keyring)
  const webhookSender = settings.webhookUrl ? createWebhookSender(settings.webhookUrl) : undefined
  const webhooksEnabled = webhookSender !== undefined
  const transaction = createRunTransaction({ db, keyring, emit, webhooksEnabled })

  // Notifications and background jobs
  const brandAssets = await loadBrandAssets(settings)
  const { color, onColor, logo } = brandAssets
  const brand = { name: settings.brandName, publicUrl, color, onColor, logo: logo !== undefined }
  const transports = await createTransports(settings)
  const capturedChannels = capturedChannelsOf(settings, transports)
  const channelDeps = { brand, transports, capturedChannels }
  const delivery = startDelivery({ db, keyring, log, emit, ...channelDeps })
  const webhookDelivery =
    webhookSender && startWebhookDelivery({ db, log, emit, sender: webhookSender })
  const logoutDelivery = startLogoutDelivery({
    ...{ db, log, emit, signingKeys },
    issuer: publicUrl,
    rules: settings,
  })
  const stopCleanup = startCleanup({ db, transaction, log })
  const stopKeySync = watchKeys({ db, keyring, signingKeys, log })
  const stopResealing = startResealing({ db, keyring, log })

  // HTTP
  let stopping = false
  const isStopping = () => stopping
  const app = createApp({ publicUrl, log, trustProxy, isStopping })
  countRequests(app, metrics)
  await allowOrigins(app, allowedOrigins)
  const cookieSessions = registerCookieSessions(app, { publicUrl, allowedOrigins })

  // Dependencies of the routes
  const { sessionIdleTimeout, sessionLifetime, mfaPolicy, stepUpMaxAge } = settings
  const { hashConcurrency, maxHashWaitMs, hashCost } = settings
  const rules = { sessionIdleTimeout, sessionLifetime, mfaPolicy }
  const ttl = settings.accessTokenTtl
  const rateLimiter = createRateLimiter({ enabled: settings.rateLimits === 'on', log })
  const accessTokens = createAccessTokens({ signingKeys, issuer: publicUrl, audience, ttl })
  const deps = {
    db,
    transaction,
    emit,
    keyring,
    settings,
    signingKeys,
    accessTokens,
    guard: createGuard({
      ...{ app, db, accessTokens, stepUpMaxAge, rules, rateLimiter },
      isEmailOnly: (tx, account) => isEmailOnly(tx, account, settings.mfaMethods),
    }),
    rateLimiter,
    passwords: await createPasswordHasher({
      concurrency: hashConcurrency,
      maxWaitMs: maxHashWaitMs,
      cost: hashCost,
      observer: metrics.passwords,
    }),
    attemptSemaphore: createKeyedSemaphore(1),
    rules,
    mfaMethods: settings.mfaMethods,
    profileAttributes: settings.profileAttributes,
    smsDailyCap: settings.smsDailyCap,
    relyingParty: relyingPartyOf(settings),
    cookieSessions,
  }

  // Routes, from creating an account to administering all of them
  serveOpenapi(app, { publicUrl, version })
  signUpRoutes(app, deps)
  invitationRoutes(app, deps)
  passwordRoutes(app, deps)
  accountSettingsRoutes(app, deps)
  profileRoutes(app, deps)
  signInRoutes(app, deps)
  passkeySignInRoutes(app, deps)
  sessionRoutes(app, deps)
  jwksRoutes(app, deps)
  deviceAndSessionRoutes(app, deps)
  appRoutes(app, deps)
  mfaRoutes(app, deps)
  totpRoutes(app, deps)
  passkeyRoutes(app, deps)
  recoveryCodeRoutes(app, deps)
  phoneRoutes(app, deps)
  overviewRoutes(app, deps)
  undoRoutes(app, deps)
  activityRoutes(app, deps)
  adminRoutes(app, deps)
  adminProfileRoutes(app, deps)
  adminInvitationRoutes(app, deps)
  const devInbox = capturedChannels.length > 0
  const pages = await pageRoutes(app, { settings, brand: brandAssets, cookieSessions, devInbox })
  const oidc = createOidcLoader({ ...deps, log, pages })
  oidcRoutes(app, { ...deps, oidc, publicUrl, log, isStopping })
  authorizationRoutes(app, { ...deps, oidc, publicUrl })
  forwardAuthRoutes(app, { ...deps, oidc, publicUrl })
  healthRoutes(app, { checkReady: () => checkReady(db, keyring), isStopping })
  metricsRoutes(app, { ...deps, metrics })
  if (devInbox) devInboxRoutes(app, { db, keyring, brand, delivery, capturedChannels })
  await serveReference(app, {
    problems: Object.entries(problemTypes).map(([code, problemType]) => ({ code, ...problemType })),
  })

  // Starting and stopping
  let stopMetricsListener = async () => {}

  async function close() {
    stopping = true
    await sleep(settings.shutdownDelay * second)
    await stopAll()
  }

  async function stopAll() {
    const stopped = Promise.all([
      app.close(),
      stopMetricsListener(),
      delivery.stop(),
      stopCleanup(),
      webhookDelivery?.stop(),
      logoutDelivery.stop(),
      stopKeySync(),
      stopResealing(),
    ]).then(() => db.destroy())
    // Deliveries that are cut off here keep their outbox rows: this or another node sends them later.
    const timeout = sleep(shutdownTimeoutMs, 'timeout' as const, { ref: false })
    if ((await Promise.race([stopped, timeout])) === 'timeout') {
      log.warn('shutdown timed out; unfinished work was aborted')
    }
  }

  try {
    stopMetricsListener = await listenForScrapes({ ...deps, metrics, log })
    await app.listen({ host: settings.host, port: settings.port })
  } catch (error) {
    // The delivery worker may be sending already.
    await stopAll()
    throw error
  }
  if (mode === 'production') {
    for (const warning of findRiskySettings(settings)) log.warn(warning)
    log.info({ version, publicUrl }, 'ready')
  }
  return { close }
}

/** @throws Problem while the database or an encryption key that it needs is missing */
async function checkReady(db: Db, keyring: Keyring): Promise<void> {
  await db.selectFrom('signing_key').select('id').limit(1).execute()
  for (const id of keyring.missing) throw new MissingKeyError(id)
}
