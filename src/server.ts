import { setTimeout as sleep } from 'node:timers/promises'
import type { DestinationStream } from 'pino'
import { passwordRoutes } from './accounts/password/routes.ts'
import { accountRoutes } from './accounts/routes.ts'
import { accountSettingsRoutes } from './accounts/settings-routes.ts'
import { activityRoutes } from './activity/routes.ts'
import { adminRoutes } from './admin/routes.ts'
import { keepHouse } from './housekeeping.ts'
import { answers } from './http/answers.ts'
import { createApp } from './http/app.ts'
import { allowOrigins } from './http/cors.ts'
import { healthRoutes } from './http/health.ts'
import { describe } from './http/openapi.ts'
import { watchMethods } from './http/other-methods.ts'
import { reference } from './http/reference.ts'
import { takeUpKeys } from './keys/encryption-keys.ts'
import { startResealing } from './keys/reseal.ts'
import { watchKeys } from './keys/watch.ts'
import { second } from './lib/clock.ts'
import { KeyNotGiven } from './lib/keys.ts'
import { createLog } from './lib/log.ts'
import { createPasswords } from './lib/passwords.ts'
import { createTurns } from './lib/queue.ts'
import { createLimits } from './limits/limits.ts'
import { startDelivery } from './messages/delivery.ts'
import { channels } from './messages/gateway.ts'
import { mailGateway } from './messages/mail.ts'
import { postActivity } from './messages/posts.ts'
import { devInboxRoutes } from './messages/routes.ts'
import { smsGateway } from './messages/sms.ts'
import { webhookAt } from './messages/webhook.ts'
import { createMetrics } from './metrics/metrics.ts'
import { countRequests, listenForScrapes, metricsRoutes } from './metrics/routes.ts'
import { passkeyRoutes } from './mfa/passkey-routes.ts'
import { phoneRoutes } from './mfa/phone-routes.ts'
import { recoveryCodeRoutes } from './mfa/recovery-code-routes.ts'
import { mfaRoutes } from './mfa/routes.ts'
import { mfaSecretRoutes } from './mfa/secret-routes.ts'
import { overviewRoutes } from './overview/routes.ts'
import { readBrand } from './pages/brand.ts'
import { pageRoutes } from './pages/page-routes.ts'
import { relyingPartyOf } from './passkeys/relying-party.ts'
import { createAccessTokens } from './sessions/access-token.ts'
import { browserSessions } from './sessions/browser-session.ts'
import { createGuard } from './sessions/guard.ts'
import { listRoutes } from './sessions/list-routes.ts'
import { sessionRoutes } from './sessions/routes.ts'
import { loadSigningKeys } from './sessions/signing-keys.ts'
import type { Settings } from './settings.ts'
import { passkeySignInRoutes } from './signin/passkey-routes.ts'
import { signInRoutes } from './signin/routes.ts'
import { ensureMigrated, migrate, openStore } from './store/open.ts'
import { hearOutages } from './store/outages.ts'
import { undoRoutes } from './undo/routes.ts'
import { doubtful } from './unsafe-settings.ts'
import { version } from './version.ts'

/** Longer than running requests are given. */
const endMs = 7 * second

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
 * @param logTo where log lines go, if not to standard output
 * @throws CannotStart for what its operator must put right, Node's own errors for the address
 */
