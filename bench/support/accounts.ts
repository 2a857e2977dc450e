import { DatabaseSync } from 'node:sqlite'
import { Secret, TOTP } from 'otpauth'
import type { HttpClient } from './http-client.ts'
import { runClosedLoop, withClients } from './load.ts'
import type { Service } from './process.ts'

/** An account with an authenticator app. */
export interface BenchAccount {
  email: string
  password: string
  /** The access token of a session that counts as signed in with MFA. */
  token: string
  secret: string
}

/** Creates accounts over HTTP, as people do, and turns MFA on for each. */
export async function createAccounts(service: Service, count: number): Promise<BenchAccount[]> {
  const accounts: BenchAccount[] = []
  await withClients(service.port, (clients) =>
    runClosedLoop(clients, Array.from({ length: count }).keys(), async (client, i) => {
      const email = `person-${i}@example.com`
      accounts.push(await signUp(client, email, `the long password of ${email}`))
    }),
  )
  return accounts
}

async function signUp(client: HttpClient, email: string, password: string): Promise<BenchAccount> {
  const { signUpToken } = await client.expectPatiently(202, {
    method: 'POST',
    path: '/auth/SignUp',
    body: { email, password },
  })
  const { messages } = await client.expectPatiently(200, {
    method: 'GET',
    path: `/dev/Messages?to=${encodeURIComponent(email)}`,
  })
  const code = /\b[0-9]{6}\b/.exec(messages[0].text)?.[0]
  const signedIn = await client.expectPatiently(201, {
    method: 'POST',
    path: '/auth/SignUp/Verify',
    body: { signUpToken, code },
  })
  const token: string = signedIn.accessToken
  const { secret } = await client.expectPatiently(200, {
    method: 'POST',
    path: '/settings/MfaSecret',
    token,
  })
  await client.expectPatiently(200, {
    method: 'POST',
    path: '/settings/MfaSignIn',
    token,
    body: { mfaMethod: 'authenticator', code: totpCode(secret) },
  })
  return { email, password, token, secret }
}

/** The code that an authenticator app shows now. */
export function totpCode(secret: string): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate()
}

/** Turns MFA on for all accounts, and marks every code as unused. */
export const turnMfaOn = `
  update account set mfa_on_since = 1, mfa_method = 'authenticator',
    mfa_epoch = (select mfa_epoch from totp_secret where account_id = account.id)
  where mfa_on_since is null;
  update totp_secret set last_step = null where last_step is not null`

/** Turns MFA on for all accounts, directly in the database. */
export function turnMfaOnForAll(database: string): void {
  runSql(database, turnMfaOn)
}

export function turnMfaOffForAll(database: string): void {
  runSql(
    database,
    'update account set mfa_on_since = null, mfa_epoch = null where mfa_on_since is not null',
  )
}

export function runSql(database: string, sql: string): void {
  const db = new DatabaseSync(database, { timeout: 5000 })
  db.exec(sql)
  db.close()
}

/** Copies a database, even while it is in use. */
export function copyDatabase(database: string, to: string): string {
  const db = new DatabaseSync(database, { timeout: 5000 })
  db.prepare('vacuum into ?').run(to)
  db.close()
  return to
}
