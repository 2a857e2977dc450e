import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
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
  stop(): Promise<void>
}

const root = join(import.meta.dirname, '../..')

/** A temporary folder for databases, deleted when this process ends. */
const databaseFolder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
process.on('exit', () => rmSync(databaseFolder, { recursive: true, force: true }))

/** Starts Latchkey on a new or existing database file, or on the database that `url` names. */
export function startLatchkey(
  database = newDatabasePath(),
  url = `sqlite:${database}`,
): Promise<Service> {
  return startService('bin/latchkey.js', database, {
    LATCHKEY_DATABASE_URL: url,
    LATCHKEY_ACCESS_TOKEN_TTL: '3600',
    LATCHKEY_RATE_LIMITS: 'off',
    LATCHKEY_LOG_LEVEL: 'warn',
  })
}

/** Starts the minimal service on a copy of Latchkey's database. @param jwks Latchkey's public keys */
export function startBaseline(database: string, jwks: string): Promise<Service> {
  return startService('bench/baseline-service.ts', database, { DATABASE: database, JWKS: jwks })
}

let databaseCount = 0

export function newDatabasePath(): string {
  databaseCount += 1
  return join(databaseFolder, `${databaseCount}.sqlite`)
}

async function startService(
  file: string,
  database: string,
  environment: Record<string, string>,
): Promise<Service> {
  const port = await findFreePort()
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...process.execArgv, file], {
    cwd: root,
    env: { PATH: process.env.PATH, LATCHKEY_PORT: String(port), ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  process.on('exit', () => child.kill())
  await waitForFirstResponse(port, child)
  const startMs = performance.now() - startedAt

  return {
    port,
    database,
    startMs,
    residentMb() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
    },
    async stop() {
      child.kill()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

async function waitForFirstResponse(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const client = await HttpClient.connect(port)
      await client.expect(200, { method: 'GET', path: '/health/live' })
      return client.close()
    } catch {
      await sleep(1)
    }
  }
  throw new Error(`${child.spawnargs.join(' ')} ended before its first response.`)
}
