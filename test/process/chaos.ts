/**
 * Users keep using two nodes on PostgreSQL while one is killed, the database restarts and both
 * kinds of keys rotate. `npm run chaos` runs it, because it takes both cores for a minute.
 * LATCHKEY_TEST_CHAOS_SECONDS sets the duration of the load.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from 'jose'
import { Client } from 'pg'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { Nodes } from '../support/chaos/nodes.ts'
import { VirtualUser } from '../support/chaos/virtual-user.ts'
import { startPostgres } from '../support/postgres-server.ts'
import {
  createTempFolder,
  type LatchkeyProcess,
  runLatchkey,
  startLatchkeyProcess,
  waitUntil,
} from '../support/process.ts'
import {
  parseMailHeaders,
  parseMailParts,
  type ReceivedMail,
  startSmtpServer,
  type TestSmtpServer,
} from '../support/smtp-server.ts'
import { findFreePorts } from '../support/tcp.ts'

const seconds = Number(process.env.LATCHKEY_TEST_CHAOS_SECONDS ?? 10)
const userCount = 8

test('no response is wrong and no message is lost while a node dies, the database restarts and keys rotate', async (t) => {
  const postgres = await startPostgres()
  t.after(() => postgres.stop())
  const smtp = await startSmtpServer(t)
  const ports = await findFreePorts(2)
  const publicUrl = `http://localhost:${ports[0]}`
  const [k1, k2] = [generateEncryptionKey('k1'), generateEncryptionKey('k2')]
  const folder = createTempFolder(t)
  const environment = {
    LATCHKEY_PUBLIC_URL: publicUrl,
    LATCHKEY_DATABASE_URL: `${postgres.url}/postgres`,
    LATCHKEY_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
    LATCHKEY_MAIL_FROM: 'no-reply@example.com',
    // So many sign-ins from one network would exceed the rate limits.
    LATCHKEY_RATE_LIMITS: 'off',
    LATCHKEY_LOG_LEVEL: 'warn',
  }
  const start = (node: 0 | 1, keys: string) =>
    startLatchkeyProcess(t, {
      folder,
      environment: { ...environment, ...keyed(keys), LATCHKEY_PORT: String(ports[node]) },
    })
  let [one, other] = await Promise.all([start(0, k1), start(1, k1)])

  const nodes = new Nodes([`http://localhost:${ports[0]}`, `http://localhost:${ports[1]}`])
  const verify = createBackend(nodes, publicUrl)
  const users = Array.from(
    { length: userCount },
    (_, i) => new VirtualUser(nodes, publicUrl, i, verify),
  )
  await Promise.all(users.map((person) => person.signUp((email) => codeSentTo(smtp, email))))

  let stopping = false
  const startedAt = performance.now()
  const load = Promise.all(
    users.map(async (person) => {
      while (!stopping) await person.performRandomAction()
    }),
  )
  // Rejects as soon as an action fails, not only at the end.
  const failed = load.then(() => new Promise<never>(() => {}))
  const underLoad = <Value>(work: Promise<Value>) => Promise.race([work, failed])
  const pass = (share: number) => underLoad(sleep(share * seconds * 1000))

  await pass(0.15)
  other.kill('SIGKILL')
  await pass(0.1)
  other = await start(1, k1)
  await pass(0.1)
  await underLoad(postgres.restart())
  await pass(0.15)
  const rotated = await underLoad(latchkey(t, ['keys', 'rotate'], { ...environment, ...keyed(k1) }))
  // Instead of after an hour, the key signs once all nodes publish it.
  await underLoad(
    waitUntil(async () => (await publishedAt(nodes)).every((ids) => ids.includes(rotated.id))),
  )
  await sql(environment, 'update signing_key set signs_from = created_at where id = $1', rotated.id)
  for (const keys of [`${k1},${k2}`, `${k2},${k1}`, k2]) {
    if (keys === k2)
      await underLoad(waitUntil(() => isResealed(t, { ...environment, ...keyed(`${k2},${k1}`) })))
    await one.stop()
    one = await start(0, keys)
    await other.stop()
    other = await start(1, keys)
    await pass(0.1)
  }
  stopping = true
  await load
  for (const person of users) {
    await person.signIn()
    assert.equal(decodeProtectedHeader(person.accessToken).kid, rotated.id)
  }

  const lasted = (performance.now() - startedAt) / 1000
  for (const person of users) await waitUntil(() => wereNotified(smtp, person))
  const duplicates = smtp.received.length - new Set(smtp.received.map(messageId)).size
  report(t, nodes, {
    done: users.reduce((sum, { completedActions: done }) => sum + done, 0),
    lasted,
    mails: smtp.received.length,
    duplicates,
  })
  await Promise.all([one, other].map((node: LatchkeyProcess) => node.stop()))
})

/** Verifies tokens as a backend does, with cached keys. */
function createBackend(nodes: Nodes, issuer: string) {
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', issuer), {
    // The test compresses an hour into seconds.
    cooldownDuration: 0,
    [customFetch]: async () => {
      const { status, body } = await nodes.requestUntilKnown('GET', '/.well-known/jwks.json')
      return new Response(JSON.stringify(body), { status })
    },
  })
  return async (token: string) =>
    (await jwtVerify(token, keys, { issuer, audience: issuer, typ: 'at+jwt' })).payload
}

