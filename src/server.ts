import { setTimeout as sleep } from 'node:timers/promises'
import type { DestinationStream } from 'pino'
import { accountSettingsRoutes } from './accounts/account-settings-routes.ts'
import { passwordRoutes } from './accounts/password/password-routes.ts'
import { signUpRoutes } from './accounts/sign-up-routes.ts'
import { activityRoutes } from './activity/activity-routes.ts'
import { adminRoutes } from './admin/admin-routes.ts'
import { findRiskySettings } from './config/production-checks.ts'
import type { Settings } from './config/settings.ts'
import { version } from './config/version.ts'
import { createApp } from './http/app.ts'
import { allowOrigins } from './http/cors.ts'
import { serveOpenapi } from './http/docs/openapi.ts'
import { serveReference } from './http/docs/reference.ts'
import { healthRoutes } from './http/health.ts'
import { collectMethods } from './http/method-not-allowed.ts'
import { problemTypes } from './http/problem-types.ts'
import { activateKeys } from './keys/encryption-keys.ts'
import { MissingKeyError } from './keys/keyring.ts'
import { startResealing } from './keys/reseal.ts'
import { loadSigningKeys } from './keys/signing-keys.ts'
import { watchKeys } from './keys/watch-keys.ts'
import { second } from './lib/clock.ts'
import { createKeyedSemaphore } from './lib/keyed-semaphore.ts'
import { createLog } from './lib/log.ts'
import { createPasswordHasher } from './lib/password-hasher.ts'
import { createMetrics } from './metrics/metrics.ts'
import { countRequests, listenForScrapes, metricsRoutes } from './metrics/metrics-routes.ts'
import { mfaRoutes } from './mfa/mfa-routes.ts'
import { passkeyRoutes } from './mfa/passkey/passkey-routes.ts'
import { relyingPartyOf } from './mfa/passkey/webauthn.ts'
import { phoneRoutes } from './mfa/phone/phone-routes.ts'
import { recoveryCodeRoutes } from './mfa/recovery-codes/recovery-code-routes.ts'
import { totpRoutes } from './mfa/totp/totp-routes.ts'
import { startDelivery } from './notifications/delivery.ts'
import { devInboxRoutes } from './notifications/dev-inbox-routes.ts'
import { createSmsTransport } from './notifications/sms.ts'
import { createSmtpTransport } from './notifications/smtp.ts'
import { channels } from './notifications/transport.ts'
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
import { openDatabase } from './store/open.ts'
import { createOutageLog } from './store/outage-log.ts'
import { createRunTransaction } from './store/transaction.ts'
import { undoRoutes } from './undo/undo-routes.ts'
import { startWebhookDelivery } from './webhooks/delivery.ts'
import { createWebhookSender } from './webhooks/sender.ts'

/** Longer than running requests are given. */
const shutdownTimeoutMs = 7 * second

/** A running service. */
export interface Latchkey {
  /**
   * Says that it is not ready, still takes requests for as long as LATCHKEY_SHUTDOWN_DELAY tells, lets what
   * runs end, then stops; within seven seconds more, whatever hangs.
   */
  close(): Promise<void>
}

/**
 * The whole service: first what it is made of, then its routes in the order a newcomer would meet
 * them.
 *
 * @param settings all of them, with encryption keys
 * @param logStream where log lines go, if not to standard output
 * @throws CannotStart for what its operator must put right, Node's own errors for the address
 */
