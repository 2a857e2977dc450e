/**
 * A root file system for one test: this machine’s, with a writable layer over it. Its processes see
 * no others. Unless they run `online`, their only network is a loopback. Needs Linux and root.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { type ProcessResult, waitUntil } from './process.ts'

const exec = promisify(execFile)

export interface OverlayRoot {
  /** The files that differ from this machine’s. Write to it only while nothing runs. */
  readonly layer: string
  readonly folder: string
}

export interface RunOptions {
  /** The working directory; `/` by default. */
  cwd?: string
  /** The whole environment. */
  env?: Record<string, string>
  /** User and group such as `1000:1000`, without any capability; root by default. */
  user?: string
  /** The only writable folders, each with the folder of this machine that it mounts. */
  writable?: Record<string, string>
  /** Whether the network of this machine is reachable. */
  online?: boolean
}

/**
 * Whether this machine supports overlay roots. If not, the test is skipped, or fails with
 * `CI=true`.
 */
export async function supportsOverlayRoot(t: TestContext): Promise<boolean> {
  try {
    await runInRoot(createEmptyRoot(t), ['true'])
    return true
  } catch (cause) {
    const missing =
      'Needs Linux, root, a kernel that can mount overlays, and `ip` (Debian: iproute2).'
    if (process.env.CI === 'true') throw new Error(missing, { cause })
    t.skip(missing)
    return false
  }
}

/** Creates a root with the Node version of the tests. */
export function createMachineRoot(t: TestContext): OverlayRoot {
  const root = createEmptyRoot(t)
  const node = join(root.layer, 'usr/local/bin/node')
  mkdirSync(dirname(node), { recursive: true })
  try {
    linkSync(process.execPath, node)
  } catch {
    // The folders are on different file systems.
    cpSync(process.execPath, node)
  }
  return root
}

/** Copies a root in its present state. */
export function cloneRoot(t: TestContext, root: OverlayRoot): OverlayRoot {
  const next = createEmptyRoot(t)
  // Hard links suffice, because programs in the root replace files instead of changing them.
  execFileSync('cp', ['--archive', '--link', `${root.layer}/.`, next.layer])
  return next
}

function createEmptyRoot(t: TestContext): OverlayRoot {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-root-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const part of ['layer', 'root']) mkdirSync(join(folder, part))
  return { layer: join(folder, 'layer'), folder }
}

/** Runs a program in a root to its end. @throws if it fails */
export async function runInRoot(
  root: OverlayRoot,
  argv: string[],
  options: RunOptions = {},
): Promise<string> {
  const [program = '', ...args] = commandInRoot(root, argv, options)
  const { stdout } = await exec(program, args, { maxBuffer: 2 ** 26 })
  return stdout
}

/** Starts a program as the first process of a root. It ends with the test. */
export function startInRoot(
  t: TestContext,
  root: OverlayRoot,
  argv: string[],
  options: RunOptions,
): RootProcess {
  const [program = '', ...args] = commandInRoot(root, argv, options)
  const running = new RootProcess(
    spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }),
    options,
  )
  t.after(() => running.end())
  return running
}

export class RootProcess {
  readonly result: Promise<ProcessResult>
  readonly #outer: ChildProcess
  readonly #inside: RunOptions
  stdout = ''
  stderr = ''

  constructor(child: ChildProcess, options: RunOptions) {
    this.#outer = child
    this.#inside = options
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.result = once(child, 'close').then(([code, signal]) => {
      return { code, signal, stdout: this.stdout, stderr: this.stderr }
    })
  }

  /** Runs another program in the root, as the user of the first. @returns its exit code */
  async runBeside(argv: string[]): Promise<number> {
    const { user, env = {}, cwd = '/' } = this.#inside
    const enter = ['--target', String(this.pid), '--mount', '--pid', '--net', '--root']
    const args = [...enter, ...userArgs(user), ...envArgs(env, cwd), ...argv]
    return exec('nsenter', args).then(
      () => 0,
      ({ code }) => code,
    )
  }

  /** Waits until a program beside it exits with 0. Fails if the first process ends before. */
  async waitUntilHealthy(argv: string[]): Promise<void> {
    await waitUntil(async () => {
      assert.equal(this.#outer.exitCode, null, `The process ended:\n${this.stdout}\n${this.stderr}`)
      return this.pid !== undefined && (await this.runBeside(argv)) === 0
    })
  }

  /** The process ID outside the root; inside it is 1. */
  get pid(): number | undefined {
    const { pid } = this.#outer
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return Number.parseInt(children, 10) || undefined
  }

  async stop(signal: NodeJS.Signals): Promise<ProcessResult> {
    if (this.pid) process.kill(this.pid, signal)
    return this.result
  }

  /** Ends every process of the root, because they end with the first one. */
  async end(): Promise<void> {
    this.#outer.kill('SIGKILL')
    await this.result
  }
}

const checkout = join(import.meta.dirname, '../..')

/** Commands that mount an empty /tmp, with this checkout in it if it is below /tmp. */
function tmpMounts(top: string): string[] {
  const target = join(top, checkout)
  const bindMounts = [`mkdir --parents ${target}`, `mount --bind ${checkout} ${target}`]
  return [`mount -t tmpfs tmpfs ${top}/tmp`, ...(checkout.startsWith('/tmp/') ? bindMounts : [])]
}

function commandInRoot(root: OverlayRoot, argv: string[], options: RunOptions): string[] {
  const { cwd = '/', env = {}, user, writable, online = false } = options
  const top = join(root.folder, 'root')
  // `volatile` skips syncing to disk; the kernel then needs a new work folder for each mount.
  const work = mkdtempSync(join(root.folder, 'work-'))
  const script = [
    `mount -t overlay overlay -o volatile,lowerdir=/,upperdir=${root.layer},workdir=${work} ${top}`,
    `mount --rbind /dev ${top}/dev`,
    `mount -t proc proc ${top}/proc`,
    ...Object.entries(writable ?? {}).map(([at, from]) => `mount --bind ${from} ${top}${at}`),
    ...(writable ? [`mount -o remount,bind,ro ${top}`] : tmpMounts(top)),
    ...(online ? [] : ['ip link set lo up']),
    `exec chroot ${top} "$@"`,
  ].join('\n')
  return [
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', ...(online ? [] : ['--net'])],
    ...['sh', '-ec', script, 'sh', ...userArgs(user), ...envArgs(env, cwd), ...argv],
  ]
}

function userArgs(user: string | undefined): string[] {
  if (user === undefined) return []
  const [uid, gid] = user.split(':')
  return [
    ...['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
    ...['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'],
  ]
}

function envArgs(env: Record<string, string>, cwd: string): string[] {
  const variables = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', HOME: '/', ...env }
  const pairs = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  return ['env', '--ignore-environment', `--chdir=${cwd}`, ...pairs]
}
