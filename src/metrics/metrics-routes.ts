import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Settings } from '../config/settings.ts'
import { type App, createApp } from '../http/app.ts'
import { ensureOwnHost } from '../http/own-host.ts'
import type { Log } from '../lib/log.ts'
import { OperatorError } from '../lib/operator-error.ts'
import type { PasswordHasher } from '../lib/password-hasher.ts'
import { Problem } from '../lib/problem.ts'
import type { Db } from '../store/open.ts'
import { readDatabaseGauges } from './database-gauges.ts'
import type { Metrics } from './metrics.ts'

interface MetricsDeps {
  metrics: Metrics
  settings: Settings
  db: Db
  passwords: PasswordHasher
}

/** Counts every request to the routes registered after this call. */
export function countRequests(app: App, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    metrics.recordRequest({
      // Never the requested path: its values are unlimited.
      route: request.routeOptions.url ?? 'unknown',
      method: request.method,
      status: reply.statusCode,
      ms: reply.elapsedTime,
    })
    done()
  })
}

/**
 * Serves `/metrics` on the main port. With `LATCHKEY_METRICS_TOKEN` it requires that token. Without,
 * it exists in development only, for this machine, and unless `LATCHKEY_METRICS_PORT` is set.
 */
export function metricsRoutes(app: App, deps: MetricsDeps): void {
  const { mode, metricsToken, metricsPort, publicUrl } = deps.settings
  if (metricsToken !== undefined) {
    addScrapeRoute(app, deps)
  } else if (mode === 'development' && metricsPort === undefined) {
    addScrapeRoute(app, deps, (request) => {
      if (!isLoopbackAddress(request.socket.remoteAddress ?? '')) {
        throw new Problem(
          'not_found',
          'Without LATCHKEY_METRICS_TOKEN, only this machine can read the metrics.',
        )
      }
      ensureOwnHost(request, publicUrl)
    })
  }
}

/**
 * Serves `/metrics` on `LATCHKEY_METRICS_PORT`, if set. It requires the token there as well, if set.
 *
 * @returns closes the port
 * @throws OperatorError if it can't listen on the port
 */
export async function listenForScrapes(
  deps: MetricsDeps & { log: Log },
): Promise<() => Promise<void>> {
  const { host, metricsPort: port, publicUrl, trustProxy = [] } = deps.settings
  if (port === undefined) return async () => {}
  const app = createApp({ publicUrl, log: deps.log, trustProxy, isStopping: () => false })
  addScrapeRoute(app, deps)
  try {
    await app.listen({ host, port })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new OperatorError(
      `The metrics can’t listen on ${host}, port ${port} (${code}). Set LATCHKEY_METRICS_PORT to a free port.`,
      { cause },
    )
  }
  return () => app.close()
}

function addScrapeRoute(
  app: App,
  { metrics, settings, db, passwords }: MetricsDeps,
  ensureAllowed: (request: IncomingMessage) => void = () => {},
): void {
  const { metricsToken, smsDailyCap } = settings
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    ensureAllowed(request.raw)
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
    throw new Problem('missing_token', 'Send LATCHKEY_METRICS_TOKEN as Bearer token.')
  }
  // Digests, because a constant-time comparison needs equal lengths.
  if (!timingSafeEqual(sha256(presented), sha256(token))) {
    throw new Problem('invalid_token', 'The token does not match LATCHKEY_METRICS_TOKEN.')
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()

function isLoopbackAddress(ipAddress: string): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(ipAddress)
}
