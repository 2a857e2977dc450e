/** The service as an operator meets it: a process, with what it prints and how it ends. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

export interface ProcessOptions {
  /** All that it finds in its environment, besides PATH; a free port is added to it. */
  environment?: Record<string, string>
  /** After `latchkey`. */
  args?: string[]
  /** Where it runs: a fresh empty folder, if none is given. */
  folder?: string
  /** The `src/main.ts` to run, if not ours. */
  main?: string
  /** A command that runs it, such as one that takes rights away. */
  via?: string[]
}

/** What in its environment has a process believe that it is a minute later. */
export const minuteAhead = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent('const real=Date.now;Date.now=()=>real()+60000')}`,
}

/** How a process ended. */
export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

const ours = join(import.meta.dirname, '../../src/main.ts')

/** Half of what a start takes is reading our sources, and these tests start very often. */
const compiled = join(import.meta.dirname, '../../node_modules/.cache/latchkey-test')

/** Runs `latchkey` to its end. A service that comes up instead is ended after half a minute. */
export async function runLatchkey(t: TestContext, options: ProcessOptions = {}): Promise<Ended> {
  const latchkey = await begin(t, options)
  const deadline = setTimeout(() => latchkey.kill('SIGKILL'), 30_000)
  const ended = await latchkey.ended
  clearTimeout(deadline)
  return ended
}

/** Starts the service and waits until it is ready. It ends with the test. */
export async function startProcess(
  t: TestContext,
  options: ProcessOptions = {},
): Promise<LatchkeyProcess> {
  const latchkey = await begin(t, options)
  await latchkey.ready()
  return latchkey
}

async function begin(t: TestContext, options: ProcessOptions): Promise<LatchkeyProcess> {
  const folder = options.folder ?? emptyFolder(t)
  const environment = { LATCHKEY_PORT: String(await freePort()), ...options.environment }
  const latchkey = new LatchkeyProcess({ ...options, folder, environment })
  t.after(() => latchkey.kill('SIGKILL'))
  return latchkey
}

/** A folder of this test alone, gone with it. */
export function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-process-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export class LatchkeyProcess {
  readonly folder: string
  readonly environment: Record<string, string>
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  stdout = ''
  stderr = ''

  constructor(options: Required<Pick<ProcessOptions, 'folder' | 'environment'>> & ProcessOptions) {
    const { folder, environment, args = [], main = ours, via = [] } = options
    this.folder = folder
    this.environment = environment
    const { PATH } = process.env
    const [program = '', ...rest] = [...via, process.execPath, main, ...args]
    this.#child = spawn(program, rest, {
      cwd: folder,
      env: { PATH, NODE_COMPILE_CACHE: compiled, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    // Not `exit`: what it wrote last may still be on its way then.
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
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
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves when it takes requests, and fails if it never will. */
  async ready(): Promise<void> {
    await until(async () => {
      assert.ok(this.alive, `It ended instead of starting:\n${this.stdout}\n${this.stderr}`)
      const answer = await fetch(`${this.origin}/health/ready`).catch(() => undefined)
      await answer?.text()
      return answer?.ok
    })
  }

  kill(signal: NodeJS.Signals): void {
    if (this.alive) this.#child.kill(signal)
  }

  /** Ends it as an operator would, and says how it ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.kill(signal)
    return this.ended
  }
}

/** Waits for what will be so in a moment; fails if it is not within half a minute. */
export async function until<Value>(
  look: () => Promise<Value> | Value,
): Promise<NonNullable<Value> & {}> {
  for (const deadline = performance.now() + 30_000; ; await sleep(20)) {
    const found = await look()
    if (found) return found
    assert.ok(performance.now() < deadline, `It never came to be: ${look}`)
  }
}
