import { verify } from '@node-rs/argon2'
import { Caller, timed } from '../support/caller.ts'
import { crowd } from '../support/crowd.ts'
import { median } from '../support/load.ts'
import { change, makePeople } from '../support/people.ts'
import { type Service, startLatchkey } from '../support/process.ts'
import { storedHash } from '../support/raw.ts'
import { atMost, type Figure, ms, times } from '../support/table.ts'

const few = 1000
const many = 1_000_000

/** How many of them are tried, spread over all. */
const tried = 100

interface Crowd {
  service: Service
  emails: string[]
  password: string
}

/** Whether a million accounts make anything slower than a thousand: one caller, median times. */
export async function million(rounds: number, say: (what: string) => void): Promise<Figure[]> {
  say(`making ${few} accounts, and ${many}`)
  const [small, large] = [await makeCrowd(few), await makeCrowd(many)]

  const found: { small: Times; large: Times }[] = []
  // The first one warms up.
  for (let round = 0; round <= rounds; round += 1) {
    say(`round ${round}`)
    found.push({ small: await tryOut(small), large: await tryOut(large) })
  }
  found.shift()
  await Promise.all([small.service.stop(), large.service.stop()])

  return (['signIn', 'read', 'turnOff'] as const).map((name) => {
    const ratio = median(found.map((round) => round.large[name] / round.small[name]))
    return {
      name: `${label[name]}: a million accounts / a thousand`,
      value: ms(median(found.map((round) => round.large[name]))),
      limit: ms(median(found.map((round) => round.small[name]))),
      ratio: times(ratio),
      goal: atMost(1.2, ratio),
    }
  })
}

const label = { signIn: 'sign-in without its hash', read: 'read', turnOff: 'turn-off' }

type Times = Record<keyof typeof label, number>

async function makeCrowd(count: number): Promise<Crowd> {
  const first = await startLatchkey()
  const [person] = await makePeople(first, 1)
  await first.stop()
  if (!person) throw new Error('Nobody was made.')
  const emails = crowd(first.database, count)
  const service = await startLatchkey(first.database)
  const step = Math.floor(count / tried)
  return { service, emails: emails.filter((_, i) => i % step === 0), password: person.password }
}

async function tryOut({ service, emails, password }: Crowd): Promise<Times> {
  const stored = storedHash(service.database)
  const caller = await Caller.connect(service.port)
  const found = { hash: [], signIn: [], read: [], turnOff: [] } as Record<string, number[]>
  const time = async (name: string, work: () => Promise<unknown>) => {
    found[name]?.push(await timed(work))
  }

  change(service.database, 'update account set mfa_on_since = null where mfa_on_since is not null')
  const tokens: string[] = []
  for (const email of emails) {
    await time('hash', () => verify(stored, password))
    await time('signIn', async () => {
      const body = { email, password }
      const answer = await caller.expect(200, { method: 'POST', path: '/auth/SignIn', body })
      tokens.push(answer.accessToken)
    })
  }
  for (const token of tokens) {
    await time('read', () =>
      caller.expect(200, { method: 'GET', path: '/settings/MfaSignIn', token }),
    )
  }
  change(
    service.database,
    `update account set mfa_on_since = 1, mfa_method = 'authenticator'
     where id in (select account_id from session where amr = 'pwd');
     update session set amr = 'pwd otp mfa' where amr = 'pwd'`,
  )
  for (const token of tokens) {
    await time('turnOff', () =>
      caller.expect(200, { method: 'DELETE', path: '/settings/MfaSignIn', token }),
    )
  }
  caller.close()

  const { hash = [], signIn = [], read = [], turnOff = [] } = found
  return {
    signIn: median(signIn) - median(hash),
    read: median(read),
    turnOff: median(turnOff),
  }
}
