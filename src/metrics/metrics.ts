import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { CompiledQuery } from 'kysely'
import { mfaMethods } from '../config/settings.ts'
import { version } from '../config/version.ts'
import { second } from '../lib/clock.ts'
import {
  deliveryOutcomes,
  type EmitEvent,
  type MetricEvent,
  signInMethods,
} from '../lib/metric-events.ts'
import type { HashingObserver } from '../lib/password-hasher.ts'
import type { DatabaseObserver } from '../store/instrumentation.ts'
import { type DatabaseGauges, queueNames } from './database-gauges.ts'

/** The metrics of the service, with the observers that feed them. */
export interface Metrics {
  /** Observes statements and connections. */
  database: DatabaseObserver
  /** Counts an event of the service. */
  emit: EmitEvent
  passwords: HashingObserver
  recordRequest(request: CompletedRequest): void
  /**
   * Renders all metrics in Prometheus’ text format.
   *
   * @param state values that are read at each scrape
   */
  scrape(state: ScrapeState): Promise<string>
  contentType: string
}

/** A request whose response has been sent. */
export interface CompletedRequest {
  /** The pattern, such as `/settings/Passkeys/:id`. */
  route: string
  method: string
  status: number
  ms: number
}

/** Values at the moment of a scrape. */
export interface ScrapeState {
  /** Password hashes that run or wait. */
  hashQueueLength: number
  /** Undefined if the database does not respond. */
  databaseGauges: DatabaseGauges | undefined
  smsDailyCap: number
}

/** In seconds: from a cached read to a sign-in that waits for the maximum time. */
const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** In seconds: from a row in memory to a stuck statement. */
const statementBuckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

/**
 * Creates metrics that count from the start of the process. Every label has a few fixed values,
 * never an email address, phone number, id or requested path.
 */
