import { createAccounts, turnMfaOffForAll, turnMfaOnForAll } from '../support/accounts.ts'
import * as betterAuth from '../support/better-auth.ts'
import type { HttpClient } from '../support/http-client.ts'
import { loadService, median, repeatFor, runOpenLoop, withClients } from '../support/load.ts'
import { newDatabasePath, type Service, startLatchkey } from '../support/process.ts'
import {
  atMost,
  type Figure,
  formatMb,
  formatMs,
  formatRate,
  formatRatio,
} from '../support/table.ts'

const accountCount = 200
const durationMs = 2500
const mixedLoadMs = 4000
const readsPerSecond = 100

/** A service with accounts, and its calls for what every peer can do. */
interface Contender<Account> {
  service: Service
  accounts: Account[]
  start(database: string): Promise<Service>
  signIn(client: HttpClient, account: Account): Promise<unknown>
  /** Reads who is signed in. */
  read(client: HttpClient, account: Account): Promise<unknown>
  turnOff(client: HttpClient, account: Account): Promise<unknown>
  turnAllOn(): void
  turnAllOff(): void
}

/** Compares Latchkey with better-auth: the same load on the same cores, one after the other. */
export async function comparePeers(
  rounds: number,
  logProgress: (message: string) => void,
): Promise<Figure[]> {
  betterAuth.install()
  logProgress(`creating ${accountCount} accounts in Latchkey, and in better-auth`)
  const contenders = { latchkey: await startLatchkeyContender(), peer: await startPeer() }
  const idle = await forBoth(contenders, async ({ service }) => service.residentMb())

  const results: { latchkey: Results; peer: Results }[] = []
  for (let round = 1; round <= rounds; round += 1) {
    logProgress(`round ${round}`)
    results.push(await forBoth(contenders, measure))
  }
  const loaded = await forBoth(contenders, async ({ service }) => service.residentMb())
  await forBoth(contenders, ({ service }) => service.stop())

  const figure = (name: string, key: keyof Results, format: (value: number) => string): Figure => ({
    name,
    value: format(median(results.map(({ latchkey }) => latchkey[key]))),
    baseline: format(median(results.map(({ peer }) => peer[key]))),
    ratio: formatRatio(median(results.map(({ latchkey, peer }) => latchkey[key] / peer[key]))),
  })
  const p99Ratio = median(results.map(({ latchkey, peer }) => latchkey.p99 / peer.p99))
  const memory = (name: string, { latchkey, peer }: Record<keyof typeof contenders, number>) => ({
    name,
    value: formatMb(latchkey),
    baseline: formatMb(peer),
    ratio: formatRatio(latchkey / peer),
  })
  return [
    figure('sign-ins / better-auth', 'signIns', formatRate),
    figure('reads / better-auth', 'reads', formatRate),
    figure('turn-offs / better-auth, which asks for the password', 'turnOffs', formatRate),
    {
      ...figure('p99 of a read during sign-ins / better-auth', 'p99', formatMs),
      goal: atMost(0.2, p99Ratio),
    },
    figure('start to first response / better-auth', 'startMs', formatMs),
    memory('resident memory, idle / better-auth', idle),
    memory('resident memory, after load / better-auth', loaded),
  ]
}

/** One after the other, so that each has the whole machine. */
async function forBoth<Result>(
  {
    latchkey,
    peer,
  }: {
    latchkey: Awaited<ReturnType<typeof startLatchkeyContender>>
    peer: Awaited<ReturnType<typeof startPeer>>
  },
  work: <Account>(contender: Contender<Account>) => Promise<Result>,
): Promise<{ latchkey: Result; peer: Result }> {
  return { latchkey: await work(latchkey), peer: await work(peer) }
}

type Results = Record<'signIns' | 'reads' | 'turnOffs' | 'p99' | 'startMs', number>

async function measure<Account>(contender: Contender<Account>): Promise<Results> {
  const { service, accounts, signIn, read, turnOff } = contender
  contender.turnAllOff()
  const signIns = await loadService(service, repeatFor(durationMs, accounts), signIn)
  const reads = await loadService(service, repeatFor(durationMs, accounts), read)
  const [{ p99 }] = await Promise.all([
    withClients(service.port, (clients) =>
      runOpenLoop(clients, readsPerSecond, repeatFor(mixedLoadMs, accounts), read),
    ),
    loadService(service, repeatFor(mixedLoadMs, accounts), signIn),
  ])
  contender.turnAllOn()
  const turnOffs = await loadService(service, accounts, turnOff)
  const other = await contender.start(newDatabasePath())
  await other.stop()
  return {
    signIns: signIns.perSecond,
    reads: reads.perSecond,
    turnOffs: turnOffs.perSecond,
    p99,
    startMs: other.startMs,
  }
}

async function startLatchkeyContender() {
  const start = (database?: string) => startLatchkey(database, { rateLimits: 'on' })
  const service = await start()
  return {
    service,
    accounts: await createAccounts(service, accountCount),
    start,
    signIn: (client, { email, password }) =>
      client.expect(200, { method: 'POST', path: '/auth/SignIn', body: { email, password } }),
    read: (client, { token }) =>
      client.expect(200, { method: 'GET', path: '/settings/MfaSignIn', token }),
    turnOff: (client, { token }) =>
      client.expect(200, { method: 'DELETE', path: '/settings/MfaSignIn', token }),
    turnAllOn: () => turnMfaOnForAll(service.database),
    turnAllOff: () => turnMfaOffForAll(service.database),
  } satisfies Contender<Awaited<ReturnType<typeof createAccounts>>[number]>
}

async function startPeer() {
  const service = await betterAuth.start()
  return {
    service,
    accounts: await betterAuth.createAccounts(service, accountCount),
    start: betterAuth.start,
    signIn: betterAuth.signIn,
    read: betterAuth.read,
    turnOff: betterAuth.turnOff,
    turnAllOn: () => betterAuth.turnAllOn(service.database),
    turnAllOff: () => betterAuth.turnAllOff(service.database),
  } satisfies Contender<betterAuth.Account>
}
