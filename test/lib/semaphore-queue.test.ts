import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createSemaphore } from '../../src/lib/keyed-semaphore.ts'

test('never more run at once than the queue is wide, whoever fails and whoever comes later', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.record({ fails: fc.boolean(), bringsAnother: fc.boolean() }), { maxLength: 12 }),
      async (scheduler, width, works) => {
        const queue = createSemaphore(width)
        const asked: Promise<string>[] = []
        let running = 0
        const work = async (name: string, fails: boolean) => {
          running += 1
          assert.ok(running <= width, `${running} of ${width} run`)
          await scheduler.schedule(Promise.resolve())
          running -= 1
          if (fails) throw new Error(name)
          return name
        }
        const all = works.map(async ({ fails, bringsAnother }, i) => {
          const result = queue.run(() => work(`work ${i}`, fails))
          asked.push(result)
          await result.catch(() => {})
          if (bringsAnother) asked.push(queue.run(() => work('another', false)))
        })
        await scheduler.waitFor(Promise.all(all))
        const settled = await scheduler.waitFor(Promise.allSettled(asked))

        for (const [i, { fails }] of works.entries()) {
          const { status } = settled[i] ?? {}
          assert.equal(status, fails ? 'rejected' : 'fulfilled')
          const { reason, value } = settled[i] as { reason?: Error; value?: string }
          assert.equal(reason?.message ?? value, `work ${i}`)
        }
        assert.equal(running, 0)
        assert.equal(queue.waiting, 0)
      },
    ),
  )
})

test('who comes while others wait does not overtake them', async () => {
  const queue = createSemaphore(1)
  const order: string[] = []
  const first = queue.run(async () => order.push('first'))
  const second = queue.run(async () => order.push('second'))
  assert.equal(queue.waiting, 1)
  await first
  const third = queue.run(async () => order.push('third'))
  await Promise.all([second, third])
  assert.deepEqual(order, ['first', 'second', 'third'])
})
