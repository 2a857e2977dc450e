/** better-auth (`bench/peers/better-auth`): its installation, its accounts and its calls. */
import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runSql, totpCode } from './accounts.ts'
import type { ApiRequest, HttpClient } from './http-client.ts'
import { runClosedLoop, withClients } from './load.ts'
import { betterAuthFolder, type Service, startBetterAuth } from './process.ts'

export interface Account {
  email: string
  password: string
  /** The cookie of its session, which changes when two-factor sign-in is turned on or off. */
  cookie: string | undefined
}

/** Installs the version of the lockfile, unless it is there. */
export function install(): void {
  const installed = join(betterAuthFolder, 'node_modules/.package-lock.json')
  const wanted = join(betterAuthFolder, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs > statSync(wanted).mtimeMs) return
  execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: betterAuthFolder, stdio: 'inherit' })
}

export { startBetterAuth as start }

/** Creates accounts over HTTP, and turns two-factor sign-in on for each. */
export async function createAccounts(service: Service, count: number): Promise<Account[]> {
  const accounts: Account[] = []
  await withClients(service.port, (clients) =>
    runClosedLoop(clients, Array.from({ length: count }).keys(), async (client, i) => {
      const email = `person-${i}@example.com`
      accounts.push(await signUp(client, email, `the long password of ${email}`))
    }),
  )
  runSql(service.database, 'create table enrolled as select * from twoFactor')
  return accounts
}

async function signUp(client: HttpClient, email: string, password: string): Promise<Account> {
  const account: Account = { email, password, cookie: undefined }
  await call(client, account, '/sign-up/email', { name: email, email, password })
  const { totpURI } = await call(client, account, '/two-factor/enable', { password })
  const secret = new URL(totpURI).searchParams.get('secret') ?? ''
  await call(client, account, '/two-factor/verify-totp', { code: totpCode(secret) })
  return account
}

export function signIn(client: HttpClient, { email, password }: Account) {
  return call(client, undefined, '/sign-in/email', { email, password })
}

/** Reads the session and its user. */
export function read(client: HttpClient, account: Account) {
  return call(client, account, '/get-session')
}

export function turnOff(client: HttpClient, account: Account) {
  return call(client, account, '/two-factor/disable', { password: account.password })
}

/** Turns two-factor sign-in on for all accounts, directly in the database. */
export function turnAllOn(database: string): void {
  runSql(
    database,
    'update user set twoFactorEnabled = 1; insert or ignore into twoFactor select * from enrolled',
  )
}

export function turnAllOff(database: string): void {
  runSql(database, 'update user set twoFactorEnabled = 0; delete from twoFactor')
}

/** Calls as an account, whose cookie it keeps up to date. */
async function call(
  client: HttpClient,
  account: Account | undefined,
  path: string,
  body?: object,
): Promise<Awaited<ReturnType<HttpClient['expect']>>> {
  const request: ApiRequest = {
    method: body ? 'POST' : 'GET',
    path: `/api/auth${path}`,
    ...(account?.cookie && { cookie: account.cookie }),
    ...(body && { body }),
  }
  const response = await client.send(request)
  if (response.status !== 200 || response.body === null) {
    throw new Error(`${path}: ${response.status} ${JSON.stringify(response.body)}`)
  }
  if (account && response.cookie) account.cookie = response.cookie
  return response.body
}
