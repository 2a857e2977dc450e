import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { verify } from '@node-rs/argon2'
import { cleanUp } from '../../src/retention.ts'
import { openDatabase } from '../../src/store/open.ts'
import { transactionOn } from '../../test/support/transaction.ts'
import { createAccounts } from '../support/accounts.ts'
import { createDatabase, type DatabaseKind, databaseKinds } from '../support/databases.ts'
import { HttpClient, measureMs } from '../support/http-client.ts'
import { median } from '../support/load.ts'
import { type Service, startLatchkey } from '../support/process.ts'
import { emailOf, seedAccounts } from '../support/seed-accounts.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { atMost, type Figure, formatMs, formatRatio } from '../support/table.ts'

const smallCount = 1000
const largeCount = 1_000_000

/** How many accounts are measured, spread evenly. */
const sampleSize = 100

interface SeededService {
  url: string
  service: Service
  sql: Sql
  emails: string[]
  password: string
}

/**
 * Compares a million accounts with a thousand on each database: one client, median times, and the
 * longest time for which the hourly clean-up keeps the event loop busy.
 */
export async function millionAccounts(
  rounds: number,
  logProgress: (message: string) => void,
): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const kind of databaseKinds) {
    logProgress(`${kind}: creating ${smallCount} accounts, and ${largeCount}`)
    const small = await startSeededService(kind, smallCount)
    const large = await startSeededService(kind, largeCount)

    const results: { small: Times; large: Times }[] = []
    // The first round warms up.
    for (let round = 0; round <= rounds; round += 1) {
      logProgress(`${kind}: round ${round}`)
      results.push({ small: await measureOnce(small), large: await measureOnce(large) })
    }
    results.shift()
    figures.push(...compare(kind, results))

    await Promise.all([small.service.stop(), large.service.stop()])
    await Promise.all([small.sql.close(), large.sql.close()])
    logProgress(`${kind}: clean-up`)
    const [smallMs, largeMs] = [await longestBlockOf(small.url), await longestBlockOf(large.url)]
    figures.push({
      name: `${kind}, clean-up: longest block`,
      value: formatMs(largeMs),
      baseline: formatMs(smallMs),
      goal: atMost(maxBlockMs, largeMs, ' ms'),
    })
  }
  return figures
}

/** As long as a password hash takes. */
const maxBlockMs = 25

function compare(kind: DatabaseKind, results: { small: Times; large: Times }[]): Figure[] {
  return (['signIn', 'read', 'turnOff'] as const).map((name) => {
    const ratio = median(results.map(({ small, large }) => large[name] / small[name]))
    return {
      name: `${kind}, ${label[name]}: a million / a thousand`,
      value: formatMs(median(results.map(({ large }) => large[name]))),
      baseline: formatMs(median(results.map(({ small }) => small[name]))),
      ratio: formatRatio(ratio),
      goal: atMost(1.2, ratio),
    }
  })
}

const label = { signIn: 'sign-in without its hash', read: 'read', turnOff: 'turn-off' }

type Times = Record<keyof typeof label, number>

async function startSeededService(kind: DatabaseKind, count: number): Promise<SeededService> {
  const url = await createDatabase(kind)
  const start = () => startLatchkey(undefined, { url })
  const first = await start()
  const [account] = await createAccounts(first, 1)
  if (!account) throw new Error('No account was created.')
  // Until its messages are sent.
  await sleep(1000)
  await first.stop()

  const sql = await openSql(url)
  await seedAccounts(sql, count)
  const sample = await sql.run(
    `with recursive numbers (i) as (
       select cast(1 as bigint) union all
       select i + ${count / sampleSize} from numbers where i + ${count / sampleSize} <= ${count}
     )
     select ${emailOf} as email from numbers`,
  )
  const emails = sample.map(({ email }) => String(email))
  return { url, service: await start(), sql, emails, password: account.password }
}

async function measureOnce({ service, sql, emails, password }: SeededService): Promise<Times> {
  const sample = `email_key in (${emails.map((email) => `'${email}'`)})`
  const [{ password_hash: hash } = {}] = await sql.run('select password_hash from account limit 1')
  const client = await HttpClient.connect(service.port)
  const times = { hash: [], signIn: [], read: [], turnOff: [] } as Record<string, number[]>
  const time = async (name: string, work: () => Promise<unknown>) => {
    times[name]?.push(await measureMs(work))
  }

  await sql.run(`update account set mfa_on_since = null, mfa_epoch = null where ${sample}`)
  const tokens: string[] = []
  for (const email of emails) {
    await time('hash', () => verify(String(hash), password))
    await time('signIn', async () => {
      const body = { email, password }
      const signedIn = await client.expect(200, { method: 'POST', path: '/auth/SignIn', body })
      tokens.push(signedIn.accessToken)
    })
  }
  for (const token of tokens) {
    await time('read', () =>
      client.expect(200, { method: 'GET', path: '/settings/MfaSignIn', token }),
    )
  }
  await sql.run(
    `update account set mfa_on_since = 1, mfa_epoch = last_mfa_epoch, mfa_method = 'authenticator'
     where ${sample}`,
  )
  await sql.run(
    `update session set amr = 'pwd otp mfa'
     where account_id in (select id from account where ${sample})`,
  )
  for (const token of tokens) {
    await time('turnOff', () =>
      client.expect(200, { method: 'DELETE', path: '/settings/MfaSignIn', token }),
    )
  }
  client.close()

  const { hash: hashes = [], signIn = [], read = [], turnOff = [] } = times
  return {
    signIn: median(signIn) - median(hashes),
    read: median(read),
    turnOff: median(turnOff),
  }
}

/** The longest time, in milliseconds, for which the clean-up answers no request. */
async function longestBlockOf(url: string): Promise<number> {
  const db = openDatabase(url)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await cleanUp(db, transactionOn(db))
  delay.disable()
  await db.destroy()
  return delay.max / 1e6
}
