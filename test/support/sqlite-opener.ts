/** A process that opens a SQLite file at a given millisecond, at the same time as another one. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { openDatabase } from '../../src/store/open.ts'

/** @returns a function that opens `file` at `at` and resolves with the error, or 'opened' */
export async function forkSqliteOpener(t: TestContext) {
  const child = fork(import.meta.filename, { execArgv: [] })
  t.after(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return async (file: string, at: number): Promise<string> => {
    child.send({ file, at })
    const [outcome] = await once(child, 'message')
    return outcome
  }
}

if (process.send && import.meta.main) {
  process.on('message', async ({ file, at }: { file: string; at: number }) => {
    while (Date.now() < at);
    try {
      await openDatabase(`sqlite:${file}`).destroy()
      process.send?.('opened')
    } catch (error) {
      process.send?.(String(error))
    }
  })
  process.send('ready')
}
