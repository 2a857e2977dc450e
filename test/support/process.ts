/** `latchkey` as a process, with its output and exit code. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { clockAheadBy } from './clock.ts'
import { findFreePort } from './tcp.ts'

export interface ProcessOptions {
  /** The whole environment but PATH, with a free port added. */
  environment?: Record<string, string>
  /** The arguments after `latchkey`. */
  args?: string[]
  /** The working directory; a new empty folder by default. */
  folder?: string
  /** The entry point; this checkout’s `bin/latchkey.js`, which runs the bundle, by default. */
  main?: string
  /** A command that runs `latchkey`, such as one that drops privileges. */
  wrapper?: string[]
}

/** The result of a process. */
export interface ProcessResult {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** test/setup.ts builds the bundle, which starts in a third of the time of the sources. */
export const latchkeyBin = join(import.meta.dirname, '../../bin/latchkey.js')

/** Compiling takes most of a start’s time, and tests start many processes. */
export const compileCacheFolder = join(
  import.meta.dirname,
  '../../node_modules/.cache/latchkey-test',
)

/** Runs `latchkey` to its end, which is forced after 30 seconds if it starts a service instead. */
export async function runLatchkey(
  t: TestContext,
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  const latchkey = await spawnLatchkey(t, options)
  const deadline = setTimeout(() => latchkey.kill('SIGKILL'), 30_000)
  const result = await latchkey.result
  clearTimeout(deadline)
  return result
}

/** Starts the service and waits until it is ready. It stops with the test. */
export async function startLatchkeyProcess(
  t: TestContext,
  options: ProcessOptions = {},
): Promise<LatchkeyProcess> {
  const latchkey = await spawnLatchkey(t, options)
  await latchkey.waitUntilReady()
  return latchkey
}

/**
 * Starts another node on a service’s database, with changed settings. Its clock agrees with this
 * process's, and it stops with the test.
 */
export function startNode(
  t: TestContext,
  { environment, origin }: { environment: Record<string, string>; origin: string },
  changes: Record<string, string> = {},
): Promise<LatchkeyProcess> {
  const { LATCHKEY_PORT: _, ...shared } = environment
  return startLatchkeyProcess(t, {
    environment: { ...clockAheadBy(0), ...shared, LATCHKEY_PUBLIC_URL: origin, ...changes },
  })
}

/** Starts `latchkey`, and kills it with the test. */
export async function spawnLatchkey(
  t: TestContext,
  options: ProcessOptions,
): Promise<LatchkeyProcess> {
  const folder = options.folder ?? createTempFolder(t)
  const environment = { LATCHKEY_PORT: String(await findFreePort()), ...options.environment }
  const latchkey = new LatchkeyProcess({ ...options, folder, environment })
  t.after(() => latchkey.kill('SIGKILL'))
  return latchkey
}

/** Creates an empty folder that is removed with the test. */
export function createTempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-process-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export class LatchkeyProcess {
  readonly folder: string
  readonly environment: Record<string, string>
  readonly result: Promise<ProcessResult>
  readonly #child: ChildProcess
  stdout = ''
  stderr = ''

  constructor(options: Required<Pick<ProcessOptions, 'folder' | 'environment'>> & ProcessOptions) {
    const { folder, environment, args = [], main = latchkeyBin, wrapper = [] } = options
    this.folder = folder
    this.environment = environment
    const { PATH } = process.env
    const [program = '', ...rest] = [...wrapper, process.execPath, main, ...args]
    this.#child = spawn(program, rest, {
      cwd: folder,
      env: { PATH, NODE_COMPILE_CACHE: compileCacheFolder, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    // Not `exit`, which can come before the last output.
    this.result = once(this.#child, 'close').then(([code, signal]) => {
      return { code, signal, stdout: this.stdout, stderr: this.stderr }
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get port(): number {
    return Number(this.environment.LATCHKEY_PORT)
  }

  get origin(): string {
    return `http://localhost:${this.port}`
  }

  /** Whether the process still runs. */
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Waits until the service is ready. Fails if the process ends instead. */
  async waitUntilReady(): Promise<void> {
    await waitUntil(async () => {
      assert.ok(
        this.isRunning,
        `The service ended instead of starting:\n${this.stdout}\n${this.stderr}`,
      )
      const response = await fetch(`${this.origin}/health/ready`).catch(() => undefined)
      await response?.text()
      return response?.ok
    })
  }

  kill(signal: NodeJS.Signals): void {
    if (this.isRunning) this.#child.kill(signal)
  }

  /** Stops the process as an operator would. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessResult> {
    this.kill(signal)
    return this.result
  }
}

/** Stops a child process by SIGTERM, and waits until it has ended. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}

/** Repeats a probe until its result is truthy. Fails after 30 seconds. */
export async function waitUntil<Value>(
  probe: () => Promise<Value> | Value,
): Promise<NonNullable<Value> & {}> {
  for (const deadline = performance.now() + 30_000; ; await sleep(20)) {
    const found = await probe()
    if (found) return found
    assert.ok(performance.now() < deadline, `Not within 30 seconds: ${probe}`)
  }
}
