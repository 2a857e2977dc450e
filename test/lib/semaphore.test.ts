import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { createSemaphore } from '../../src/lib/semaphore.ts'

test('callers without a permit wait, and get one in the order of arrival', async () => {
  const semaphore = createSemaphore(2, 60_000)
  const order: number[] = []
  await semaphore.acquire()
  await semaphore.acquire()
  const waiting = [1, 2, 3].map((caller) => semaphore.acquire().then(() => order.push(caller)))
  await turn()
  assert.deepEqual(order, [])
  semaphore.release()
  await waiting[0]
  assert.deepEqual(order, [1])
  semaphore.release()
  semaphore.release()
  await Promise.all(waiting)
  assert.deepEqual(order, [1, 2, 3])
})

test('a waiter that times out or is rejected gets no permit and takes none from others', async () => {
  const semaphore = createSemaphore(1, 20)
  await semaphore.acquire()
  await assert.rejects(semaphore.acquire(), /All 1 permits were in use for 20 ms/)
  semaphore.release()
  await semaphore.acquire()
  const rejected = semaphore.acquire()
  semaphore.rejectWaiters(new Error('closed'))
  await assert.rejects(rejected, /closed/)
  semaphore.release()
  await semaphore.acquire()
})

test('the number of running tasks never exceeds the permits, even if some fail or others arrive later', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ fails: fc.boolean(), bringsAnother: fc.boolean() }), { maxLength: 12 }),
      async (scheduler, capacity, works) => {
        const semaphore = createSemaphore(capacity)
        const started: Promise<string>[] = []
        let running = 0
        const work = async (name: string, fails: boolean) => {
          running += 1
          assert.ok(running <= capacity, `${running} of ${capacity} run`)
          await scheduler.schedule(Promise.resolve())
          running -= 1
          if (fails) throw new Error(name)
          return name
        }
        const all = works.map(async ({ fails, bringsAnother }, i) => {
          const result = semaphore.run(() => work(`work ${i}`, fails))
          started.push(result)
          await result.catch(() => {})
          if (bringsAnother) started.push(semaphore.run(() => work('another', false)))
        })
        await scheduler.waitFor(Promise.all(all))
        const settled = await scheduler.waitFor(Promise.allSettled(started))

        for (const [i, { fails }] of works.entries()) {
          const { status } = settled[i] ?? {}
          assert.equal(status, fails ? 'rejected' : 'fulfilled')
          const { reason, value } = settled[i] as { reason?: Error; value?: string }
          assert.equal(reason?.message ?? value, `work ${i}`)
        }
        assert.equal(running, 0)
        assert.equal(semaphore.waiting, 0)
      },
    ),
  )
})

test('a newcomer does not overtake waiters', async () => {
  const semaphore = createSemaphore(1)
  const order: string[] = []
  const first = semaphore.run(async () => order.push('first'))
  const second = semaphore.run(async () => order.push('second'))
  assert.equal(semaphore.waiting, 1)
  await first
  const third = semaphore.run(async () => order.push('third'))
  await Promise.all([second, third])
  assert.deepEqual(order, ['first', 'second', 'third'])
})
