import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLog } from '../../src/lib/log.ts'
import { repeat } from '../../src/lib/repeat.ts'

/** A log that collects its lines. */
function captureLog() {
  const lines: { level: number; msg: string; err?: { message: string }; key?: string }[] = []
  const log = createLog('info', { write: (line: string) => void lines.push(JSON.parse(line)) })
  return { log, lines }
}

/** Resolves once `count` runs have started. */
function countRuns(count: number) {
  const { promise, resolve } = Promise.withResolvers<void>()
  let runs = 0
  return {
    reached: promise,
    get runs() {
      return runs
    },
    start() {
      runs += 1
      if (runs === count) resolve()
    },
  }
}

test('a job runs repeatedly, the first time after a delay of its own', async () => {
  const { log, lines } = captureLog()
  const counter = countRuns(3)
  const startedAt = performance.now()
  const stop = repeat(async () => counter.start(), {
    everyMs: 10,
    firstRunMs: 100,
    log,
    failure: 'failed',
  })
  await sleep(30)
  assert.equal(counter.runs, 0)
  await counter.reached
  assert.ok(performance.now() - startedAt >= 100)
  await stop()
  assert.deepEqual(lines, [])
})

test('a run that takes longer than the pause never overlaps the next one', async () => {
  const { log } = captureLog()
  const counter = countRuns(4)
  let running = 0
  let mostAtOnce = 0
  const stop = repeat(
    async () => {
      running += 1
      mostAtOnce = Math.max(mostAtOnce, running)
      counter.start()
      await sleep(15)
      running -= 1
    },
    { everyMs: 1, log, failure: 'failed' },
  )
  await counter.reached
  await stop()
  assert.equal(mostAtOnce, 1)
})

test('a failed run is logged, and the job goes on after the pause for failures', async () => {
  const { log, lines } = captureLog()
  const counter = countRuns(3)
  const stop = repeat(
    () => {
      counter.start()
      if (counter.runs === 1) throw new Error('thrown at once')
      return counter.runs === 2 ? Promise.reject(new Error('rejected')) : Promise.resolve()
    },
    {
      // An hour, so that only the pause for failures lets three runs start.
      everyMs: 3_600_000,
      firstRunMs: 0,
      retryMs: 1,
      log,
      failure: 'cleanup failed',
      failureFields: () => ({ key: 'k1' }),
    },
  )
  await counter.reached
  await stop()
  assert.deepEqual(
    lines.map(({ level, msg, err, key }) => [level, msg, err?.message, key]),
    [
      [50, 'cleanup failed', 'thrown at once', 'k1'],
      [50, 'cleanup failed', 'rejected', 'k1'],
    ],
  )
})

test('stopping waits for the run under way, and no other run follows', async () => {
  const { log } = captureLog()
  const counter = countRuns(1)
  let ended = 0
  const stop = repeat(
    async () => {
      counter.start()
      await sleep(50)
      ended += 1
    },
    { everyMs: 1, log, failure: 'failed' },
  )
  await counter.reached
  await stop()
  assert.deepEqual([counter.runs, ended], [1, 1])
  await sleep(20)
  assert.equal(counter.runs, 1)
})

test('stopping aborts the signal of the run under way, whose failure is then not logged', async () => {
  const { log, lines } = captureLog()
  const counter = countRuns(1)
  const stop = repeat(
    async (signal) => {
      counter.start()
      await sleep(60_000, undefined, { signal })
    },
    { everyMs: 1, log, failure: 'failed' },
  )
  await counter.reached
  const startedAt = performance.now()
  await stop()
  assert.ok(performance.now() - startedAt < 10_000)
  assert.deepEqual(lines, [])
})

test('stopping during a pause resolves at once', async () => {
  const { log } = captureLog()
  const counter = countRuns(1)
  const stop = repeat(async () => counter.start(), { everyMs: 60_000, log, failure: 'failed' })
  await stop()
  await stop()
  assert.equal(counter.runs, 0)
})

test('a job does not keep the process alive', () => {
  const module = join(import.meta.dirname, '../../src/lib/repeat.ts')
  const program = `
    import { repeat } from ${JSON.stringify(module)}
    repeat(async () => console.log('run'), { everyMs: 60_000, firstRunMs: 0, log: console, failure: '' })
    setTimeout(() => {}, 200)`
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { encoding: 'utf8', timeout: 20_000 },
  )
  assert.deepEqual([error, status, stdout, stderr], [undefined, 0, 'run\n', ''])
})
