import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe } from 'node:test'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import type { HashCost } from '../../src/lib/password-hasher.ts'
import { type Latchkey, startServer } from '../../src/server.ts'
import { returnToRealTime } from './clock.ts'
import { type Contract, contractOf } from './contract.ts'
import { chooseDataFolder } from './data-folder.ts'
import { runSql } from './database.ts'
import { fetchFrom } from './fetch-from.ts'
import { Owner, type OwnerOptions } from './owner.ts'
import { createPostgresDatabase } from './postgres.ts'
import { assertPlans } from './query-plans.ts'
import { assertStatus, guardBody } from './responses.ts'
import { type SecondNode, startSecondNode } from './second-node.ts'
import { findFreePort } from './tcp.ts'

/** A response that conforms to the OpenAPI document. */
export interface ApiResponse {
  /** Method and path. */
  request: string
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  body: any
}

export interface CallOptions {
  body?: unknown
  token?: string
  headers?: Record<string, string>
  /** The client’s address: 127.0.0.1 by default, or another of 127.0.0.0/8. */
  from?: string
  /** The node to call: the first one by default. */
  node?: SecondNode
}

export interface Message {
  id: string
  channel: 'email' | 'sms'
  to: string
  subject: string
  text: string
  html?: string
  sentAt: string
}

/** Runs tests on each database, each with its own service. */
export function onEachDatabase(
  tests: (latchkey: TestLatchkey) => void,
  environment: Record<string, string> = {},
): void {
  for (const kind of ['SQLite', 'PostgreSQL'] as const) onDatabase(kind, tests, environment)
}

/** Runs tests on one database, for behaviour that does not depend on the database. */
export function onDatabase(
  kind: 'SQLite' | 'PostgreSQL',
  tests: (latchkey: TestLatchkey) => void,
  environment: Record<string, string> = {},
): void {
  describe(`on ${kind}`, () => {
    const latchkey = new TestLatchkey(kind, environment)
    before(() => latchkey.start())
    after(async () => {
      await latchkey.stop()
      returnToRealTime()
    })
    tests(latchkey)
  })
}

/** By the settings of the service, as JSON. */
const contracts = new Map<string, Contract>()

/** The service on a real port and a real database, for tests. */
export class TestLatchkey {
  readonly databaseKind: 'SQLite' | 'PostgreSQL'
  readonly folder = mkdtempSync(join(chooseDataFolder(), 'latchkey-test-'))
  readonly #environment: Record<string, string>
  readonly #secrets = new Set<string>()
  #log = ''
  #service: Latchkey | undefined
  #contract: Contract | undefined
  #databaseUrl: string | undefined
  #dropDatabase: (() => Promise<void>) | undefined
  /** The environment of the service; complete after its start. */
  environment: Record<string, string> = {}
  /** Longer than the service’s own limit, because a machine that runs tests is slow. */
  maxHashWaitMs = 60_000
  /** Lower than the service’s own, because most tests hash passwords and few are about hashes. */
  hashCost: HashCost = { memoryCost: 1024, timeCost: 1 }

  constructor(databaseKind: 'SQLite' | 'PostgreSQL', environment: Record<string, string> = {}) {
    this.databaseKind = databaseKind
    this.#environment = environment
  }

  get origin(): string {
    return `http://localhost:${this.environment.LATCHKEY_PORT}`
  }

  /** The log of all nodes so far. */
  get log(): string {
    return this.#log
  }

