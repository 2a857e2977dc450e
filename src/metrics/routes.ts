import { createHash, timingSafeEqual } from 'node:crypto'
import { type App, createApp } from '../http/app.ts'
import { CannotStart } from '../lib/cannot-start.ts'
import type { Log } from '../lib/log.ts'
import type { Passwords } from '../lib/passwords.ts'
import { Problem } from '../lib/problem.ts'
import type { Settings } from '../settings.ts'
import type { Db } from '../store/open.ts'
import type { Metrics } from './metrics.ts'
import { read } from './reading.ts'

/** What there is to be told. */
interface MetricsHouse {
  metrics: Metrics
  settings: Settings
  db: Db
  passwords: Passwords
}

/** Counts every request to the routes that are registered after it. */
export function countRequests(app: App, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    metrics.answered({
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
export function metricsRoutes(app: App, house: MetricsHouse): void {
  const { mode, metricsToken, metricsPort } = house.settings
  if (metricsToken !== undefined) {
    answerScrapes(app, house)
  } else if (mode === 'development' && metricsPort === undefined) {
    answerScrapes(app, house, (address) => {
      if (!isThisMachine(address)) {
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
  house: MetricsHouse & { log: Log },
): Promise<() => Promise<void>> {
  const { host, metricsPort: port, publicUrl, trustProxy } = house.settings
  if (port === undefined) return async () => {}
  const app = createApp({ publicUrl, log: house.log, trustProxy, isStopping: () => false })
  answerScrapes(app, house)
  try {
    await app.listen({ host, port })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new CannotStart(
      `It can’t listen on ${host}, port ${port} (${code}). Set LATCHKEY_METRICS_PORT to a port that is free.`,
      { cause },
    )
  }
  return () => app.close()
}

function answerScrapes(
  app: App,
  { metrics, settings, db, passwords }: MetricsHouse,
  ensureMayAsk: (address: string) => void = () => {},
): void {
  const { metricsToken, smsDailyCap } = settings
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    ensureMayAsk(request.raw.socket.remoteAddress ?? '')
    if (metricsToken !== undefined) ensureToken(request.headers.authorization, metricsToken)
    const text = await metrics.scrape({
      inLine: passwords.length,
      reading: await read(db),
      smsDailyCap,
    })
    return reply.header('content-type', metrics.contentType).send(text)
  })
}

function ensureToken(authorization: string | undefined, token: string): void {
  const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (given === undefined) {
    throw new Problem(
      'missing_token',
      'The metrics are for whoever sends LATCHKEY_METRICS_TOKEN as Bearer token.',
    )
  }
  // Digests, because only what has the same length can be compared without telling where it differs.
  if (!timingSafeEqual(digest(given), digest(token))) {
    throw new Problem('invalid_token', 'This is not the token that LATCHKEY_METRICS_TOKEN says.')
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest()

function isThisMachine(address: string): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(address)
}
