import { verify } from '@node-rs/argon2'
import { createAccounts, runSql } from '../support/accounts.ts'
import { HttpClient, measureMs } from '../support/http-client.ts'
import { median } from '../support/load.ts'
import { type Service, startLatchkey } from '../support/process.ts'
import { readPasswordHash } from '../support/raw-baselines.ts'
import { seedAccounts } from '../support/seed-accounts.ts'
import { atMost, type Figure, formatMs, formatRatio } from '../support/table.ts'

const smallCount = 1000
const largeCount = 1_000_000

/** How many accounts are measured, spread evenly. */
const sampleSize = 100

interface SeededService {
  service: Service
  emails: string[]
  password: string
}

/** Compares a million accounts with a thousand: one client, median times. */
export async function millionAccounts(
  rounds: number,
  logProgress: (message: string) => void,
): Promise<Figure[]> {
  logProgress(`creating ${smallCount} accounts, and ${largeCount}`)
  const [small, large] = [
    await startSeededService(smallCount),
    await startSeededService(largeCount),
  ]

  const results: { small: Times; large: Times }[] = []
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    logProgress(`round ${round}`)
    results.push({ small: await measureOnce(small), large: await measureOnce(large) })
  }
  results.shift()
  await Promise.all([small.service.stop(), large.service.stop()])

  return (['signIn', 'read', 'turnOff'] as const).map((name) => {
    const ratio = median(results.map((round) => round.large[name] / round.small[name]))
    return {
      name: `${label[name]}: a million accounts / a thousand`,
      value: formatMs(median(results.map((round) => round.large[name]))),
      baseline: formatMs(median(results.map((round) => round.small[name]))),
      ratio: formatRatio(ratio),
      goal: atMost(1.2, ratio),
    }
  })
}

const label = { signIn: 'sign-in without its hash', read: 'read', turnOff: 'turn-off' }

type Times = Record<keyof typeof label, number>

async function startSeededService(count: number): Promise<SeededService> {
  const first = await startLatchkey()
  const [account] = await createAccounts(first, 1)
  await first.stop()
  if (!account) throw new Error('No account was created.')
  const emails = seedAccounts(first.database, count)
  const service = await startLatchkey(first.database)
  const step = Math.floor(count / sampleSize)
  return { service, emails: emails.filter((_, i) => i % step === 0), password: account.password }
}

async function measureOnce({ service, emails, password }: SeededService): Promise<Times> {
  const passwordHash = readPasswordHash(service.database)
  const client = await HttpClient.connect(service.port)
  const times = { hash: [], signIn: [], read: [], turnOff: [] } as Record<string, number[]>
  const time = async (name: string, work: () => Promise<unknown>) => {
    times[name]?.push(await measureMs(work))
  }

  runSql(service.database, 'update account set mfa_on_since = null where mfa_on_since is not null')
  const tokens: string[] = []
  for (const email of emails) {
    await time('hash', () => verify(passwordHash, password))
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
  runSql(
    service.database,
    `update account set mfa_on_since = 1, mfa_method = 'authenticator'
     where id in (select account_id from session where amr = 'pwd');
     update session set amr = 'pwd otp mfa' where amr = 'pwd'`,
  )
  for (const token of tokens) {
    await time('turnOff', () =>
      client.expect(200, { method: 'DELETE', path: '/settings/MfaSignIn', token }),
    )
  }
  client.close()

  const { hash = [], signIn = [], read = [], turnOff = [] } = times
  return {
    signIn: median(signIn) - median(hash),
    read: median(read),
    turnOff: median(turnOff),
  }
}
