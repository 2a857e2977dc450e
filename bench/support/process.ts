import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from '../../test/support/tcp.ts'
import { HttpClient } from './http-client.ts'

/** A service in its own process. */
export interface Service {
  port: number
  /** The path of its SQLite file. */
  database: string
  /** From the start of the process to its first response, in milliseconds. */
  startMs: number
  /** Its resident memory now, in MB. */
  residentMb(): number
  /** The CPU time of its process so far, in milliseconds. */
  cpuMs(): number
  stop(): Promise<void>
}

interface Program {
  /** The program and its arguments. */
  command: [program: string, ...string[]]
  /** Its working directory. */
  folder: string
  environment: Record<string, string>
  /** Answers 200 as soon as the service is ready. */
  healthPath: string
}

const root = join(import.meta.dirname, '../..')
export const betterAuthFolder = join(root, 'bench/peers/better-auth')

/** The services that were started. They end with this process. */
const children: ChildProcess[] = []
/** A temporary folder for databases, deleted when this process ends. */
const databaseFolder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
process.on('exit', () => {
  for (const child of children) killGroup(child)
  rmSync(databaseFolder, { recursive: true, force: true })
})
// Services have groups of their own, which Ctrl-C does not reach: this runs the listeners of `exit`.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

const node: Program['command'] = [process.execPath, ...process.execArgv]

/** The arguments of `node` in the script that `npm start` runs. */
const [, ...startArguments] = readStartScript().split(' ')

function readStartScript(): string {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts.start
}

/**
 * Starts Latchkey on a new or existing database file.
 *
 * @param options.url PostgreSQL, instead of the file
 * @param options.rateLimits on, as in production, or off
 * @param options.byNpm runs `npm start`, instead of what it runs
 */
export function startLatchkey(
  database = newDatabasePath(),
  options: {
    url?: string
    statements?: 'named' | 'unnamed'
    rateLimits?: 'on' | 'off'
    byNpm?: boolean
  } = {},
): Promise<Service> {
  const { url = `sqlite:${database}`, statements = 'named' } = options
  const { rateLimits = 'off', byNpm = false } = options
  return startService(database, (port) => ({
    command: byNpm ? ['npm', 'start'] : [...node, ...startArguments],
    folder: root,
    environment: {
      LATCHKEY_PORT: String(port),
      // One for all, whatever their ports, so that a service takes the tokens of another one.
      LATCHKEY_PUBLIC_URL: 'http://localhost:4000',
      LATCHKEY_DATABASE_URL: url,
      LATCHKEY_DATABASE_STATEMENTS: statements,
      LATCHKEY_ACCESS_TOKEN_TTL: '3600',
      LATCHKEY_RATE_LIMITS: rateLimits,
      LATCHKEY_LOG_LEVEL: 'warn',
    },
    healthPath: '/health/live',
  }))
}

/** Starts the minimal service on a copy of Latchkey's database. @param jwks Latchkey's public keys */
export function startBaseline(
  database: string,
  jwks: string,
  { byNpm = false }: { byNpm?: boolean } = {},
): Promise<Service> {
  return startService(database, (port) => ({
    command: byNpm ? ['npm', 'start'] : [...node, 'baseline-service.ts'],
    folder: join(root, 'bench'),
    environment: { LATCHKEY_PORT: String(port), DATABASE: database, JWKS: jwks },
    healthPath: '/health/live',
  }))
}

/** Starts better-auth, installed in its folder. It creates its tables on a new database file. */
export function startBetterAuth(database = newDatabasePath()): Promise<Service> {
  return startService(database, (port) => ({
    command: [...node, 'server.js'],
    folder: betterAuthFolder,
    environment: {
      NODE_ENV: 'production',
      PORT: String(port),
      DATABASE: database,
      ...(!existsSync(database) && { MIGRATE: '1' }),
    },
    healthPath: '/api/auth/ok',
  }))
}

let databaseCount = 0

export function newDatabasePath(): string {
  databaseCount += 1
  return join(databaseFolder, `${databaseCount}.sqlite`)
}

async function startService(
  database: string,
  programAt: (port: number) => Program,
): Promise<Service> {
  const port = await findFreePort()
  const { command, folder, environment, healthPath } = programAt(port)
  const [program, ...args] = command
  const startedAt = performance.now()
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
    // A group of its own, because npm does not pass on a signal.
    detached: true,
  })
  children.push(child)
  await waitForFirstResponse(port, healthPath, child)
  const startMs = performance.now() - startedAt

  return {
    port,
    database,
    startMs,
    residentMb() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
    },
    cpuMs() {
      // The name of the program, in brackets, may contain spaces.
      const [, fields = ''] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')
      const [utime, stime] = fields.split(' ').slice(11, 13)
      return (Number(utime) + Number(stime)) * msPerTick
    },
    async stop() {
      killGroup(child)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

/** Linux counts CPU time for programs in hundredths of a second (`getconf CLK_TCK`). */
const msPerTick = 10

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid && exitCode === null && signalCode === null) process.kill(-pid)
}

async function waitForFirstResponse(
  port: number,
  healthPath: string,
  child: ChildProcess,
): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const client = await HttpClient.connect(port)
      await client.expect(200, { method: 'GET', path: healthPath })
      return client.close()
    } catch {
      await sleep(1)
    }
  }
  throw new Error(`${child.spawnargs.join(' ')} ended before its first response.`)
}