  async start(): Promise<void> {
    if (this.environment.LATCHKEY_PORT === undefined) {
      const port = await findFreePort()
      this.#databaseUrl = await this.#createDatabase()
      this.environment = {
        LATCHKEY_PORT: String(port),
        LATCHKEY_DATABASE_URL: this.#databaseUrl,
        LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('test'),
        LATCHKEY_LOG_LEVEL: 'trace',
        ...this.#environment,
      }
    }
    const settings = readSettings(this.environment)
    const { encryptionKeys = '' } = settings
    const { maxHashWaitMs, hashCost } = this
    const write = (line: string) => {
      this.#log += line
    }
    this.#service = await startServer(
      { ...settings, encryptionKeys, maxHashWaitMs, hashCost },
      { write },
    )
    this.#contract = await this.#readContract()
  }

  /**
   * Stops the service, drops its database, and fails if the log contains a secret or a statement reads
   * a whole table.
   */
  async stop(): Promise<void> {
    await this.#service?.close()
    // A test's own database may be gone, or be reached by a proxy that is. Other tests explain it all.
    const { LATCHKEY_DATABASE_URL = '' } = this.environment
    if (LATCHKEY_DATABASE_URL === this.#databaseUrl) await assertPlans(LATCHKEY_DATABASE_URL)
    await this.#dropDatabase?.()
    rmSync(this.folder, { recursive: true, force: true })
    for (const secret of this.#secrets) {
      const pattern = new RegExp(`(?<![A-Za-z0-9])${RegExp.escape(secret)}(?![A-Za-z0-9])`)
      assert.doesNotMatch(this.#log, pattern, 'a secret is in the log')
    }
  }

  /** Restarts the service, with changed settings if given. */
  async restart(changes: Record<string, string> = {}): Promise<void> {
    await this.#service?.close()
    this.environment = { ...this.environment, ...changes }
    await this.start()
  }

  /** Stops the service and keeps its data for the next `start`. */
  async stopKeepingData(): Promise<void> {
    await this.#service?.close()
    this.#service = undefined
  }

  /**
   * Starts a second node on the service’s database, in its own process.
   *
   * @param options.clockBehindMs how far its clock is behind; by default the clocks agree
   */
  secondNode({ clockBehindMs = 0 } = {}): Promise<SecondNode> {
    const log = (lines: string) => {
      this.#log += lines
    }
    return startSecondNode(this.environment, { folder: this.folder, log, clockBehindMs })
  }

  /** Reads the OpenAPI document, once per process for the same settings: generating it takes long. */
  async #readContract(): Promise<Contract> {
    const { LATCHKEY_PORT, LATCHKEY_DATABASE_URL, LATCHKEY_ENCRYPTION_KEYS, ...settings } =
      this.environment
    const key = JSON.stringify(settings)
    const contract =
      contracts.get(key) ?? contractOf(await (await fetch(`${this.origin}/openapi.json`)).json())
    contracts.set(key, contract)
    return contract
  }

  async #createDatabase(): Promise<string> {
    if (this.databaseKind === 'SQLite') return `sqlite:${join(this.folder, 'latchkey.sqlite')}`
    const database = await createPostgresDatabase()
    this.#dropDatabase = database.drop
    return database.url
  }

  get(path: string, options?: CallOptions) {
    return this.request('GET', path, options)
  }
  post(path: string, body?: unknown, options: CallOptions = {}) {
    return this.request('POST', path, { body, ...options })
  }
  delete(path: string, options?: CallOptions) {
    return this.request('DELETE', path, options)
  }

  async request(method: string, path: string, options: CallOptions = {}): Promise<ApiResponse> {
    const { body, token, headers, from, node } = options
    assert.ok(token ?? !('token' in options), `${method} ${path} has an undefined token`)
    this.markSecret(token, ...secretsIn(body))
    const send = from === undefined ? fetch : fetchFrom(from)
    const response = await send((node?.origin ?? this.origin) + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const type = response.headers.get('content-type')
    const result = {
      request: `${method} ${path}`,
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : type?.includes('json') ? JSON.parse(text) : text,
    }
    const cookies = [headers?.cookie ?? '', ...response.headers.getSetCookie()]
    this.markSecret(...secretsIn(result.body), ...cookies.flatMap(secretsInCookies))
    this.#contract?.check({ method, path, status: result.status, type, body: result.body })
    assert.ok(response.headers.get('x-request-id'), 'a response without X-Request-Id')
    return { ...result, body: guardBody(result) }
  }

  /** Marks values that must never be in the log. */
  markSecret(...secrets: (string | undefined)[]): void {
    for (const secret of secrets) if (secret && secret.length >= 6) this.#secrets.add(secret)
  }

  /** The messages sent to an email address or phone number, newest first. */
  async inbox(to: string): Promise<Message[]> {
    const response = await this.get(`/dev/Messages?to=${encodeURIComponent(to)}`)
    return assertStatus(response, 200).body.messages
  }

  /** The newest code sent to an email address or phone number. */
  async codeSentTo(to: string): Promise<string> {
    for (const { text } of await this.inbox(to)) {
      const code = /\b[0-9]{6}\b/.exec(text)?.[0]
      if (code) {
        this.markSecret(code)
        return code
      }
    }
    throw new Error(`No code was sent to ${to}.`)
  }

  /** Creates an owner who is signed in, with MFA on if a method is given. */
  owner(options: OwnerOptions = {}): Promise<Owner> {
    return Owner.signUp(this, options)
  }

  /** Runs SQL, as another program on the service's database would. */
  // biome-ignore lint/suspicious/noExplicitAny: rows of every shape
  sql(statement: string): Promise<any[]> {
    return runSql(this.environment.LATCHKEY_DATABASE_URL ?? '', statement)
  }
}

const secretFields = new Set([
  'password',
  'code',
  'signUpToken',
  'mfaToken',
  'passkeyToken',
  'deviceToken',
  'resetToken',
  'accessToken',
  'refreshToken',
  'secret',
  'otpauthUri',
  'email',
  'phoneNumber',
  'recoveryCodes',
])

/** @param line of `Cookie` or `Set-Cookie` */
function secretsInCookies(line: string): string[] {
  const found = line.matchAll(/latchkey(?:-device)?=([\w-]+)/g)
  return [...found].map(([, value = '']) => value)
}

function secretsIn(body: unknown): string[] {
  if (typeof body !== 'object' || body === null || 'requestId' in body) return []
  return Object.entries(body)
    .filter(([name]) => secretFields.has(name))
    .flatMap(([, value]) => [value].flat())
    .filter((value) => typeof value === 'string')
}
