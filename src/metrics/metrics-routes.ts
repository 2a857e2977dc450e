import { createHash, timingSafeEqual } from 'node:crypto'
import type { Settings } from '../config/settings.ts'
import { type App, createApp } from '../http/app.ts'
import type { Log } from '../lib/log.ts'
import { OperatorError } from '../lib/operator-error.ts'
import type { PasswordHasher } from '../lib/password-hasher.ts'
import { Problem } from '../lib/problem.ts'
import type { Db } from '../store/open.ts'
import { readDatabaseGauges } from './database-gauges.ts'
import type { Metrics } from './metrics.ts'

/** What there is to be told. */
interface MetricsDeps {
  metrics: Metrics
  settings: Settings
  db: Db
  passwords: PasswordHasher
}

/** Counts every request to the routes that are registered after it. */
export function countRequests(app: App, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    metrics.recordRequest({
      // Never the address as it was asked for: there is no end to those.
      route: request.routeOptions.url ?? 'unknown',
      method: request.method,
      status: reply.statusCode,
      ms: reply.elapsedTime,
    })
    done()
  })
}

/**
 * `/metrics` beside everything else, for whoever brings the token. Without a token it is not there,
 * but in development, for this machine alone, unless it has a port of its own.
 */
export function metricsRoutes(app: App, deps: MetricsDeps): void {
  const { mode, metricsToken, metricsPort } = deps.settings
  if (metricsToken !== undefined) {
    addScrapeRoute(app, deps)
  } else if (mode === 'development' && metricsPort === undefined) {
    addScrapeRoute(app, deps, (ipAddress) => {
      if (!isLoopback(ipAddress)) {
        throw new Problem('not_found', 'Without a token, the metrics are for this machine alone.')
      }
    })
  }
}

/**
 * `/metrics` on a port of its own, if it has one. The token is asked for there too, if there is one.
 *
 * @returns what stops it
 * @throws CannotStart if the port can't be listened on
 */
export async function listenForScrapes(
  deps: MetricsDeps & { log: Log },
): Promise<() => Promise<void>> {
  const { host, metricsPort: port, publicUrl, trustProxy } = deps.settings
  if (port === undefined) return async () => {}
  const app = createApp({ publicUrl, log: deps.log, trustProxy, isStopping: () => false })
  addScrapeRoute(app, deps)
  try {
    await app.listen({ host, port })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new OperatorError(
      `It can’t listen on ${host}, port ${port} (${code}). Set LATCHKEY_METRICS_PORT to a port that is free.`,
      { cause },
    )
  }
  return () => app.close()
}

function addScrapeRoute(
  app: App,
  { metrics, settings, db, passwords }: MetricsDeps,
  ensureAllowed: (ipAddress: string) => void = () => {},
): void {
  const { metricsToken, smsDailyCap } = settings
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    ensureAllowed(request.raw.socket.remoteAddress ?? '')
    if (metricsToken !== undefined) ensureToken(request.headers.authorization, metricsToken)
    const text = await metrics.scrape({
      hashQueueLength: passwords.pending,
      databaseGauges: await readDatabaseGauges(db),
      smsDailyCap,
    })
    return reply.header('content-type', metrics.contentType).send(text)
  })
}

function ensureToken(authorization: string | undefined, token: string): void {
  const presented = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (presented === undefined) {
    throw new Problem(
      'missing_token',
      'The metrics are for whoever sends LATCHKEY_METRICS_TOKEN as Bearer token.',
    )
  }
  // Digests, because only what has the same length can be compared without telling where it differs.
  if (!timingSafeEqual(sha256(presented), sha256(token))) {
    throw new Problem('invalid_token', 'This is not the token that LATCHKEY_METRICS_TOKEN says.')
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()

function isLoopback(ipAddress: string): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(ipAddress)
}
