/** The service as an operator meets it: a process, with what it prints and how it ends. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sameClock } from './clock.ts'
import { findFreePort } from './tcp.ts'

export interface ProcessOptions {
  /** All that it finds in its environment, besides PATH; a free port is added to it. */
  environment?: Record<string, string>
  /** After `latchkey`. */
  args?: string[]
  /** Where it runs: a fresh empty folder, if none is given. */
  folder?: string
  /** The `src/cli/main.ts` to run, if not ours. */
  main?: string
  /** A command that runs it, such as one that takes rights away. */
  wrapper?: string[]
}

/** How a process ended. */
export interface ProcessResult {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

const mainPath = join(import.meta.dirname, '../../src/cli/main.ts')

/** Half of what a start takes is reading our sources, and these tests start very often. */
const compileCacheFolder = join(import.meta.dirname, '../../node_modules/.cache/latchkey-test')

/** Runs `latchkey` to its end. A service that comes up instead is ended after half a minute. */
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

/** Starts the service and waits until it is ready. It ends with the test. */
export async function startLatchkeyProcess(
  t: TestContext,
  options: ProcessOptions = {},
): Promise<LatchkeyProcess> {
  const latchkey = await spawnLatchkey(t, options)
  await latchkey.waitUntilReady()
  return latchkey
}

async function spawnLatchkey(t: TestContext, options: ProcessOptions): Promise<LatchkeyProcess> {
  const folder = options.folder ?? createTempFolder(t)
  const port = String(await findFreePort())
  const environment = { LATCHKEY_PORT: port, ...sameClock(), ...options.environment }
  const latchkey = new LatchkeyProcess({ ...options, folder, environment })
  t.after(() => latchkey.kill('SIGKILL'))
  return latchkey
}

/** A folder of this test alone, gone with it. */
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
    const { folder, environment, args = [], main = mainPath, wrapper = [] } = options
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
    // Not `exit`: what it wrote last may still be on its way then.
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

  /** Whether it still runs. */
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves when it takes requests, and fails if it never will. */
  async waitUntilReady(): Promise<void> {
    await waitUntil(async () => {
      assert.ok(this.isRunning, `It ended instead of starting:\n${this.stdout}\n${this.stderr}`)
      const response = await fetch(`${this.origin}/health/ready`).catch(() => undefined)
      await response?.text()
      return response?.ok
    })
  }

  kill(signal: NodeJS.Signals): void {
    if (this.isRunning) this.#child.kill(signal)
  }

  /** Ends it as an operator would, and says how it ended. */
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

/** Waits for what will be so in a moment; fails if it is not within half a minute. */
export async function waitUntil<Value>(
  probe: () => Promise<Value> | Value,
): Promise<NonNullable<Value> & {}> {
  for (const deadline = performance.now() + 30_000; ; await sleep(20)) {
    const found = await probe()
    if (found) return found
    assert.ok(performance.now() < deadline, `It never came to be: ${probe}`)
  }
}