export async function startServer(
  settings: Settings & { encryptionKeys: string },
  logTo?: DestinationStream,
): Promise<Latchkey> {
  const { publicUrl, audience, mode, smtpUrl, mailFrom, smsUrl, smsFrom } = settings
  const log = createLog(settings.logLevel, logTo)

  const metrics = createMetrics()
  const db = openStore(settings.databaseUrl, hearOutages(log), metrics.database)
  const { allowNewerSchema: newerDatabase } = settings
  await (settings.migrate === 'on' ? migrate(db, newerDatabase) : ensureMigrated(db, newerDatabase))
  const keys = await takeUpKeys(db, settings.encryptionKeys)
  const signingKeys = await loadSigningKeys(db, keys)

  const look = await readBrand(settings)
  const { color, onColor, logo } = look
  const brand = { name: settings.brandName, publicUrl, color, onColor, logo: logo !== undefined }
  const mail = smtpUrl && mailFrom ? mailGateway({ smtpUrl, from: mailFrom }) : undefined
  const texts = smsUrl ? smsGateway({ url: smsUrl, from: smsFrom }) : undefined
  const gateways = { email: mail, sms: texts }
  const kept = mode === 'production' ? [] : channels.filter((channel) => !gateways[channel])
  const webhook = settings.webhookUrl ? webhookAt(settings.webhookUrl) : undefined
  if (webhook) postActivity(db)
  const delivery = startDelivery({ db, keys, log, brand, gateways, kept, webhook })
  const stopHousekeeping = keepHouse(db, log)
  const stopWatching = watchKeys({ db, keys, signingKeys, log })
  const stopResealing = startResealing({ db, keys, log })

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
  const browser = browserSessions(app, { publicUrl, allowedOrigins })
  const {
    sessionIdleTimeout: sessionIdle,
    sessionLifetime: sessionMax,
    mfaPolicy,
    hashesAtOnce,
    longestHashWaitMs,
  } = settings
  const rules = { sessionIdle, sessionMax, mfaPolicy }
  const house = {
    db,
    keys,
    settings,
    signingKeys,
    accessTokens,
    guard: createGuard({ db, accessTokens, stepUpMaxAge: settings.stepUpMaxAge, rules }),
    limits: createLimits({ on: settings.rateLimits === 'on', log }),
    passwords: await createPasswords(hashesAtOnce, longestHashWaitMs, metrics.passwords),
    turns: createTurns(hashesAtOnce),
    rules,
    mfaMethods: settings.mfaMethods,
    smsDailyCap: settings.smsDailyCap,
    relyingParty: relyingPartyOf(settings),
    browser,
  }

  const answerOtherMethods = watchMethods(app)
  await describe(app, { publicUrl, version })

  accountRoutes(app, house)
  passwordRoutes(app, house)
  accountSettingsRoutes(app, house)
  signInRoutes(app, house)
  passkeySignInRoutes(app, house)
  sessionRoutes(app, house)
  listRoutes(app, house)
  mfaRoutes(app, house)
  mfaSecretRoutes(app, house)
  passkeyRoutes(app, house)
  recoveryCodeRoutes(app, house)
  phoneRoutes(app, house)
  overviewRoutes(app, house)
  undoRoutes(app, house)
  activityRoutes(app, house)
  adminRoutes(app, house)
  await pageRoutes(app, {
    settings,
    brand: look,
    browser,
    devInbox: kept.length > 0,
  })
  healthRoutes(app, {
    async ready() {
      await db.selectFrom('signing_key').select('id').limit(1).execute()
      for (const id of keys.missing) throw new KeyNotGiven(id)
    },
    isStopping,
  })
  metricsRoutes(app, { ...house, metrics })
  if (kept.length > 0) devInboxRoutes(app, { db, keys, brand, delivery, kept })
  await reference(app, {
    problems: Object.entries(answers).map(([code, answer]) => ({ code, ...answer })),
  })
  answerOtherMethods()

  let stopScrapes = async () => {}
  async function close() {
    stopping = true
    await sleep(settings.shutdownDelay * second)
    await end()
  }

  async function end() {
    stopHousekeeping()
    const ended = Promise.all([
      app.close(),
      stopScrapes(),
      delivery.stop(),
      stopWatching(),
      stopResealing(),
    ])
      .then(() => db.destroy())
      .finally(() => metrics.close())
    // A message that a silent server still holds is sent again later, by whoever runs then.
    const late = sleep(endMs, 'late' as const, { ref: false })
    if ((await Promise.race([ended, late])) === 'late') {
      log.warn('stopped in the middle of something')
    }
  }

  try {
    stopScrapes = await listenForScrapes({ ...house, metrics, log })
    await app.listen({ host: settings.host, port: settings.port })
  } catch (error) {
    // Messages may be on their way already.
    await end()
    throw error
  }
  if (mode === 'production') {
    for (const doubt of doubtful(settings)) log.warn(doubt)
    log.info({ version, publicUrl }, 'ready')
  }
  return { close }
}
