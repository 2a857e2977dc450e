import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
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
import { watchProcess } from './process.ts'

/** Everything that is counted, and those who tell of it. */
export interface Metrics {
  /** Sees statements and connections. */
  database: DatabaseObserver
  /** Counts events of the service. */
  emit: EmitEvent
  passwords: HashingObserver
  recordRequest(request: CompletedRequest): void
  /**
   * All of it in Prometheus’ text format.
   *
   * @param state what is only looked up when somebody asks
   */
  scrape(state: ScrapeState): Promise<string>
  contentType: string
  close(): void
}

/** One request, when its answer is out. */
export interface CompletedRequest {
  /** The pattern, such as `/settings/Passkeys/:id`. */
  route: string
  method: string
  status: number
  ms: number
}

/** What holds at the moment of a scrape. */
export interface ScrapeState {
  /** Password hashes that have a place in the line. */
  hashQueueLength: number
  /** What the database says, undefined if it doesn’t. */
  databaseGauges: DatabaseGauges | undefined
  smsDailyCap: number
}

/** From a read that is kept to a sign-in that waits as long as anyone is let wait, in seconds. */
const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** From a row that is in memory to a statement that is stuck, in seconds. */
const statementBuckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

/**
 * What is counted since the start. Every label takes one of a few values that are known beforehand:
 * no address, number, id or path as it was asked for is ever among them.
 */
export function createMetrics(): Metrics {
  const registry = new Registry(Registry.PROMETHEUS_CONTENT_TYPE)
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `latchkey_${name}`, help, labelNames, registers })
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Gauge({ name: `latchkey_${name}`, help, labelNames, registers })
  const histogram = <Label extends string>(
    name: string,
    help: string,
    { labelNames, buckets }: { labelNames: Label[]; buckets: number[] },
  ) => new Histogram({ name: `latchkey_${name}`, help, labelNames, buckets, registers })

  gauge('build_info', 'Always 1; the label says which version runs.', ['version'])
    .labels({ version })
    .set(1)

  const requests = counter('http_requests_total', 'Requests answered.', [
    'route',
    'method',
    'status',
  ])
  const requestDuration = histogram(
    'http_request_duration_seconds',
    'From the headers of a request to the end of its answer.',
    { labelNames: ['route', 'method'], buckets: requestBuckets },
  )

  const signIns = counter('sign_ins_total', 'Sign-ins tried, by what was shown.', [
    'method',
    'result',
  ])
  const activity = counter('activity_total', 'What happened to accounts.', ['type'])
  const turnedOn = counter('mfa_turned_on_total', 'Multi-factor sign-in turned on.', ['method'])
  const turnedOff = counter('mfa_turned_off_total', 'Multi-factor sign-in turned off.', ['method'])

  const codes = counter(
    'codes_enqueued_total',
    'Codes that were promised to somebody, and messages in their place.',
    ['channel', 'purpose'],
  )
  const deliveries = counter('messages_total', 'Tries to send a message.', ['channel', 'outcome'])
  const waiting = gauge('outbox_messages', 'Messages that wait to be sent.', ['channel'])
  const outboxOldest = gauge('outbox_oldest_seconds', 'How long the oldest of them has waited.', [
    'channel',
  ])
  const smsLast24h = gauge('texts_today', 'Texts promised in the last 24 hours.', [])
  const smsDailyCapGauge = gauge('texts_cap', 'LATCHKEY_SMS_DAILY_CAP: past it none is sent.', [])

  const hashDuration = histogram('password_hash_duration_seconds', 'One password hash.', {
    labelNames: [],
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  })
  const hashQueue = gauge('password_hash_queue', 'Requests in the line for a password hash.', [])
  const turnedAway = counter(
    'password_hash_rejected_total',
    'Requests the line had no room for.',
    [],
  )

  const statementDuration = histogram('database_statement_duration_seconds', 'One statement.', {
    labelNames: ['kind'],
    buckets: statementBuckets,
  })
  const failedStatements = counter(
    'database_statements_failed_total',
    'Statements that failed.',
    [],
  )
  const databaseUp = gauge('database_up', '1 if the database answered this scrape, 0 if not.', [])
  const connections = { busy: 0, waiting: 0 }
  const connectionsGauge = gauge('database_connections', 'Busy ones, and who waits for one.', [
    'state',
  ])

  const running = watchProcess(registry)

  // A count that begins at nothing is missing until then, and what is missing can’t be seen to rise.
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
    // What is not known is left out: a number of before would look like one of now.
    for (const one of [waiting, outboxOldest, smsLast24h]) one.reset()
    if (!databaseGauges) return
    smsLast24h.set(databaseGauges.smsLast24h)
    for (const channel of queueNames) {
      waiting.set({ channel }, databaseGauges.queues[channel].waiting)
      outboxOldest.set({ channel }, databaseGauges.queues[channel].oldestMs / second)
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
      rejected: () => turnedAway.inc(),
    },
    recordRequest({ route, method, status, ms }) {
      requests.inc({ route, method, status })
      requestDuration.observe({ route, method }, ms / second)
    },
    async scrape(state) {
      setGauges(state)
      running.read()
      return registry.metrics()
    },
    contentType: registry.contentType,
    close: () => running.close(),
  }
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