const sentTo = ({ received }: TestSmtpServer, email: string) =>
  received.filter(({ to }) => to.includes(email))

const header = ({ raw }: ReceivedMail, name: string) =>
  parseMailHeaders(raw).find(([found]) => found === name)?.[1] ?? ''

const messageId = (mail: ReceivedMail) => header(mail, 'message-id')

function codeSentTo(smtp: TestSmtpServer, email: string): Promise<string> {
  return waitUntil(() => {
    const [text] = parseMailParts(sentTo(smtp, email).at(-1)?.raw ?? '')
    return /\b[0-9]{6}\b/.exec(text?.content ?? '')?.[0]
  })
}

/** Whether a notice has arrived for each change; duplicate emails count once. */
function wereNotified(
  smtp: TestSmtpServer,
  { email, turnOnCount, turnOffCount }: VirtualUser,
): boolean {
  const mails = new Map(sentTo(smtp, email).map((mail) => [messageId(mail), mail]))
  const noticeCount = (what: RegExp) =>
    [...mails.values()].filter((mail) => what.test(header(mail, 'subject'))).length
  const [on, off] = [noticeCount(/is on$/), noticeCount(/is off$/)]
  assert.ok(
    on <= turnOnCount && off <= turnOffCount,
    `${email} got a notice of a change that was not made`,
  )
  return on === turnOnCount && off === turnOffCount
}

const keyed = (list: string) => ({ LATCHKEY_ENCRYPTION_KEYS: list })

/** Runs a command while the service runs. @returns its JSON output */
async function latchkey(t: TestContext, args: string[], environment: Record<string, string>) {
  const { code, stdout, stderr } = await runLatchkey(t, { args: [...args, '--json'], environment })
  assert.deepEqual([code, stderr], [0, ''])
  return JSON.parse(stdout)
}

/** Whether no value in the database is sealed with the older key. */
async function isResealed(t: TestContext, environment: Record<string, string>): Promise<boolean> {
  const { encryptionKeys } = await latchkey(t, ['keys', 'list'], environment)
  const older = encryptionKeys.find(({ id }: { id: string }) => id === 'k1')
  return older.sealedValues === 0
}

/** The ids of the keys that each node publishes. */
function publishedAt({ origins }: Nodes): Promise<string[][]> {
  return Promise.all(
    origins.map(async (origin) => {
      const answer = await fetch(`${origin}/.well-known/jwks.json`)
      const { keys } = (await answer.json()) as { keys: { kid: string }[] }
      return keys.map(({ kid }) => kid)
    }),
  )
}

async function sql(
  { LATCHKEY_DATABASE_URL }: { LATCHKEY_DATABASE_URL: string },
  statement: string,
  ...values: string[]
): Promise<void> {
  const client = new Client({ connectionString: LATCHKEY_DATABASE_URL })
  await client.connect()
  await client.query(statement, values)
  await client.end()
}

function report(
  t: TestContext,
  { responseCounts, latenciesMs }: Nodes,
  what: Record<string, number>,
): void {
  latenciesMs.sort((a, b) => a - b)
  const at = (share: number) => Math.round(latenciesMs[Math.floor(latenciesMs.length * share)] ?? 0)
  const { done = 0, lasted = 1, mails, duplicates } = what
  t.diagnostic(
    `${done} actions in ${Math.round(lasted)} s, answers ${JSON.stringify(responseCounts)}, ` +
      `${at(0.5)} ms at the median, ${at(0.99)} at p99, ${at(0.9999)} at most; ` +
      `${mails} mails, ${duplicates} of them twice`,
  )
}
