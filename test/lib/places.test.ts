import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createPlaces } from '../../src/lib/places.ts'

test('whoever finds no place waits in line, and gets it in the order of coming', async () => {
  const places = createPlaces(2, 60_000)
  const order: number[] = []
  await places.take()
  await places.take()
  const waiting = [1, 2, 3].map((who) => places.take().then(() => order.push(who)))
  await turn()
  assert.deepEqual(order, [])
  places.giveBack()
  await waiting[0]
  assert.deepEqual(order, [1])
  places.giveBack()
  places.giveBack()
  await Promise.all(waiting)
  assert.deepEqual(order, [1, 2, 3])
})

test('whoever waits too long, or is sent away, gets none and takes none from others', async () => {
  const places = createPlaces(1, 20)
  await places.take()
  await assert.rejects(places.take(), /All 1 places were taken/)
  places.giveBack()
  await places.take()
  const sentAway = places.take()
  places.sendAway(new Error('closed'))
  await assert.rejects(sentAway, /closed/)
  places.giveBack()
  await places.take()
})