export function createMetrics(): Metrics {
  const registry = new Registry(Registry.PROMETHEUS_CONTENT_TYPE)
  const registers = [registry]
  const processMetrics = collectProcessMetrics()
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `latchkey_${name}`, help, labelNames, registers })
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Gauge({ name: `latchkey_${name}`, help, labelNames, registers })
  const histogram = <Label extends string>(
    name: string,
    help: string,
    { labelNames, buckets }: { labelNames: Label[]; buckets: number[] },
  ) => new Histogram({ name: `latchkey_${name}`, help, labelNames, buckets, registers })

  gauge('build_info', 'Always 1; the label is the running version.', ['version'])
    .labels({ version })
    .set(1)

  const requests = counter('http_requests_total', 'Requests answered.', [
    'route',
    'method',
    'status',
  ])
  const requestDuration = histogram(
    'http_request_duration_seconds',
    'From the headers of a request to the end of its response.',
    { labelNames: ['route', 'method'], buckets: requestBuckets },
  )

  const signIns = counter('sign_ins_total', 'Sign-in attempts, by method and result.', [
    'method',
    'result',
  ])
  const activity = counter('activity_total', 'Entries in the activity log of accounts.', ['type'])
  const turnedOn = counter('mfa_turned_on_total', 'Multi-factor sign-in turned on.', ['method'])
  const turnedOff = counter('mfa_turned_off_total', 'Multi-factor sign-in turned off.', ['method'])

  const codes = counter(
    'codes_enqueued_total',
    'Codes enqueued, and the notices sent instead of a code.',
    ['channel', 'purpose'],
  )
  const deliveries = counter(
    'delivery_attempts_total',
    'Attempts to deliver a message, a webhook event or a logout.',
    ['channel', 'outcome'],
  )
  const deliveryQueue = gauge(
    'delivery_queue',
    'Messages, webhook events and logouts that are due and not delivered.',
    ['channel'],
  )
  const deliveryQueueOldest = gauge(
    'delivery_queue_oldest_seconds',
    'How long the oldest of them has been due.',
    ['channel'],
  )
  const smsLast24h = gauge('sms_last_24h', 'Text messages enqueued in the last 24 hours.', [])
  const smsToUnverifiedLast24h = gauge(
    'sms_to_unverified_last_24h',
    'Those to numbers that their account had not verified.',
    [],
  )
  const smsDailyCapGauge = gauge(
    'sms_daily_cap',
    'LATCHKEY_SMS_DAILY_CAP, the limit of text messages in 24 hours.',
    [],
  )

  const hashDuration = histogram(
    'password_hash_duration_seconds',
    'Duration of one password hash.',
    {
      labelNames: [],
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    },
  )
  const hashQueue = gauge('password_hash_queue', 'Password hashes that run or wait.', [])
  const rejectedHashes = counter(
    'password_hash_rejected_total',
    'Requests rejected because the hash queue was full.',
    [],
  )

  const statementDuration = histogram(
    'database_statement_duration_seconds',
    'Duration of one statement.',
    {
      labelNames: ['kind'],
      buckets: statementBuckets,
    },
  )
  const failedStatements = counter(
    'database_statements_failed_total',
    'Statements that failed.',
    [],
  )
  const databaseUp = gauge(
    'database_up',
    '1 if the database responded to this scrape, 0 if not.',
    [],
  )
  const connections = { busy: 0, waiting: 0 }
  const connectionsGauge = gauge(
    'database_connections',
    'Busy connections, and requests waiting for one.',
    ['state'],
  )

  // Start at 0: Prometheus can’t see a series rise from nothing.
  for (const method of signInMethods) {
    for (const result of ['signedIn', 'wrong', 'limited']) signIns.inc({ method, result }, 0)
  }
  signIns.inc({ method: 'password', result: 'mfaRequired' }, 0)
  for (const method of mfaMethods) {
    turnedOn.inc({ method }, 0)
    turnedOff.inc({ method }, 0)
  }
  for (const channel of queueNames) {
    for (const outcome of deliveryOutcomes) deliveries.inc({ channel, outcome }, 0)
  }

  function countEvent(event: MetricEvent): void {
    switch (event.kind) {
      case 'signIn':
        signIns.inc({ method: event.method, result: event.result })
        break
      case 'code':
        codes.inc({ channel: event.channel, purpose: event.purpose })
        break
      case 'delivery':
        deliveries.inc({ channel: event.channel, outcome: event.outcome })
        break
      case 'activity': {
        const { type, mfaMethod: method = 'unknown' } = event
        activity.inc({ type })
        if (type === 'mfa.on') turnedOn.inc({ method })
        if (type === 'mfa.off') turnedOff.inc({ method })
      }
    }
  }

  function setGauges({ hashQueueLength, databaseGauges, smsDailyCap }: ScrapeState): void {
    hashQueue.set(hashQueueLength)
    smsDailyCapGauge.set(smsDailyCap)
    databaseUp.set(databaseGauges ? 1 : 0)
    connectionsGauge.set({ state: 'busy' }, connections.busy)
    connectionsGauge.set({ state: 'waiting' }, connections.waiting)
    // Unknown values are left out, because old ones would look current.
    const fromDatabase = [deliveryQueue, deliveryQueueOldest, smsLast24h, smsToUnverifiedLast24h]
    for (const one of fromDatabase) one.reset()
    if (!databaseGauges) return
    smsLast24h.set(databaseGauges.smsLast24h.all)
    smsToUnverifiedLast24h.set(databaseGauges.smsLast24h.toUnverified)
    for (const channel of queueNames) {
      deliveryQueue.set({ channel }, databaseGauges.queues[channel].waiting)
      deliveryQueueOldest.set({ channel }, databaseGauges.queues[channel].oldestMs / second)
    }
  }

  return {
    database: {
      onStatement(query, ms, didFail) {
        statementDuration.observe({ kind: kindOf(query) }, ms / second)
        if (didFail) failedStatements.inc()
      },
      connections,
    },
    emit: countEvent,
    passwords: {
      hashed: (ms) => hashDuration.observe(ms / second),
      rejected: () => rejectedHashes.inc(),
    },
    recordRequest({ route, method, status, ms }) {
      requests.inc({ route, method, status })
      requestDuration.observe({ route, method }, ms / second)
    },
    async scrape(state) {
      setGauges(state)
      return Registry.merge([registry, processMetrics]).metrics()
    },
    contentType: registry.contentType,
  }
}

let processRegistry: Registry | undefined

/**
 * Collects `process_…` and `nodejs_…`: CPU, memory, event loop lag, garbage collection. All services of
 * a process share them, because their timers and observers run until the process ends.
 */
function collectProcessMetrics(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry(Registry.PROMETHEUS_CONTENT_TYPE)
    collectDefaultMetrics({ register: processRegistry })
  }
  return processRegistry
}

function kindOf({ query, sql }: CompiledQuery): 'read' | 'write' | 'commit' | 'other' {
  if (sql === 'commit') return 'commit'
  switch (query.kind) {
    case 'SelectQueryNode':
      return 'read'
    case 'InsertQueryNode':
    case 'UpdateQueryNode':
    case 'DeleteQueryNode':
      return 'write'
    default:
      return 'other'
  }
}