export async function startServer(
  settings: Settings & { encryptionKeys: string },
  logStream?: DestinationStream,
): Promise<Latchkey> {
  const { publicUrl, audience, mode, smtpUrl, mailFrom, smsUrl, smsFrom } = settings
  const log = createLog(settings.logLevel, logStream)

  const metrics = createMetrics()
  const db = openDatabase(settings.databaseUrl, createOutageLog(log), metrics.database)
  const { allowNewerSchema } = settings
  await (settings.migrate === 'on' ? migrate : ensureMigrated)(db, allowNewerSchema)
  const keyring = await activateKeys(db, settings.encryptionKeys)
  const signingKeys = await loadSigningKeys(db, keyring)

  const pageBrand = await loadBrandAssets(settings)
  const { color, onColor, logo } = pageBrand
  const brand = { name: settings.brandName, publicUrl, color, onColor, logo: logo !== undefined }
  const smtp = smtpUrl && mailFrom ? createSmtpTransport({ smtpUrl, from: mailFrom }) : undefined
  const sms = smsUrl ? createSmsTransport({ url: smsUrl, from: smsFrom }) : undefined
  const transports = { email: smtp, sms }
  const capturedChannels =
    mode === 'production' ? [] : channels.filter((channel) => !transports[channel])
  const webhookSender = settings.webhookUrl ? createWebhookSender(settings.webhookUrl) : undefined
  const { emit } = metrics
  const webhooksEnabled = webhookSender !== undefined
  const transaction = createRunTransaction({ db, keyring, emit, webhooksEnabled })
  const delivery = startDelivery({
    db,
    keyring,
    log,
    emit,
    brand,
    transports,
    capturedChannels,
  })
  const webhookDelivery =
    webhookSender && startWebhookDelivery({ db, log, emit, sender: webhookSender })
  const stopCleanup = startCleanup({ db, transaction, log })
  const stopKeySync = watchKeys({ db, keyring, signingKeys, log })
  const stopResealing = startResealing({ db, keyring, log })

  const accessTokens = createAccessTokens({
    signingKeys,
    issuer: publicUrl,
    audience,
    ttl: settings.accessTokenTtl,
  })
  const { allowedOrigins, trustProxy } = settings
  let stopping = false
  const isStopping = () => stopping
  const app = createApp({ publicUrl, log, trustProxy, isStopping })
  countRequests(app, metrics)
  await allowOrigins(app, allowedOrigins)
  const cookieSessions = registerCookieSessions(app, { publicUrl, allowedOrigins })
  const { sessionIdleTimeout, sessionLifetime, mfaPolicy, hashConcurrency, maxHashWaitMs } =
    settings
  const rules = { sessionIdleTimeout, sessionLifetime, mfaPolicy }
  const deps = {
    db,
    transaction,
    emit,
    keyring,
    settings,
    signingKeys,
    accessTokens,
    guard: createGuard({ db, accessTokens, stepUpMaxAge: settings.stepUpMaxAge, rules }),
    rateLimiter: createRateLimiter({ enabled: settings.rateLimits === 'on', log }),
    passwords: await createPasswordHasher(hashConcurrency, maxHashWaitMs, metrics.passwords),
    attemptSemaphore: createKeyedSemaphore(hashConcurrency),
    rules,
    mfaMethods: settings.mfaMethods,
    smsDailyCap: settings.smsDailyCap,
    relyingParty: relyingPartyOf(settings),
    cookieSessions,
  }

  const rejectOtherMethods = collectMethods(app)
  await serveOpenapi(app, { publicUrl, version })

  signUpRoutes(app, deps)
  passwordRoutes(app, deps)
  accountSettingsRoutes(app, deps)
  signInRoutes(app, deps)
  passkeySignInRoutes(app, deps)
  sessionRoutes(app, deps)
  deviceAndSessionRoutes(app, deps)
  mfaRoutes(app, deps)
  totpRoutes(app, deps)
  passkeyRoutes(app, deps)
  recoveryCodeRoutes(app, deps)
  phoneRoutes(app, deps)
  overviewRoutes(app, deps)
  undoRoutes(app, deps)
  activityRoutes(app, deps)
  adminRoutes(app, deps)
  await pageRoutes(app, {
    settings,
    brand: pageBrand,
    cookieSessions,
    devInbox: capturedChannels.length > 0,
  })
  healthRoutes(app, {
    async checkReady() {
      await db.selectFrom('signing_key').select('id').limit(1).execute()
      for (const id of keyring.missing) throw new MissingKeyError(id)
    },
    isStopping,
  })
  metricsRoutes(app, { ...deps, metrics })
  if (capturedChannels.length > 0)
    devInboxRoutes(app, { db, keyring, brand, delivery, capturedChannels })
  await serveReference(app, {
    problems: Object.entries(problemTypes).map(([code, problemType]) => ({ code, ...problemType })),
  })
  rejectOtherMethods()

  let stopMetricsListener = async () => {}
  async function close() {
    stopping = true
    await sleep(settings.shutdownDelay * second)
    await stopAll()
  }

  async function stopAll() {
    stopCleanup()
    const stopped = Promise.all([
      app.close(),
      stopMetricsListener(),
      delivery.stop(),
      webhookDelivery?.stop(),
      stopKeySync(),
      stopResealing(),
    ])
      .then(() => db.destroy())
      .finally(() => metrics.close())
    // A message that a silent server still holds is sent again later, by whoever runs then.
    const timeout = sleep(shutdownTimeoutMs, 'late' as const, { ref: false })
    if ((await Promise.race([stopped, timeout])) === 'late') {
      log.warn('stopped in the middle of something')
    }
  }

  try {
    stopMetricsListener = await listenForScrapes({ ...deps, metrics, log })
    await app.listen({ host: settings.host, port: settings.port })
  } catch (error) {
    // Messages may be on their way already.
    await stopAll()
    throw error
  }
  if (mode === 'production') {
    for (const warning of findRiskySettings(settings)) log.warn(warning)
    log.info({ version, publicUrl }, 'ready')
  }
  return { close }
}
