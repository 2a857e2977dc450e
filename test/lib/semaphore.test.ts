import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createSemaphore } from '../../src/lib/semaphore.ts'

test('whoever finds no place waits in line, and gets it in the order of coming', async () => {
  const places = createSemaphore(2, 60_000)
  const order: number[] = []
  await places.acquire()
  await places.acquire()
  const waiting = [1, 2, 3].map((who) => places.acquire().then(() => order.push(who)))
  await turn()
  assert.deepEqual(order, [])
  places.release()
  await waiting[0]
  assert.deepEqual(order, [1])
  places.release()
  places.release()
  await Promise.all(waiting)
  assert.deepEqual(order, [1, 2, 3])
})

test('whoever waits too long, or is sent away, gets none and takes none from others', async () => {
  const places = createSemaphore(1, 20)
  await places.acquire()
  await assert.rejects(places.acquire(), /All 1 places were taken/)
  places.release()
  await places.acquire()
  const sentAway = places.acquire()
  places.rejectWaiters(new Error('closed'))
  await assert.rejects(sentAway, /closed/)
  places.release()
  await places.acquire()
})
