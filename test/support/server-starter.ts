/**
 * A process that starts and stops the service on command. Its modules are loaded already, so two of
 * them start within milliseconds of each other.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { loadDevelopmentKeys } from '../../src/config/development-keys.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { type Latchkey, startServer } from '../../src/server.ts'

export interface ServerStarter {
  /** Starts the service. @throws Error with the reason if it can’t start */
  start(environment: Record<string, string>): Promise<void>
  stop(): Promise<void>
}

export async function forkServerStarter(t: TestContext): Promise<ServerStarter> {
  const child = fork(import.meta.filename, { execArgv: [] })
  t.after(() => child.kill('SIGKILL'))
  await awaitReply(child)
  return {
    start: (environment) => sendCommand(child, environment),
    stop: () => sendCommand(child, 'stop'),
  }
}

async function sendCommand(
  child: ChildProcess,
  command: Record<string, string> | 'stop',
): Promise<void> {
  child.send(command)
  await awaitReply(child)
}

async function awaitReply(child: ChildProcess): Promise<void> {
  const [problem] = await once(child, 'message')
  if (problem !== 'done') throw new Error(problem)
}

if (process.send && import.meta.main) {
  let running: Latchkey | undefined
  process.on('message', async (command: Record<string, string> | 'stop') => {
    try {
      if (command === 'stop') await running?.close()
      else running = await start(command)
      process.send?.('done')
    } catch (error) {
      process.send?.(error instanceof Error ? `${error.stack}\n${error.cause}` : 'unknown')
    }
  })
  process.send('done')
}

/** Starts the service as src/cli/main.ts does. */
function start(environment: Record<string, string>): Promise<Latchkey> {
  const settings = readSettings(environment)
  const encryptionKeys = settings.encryptionKeys ?? loadDevelopmentKeys(settings.databaseUrl)
  return startServer({ ...settings, encryptionKeys }, { write() {} })
}
