import type { Log } from '../lib/log.ts'
import type { EmitEvent } from '../lib/metric-events.ts'
import { type DeliveryWorker, startWorker } from '../notifications/delivery-worker.ts'
import type { Db } from '../store/open.ts'
import { createEventQueue } from './event-queue.ts'
import type { WebhookSender } from './sender.ts'

/**
 * Delivers webhook events, at least once each, with an id that stays the same over retries. Any
 * number of nodes may run it: one at a time has claimed an event.
 */
export function startWebhookDelivery(deps: {
  db: Db
  log: Log
  emit: EmitEvent
  sender: WebhookSender
}): DeliveryWorker {
  const { db, log, emit, sender } = deps
  return startWorker({
    name: 'webhook',
    queue: createEventQueue(db),
    log,
    emit,
    send: ({ id, body }) => sender.send({ id, body }),
    logFields: ({ type }) => ({ type }),
  })
}
