import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { createFairSemaphore } from '../../src/lib/fair-semaphore.ts'

/** A semaphore whose work ends when the test says so, and what happened to each caller. */
function createQueue(permits: number, maxWaiting: number) {
  const semaphore = createFairSemaphore({
    permits,
    maxWaiting: () => maxWaiting,
    turnAway: () => new Error('turned away'),
  })
  const started: string[] = []
  const rejected: string[] = []
  const ends: (() => void)[] = []
  /** Callers are named after their client: `a1` waits in the line of `a`. */
  const enter = (...callers: string[]) => {
    for (const caller of callers) {
      const work = () => {
        started.push(caller)
        return new Promise<void>((resolve) => ends.push(resolve))
      }
      semaphore.run(caller.slice(0, 1), work).catch(() => rejected.push(caller))
    }
    return turn()
  }
  /** Ends the work of callers, in the order in which it started. */
  const end = async (count: number) => {
    for (let i = 0; i < count; i++) {
      ends.shift()?.()
      await turn()
    }
  }
  return { semaphore, started, rejected, enter, end }
}

test('lines take turns, and each is served in the order of arrival', async () => {
  const { started, enter, end } = createQueue(1, 100)
  await enter('a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1')
  await end(3)
  await enter('d1', 'a5')
  await end(9)
  assert.deepEqual(started, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'd1', 'a4', 'a5'])
})

test('one client may use all permits', async () => {
  const { started, enter, end, semaphore } = createQueue(3, 100)
  await enter('a1', 'a2', 'a3', 'a4')
  assert.deepEqual(started, ['a1', 'a2', 'a3'])
  assert.equal(semaphore.pending, 4)
  await end(4)
  assert.equal(semaphore.pending, 0)
})

test('in a full queue the newest caller of the longest line is turned away, not a newcomer with a shorter one', async () => {
  const { started, rejected, enter, end } = createQueue(1, 4)
  await enter('a1', 'a2', 'a3', 'a4', 'a5', 'b1')
  assert.deepEqual(rejected, ['a5'])
  await enter('b2')
  assert.deepEqual(rejected, ['a5', 'a4'])
  await enter('b3', 'a6', 'c1')
  assert.deepEqual(rejected, ['a5', 'a4', 'b3', 'a6', 'a3'])
  await end(9)
  assert.deepEqual(started, ['a1', 'a2', 'b1', 'c1', 'b2'])
})

test('a newcomer is turned away where every line has one caller', async () => {
  const { rejected, enter, end } = createQueue(1, 3)
  await enter('a1', 'b1', 'c1', 'd1', 'e1')
  assert.deepEqual(rejected, ['e1'])
  await end(4)
})

test('work that fails releases its permit', async () => {
  const { semaphore, started, enter, end } = createQueue(1, 3)
  const failing = semaphore.run('a', async () => assert.fail('wrong password'))
  await assert.rejects(failing, /wrong password/)
  await enter('b1')
  assert.deepEqual(started, ['b1'])
  await end(1)
})

test('the first caller of a line waits for at most one caller of every other line', async () => {
  const client = fc.constantFrom('a', 'b', 'c', 'd')
  await fc.assert(
    fc.asyncProperty(fc.array(client, { maxLength: 30 }), async (clients) => {
      const { started, rejected, enter, end, semaphore } = createQueue(1, 12)
      await enter(...clients.map((name, i) => `${name}${i}`), 'z0')
      const before = started.length
      await end(40)
      assert.ok(started.indexOf('z0') <= before + 4, started.join(' '))
      assert.equal(started.length + rejected.length, clients.length + 1)
      assert.equal(semaphore.pending, 0)
    }),
  )
})
