import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { minute, now, toIsoString } from '../lib/clock.ts'
import type { Db } from '../store/open.ts'
import type { AppTable } from '../store/schema.ts'
import type { Tx } from '../store/transaction.ts'
import { notifyOwner } from '../undo/credential-change.ts'
import { findApp } from './app.ts'
import { leaveSessions } from './logout/session-app.ts'

/** An application of an account, as its owner sees it. */
export interface AccountApp {
  /** Its client id. */
  id: string
  name: string
  url: string
  since: string
  /** Null before it first used the account. */
  lastUsedAt: string | null
  /** The scopes that it got. */
  scopes: string[]
  trusted: boolean
}

/** How an application came to an account. */
interface Use {
  account: string
  app: string
  scope: readonly string[]
  session: string
  client: Client | null
}

/** The applications of an account, by name. */
export async function listAccountApps(db: Db | Tx, account: string): Promise<AccountApp[]> {
  const rows = await db
    .selectFrom('account_app')
    .innerJoin('app', 'app.id', 'account_app.app_id')
    .select(['app.id', 'name', 'url', 'trusted_since', 'scope', 'since', 'last_used_at'])
    .where('account_id', '=', account)
    .orderBy('name')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    url: row.url,
    since: toIsoString(row.since),
    lastUsedAt: row.last_used_at === null ? null : toIsoString(row.last_used_at),
    scopes: row.scope.split(' '),
    trusted: row.trusted_since !== null,
  }))
}

/**
 * Keeps an owner’s permission for an application, beside what was allowed before. Records what is new,
 * and notifies the owner of an application that the account did not have.
 */
export async function allowApp(tx: Tx, use: Use): Promise<void> {
  const { account, app: id, scope } = use
  const app = await findApp(tx, id)
  if (!app) return
  const isFirst = await addAccountApp(tx, use, null)
  const before = await readConsent(tx, account, id)
  const allowed = { scope: [...new Set([...before, ...scope])].join(' '), granted_at: tx.now() }
  await tx
    .insertInto('app_consent')
    .values({ account_id: account, app_id: id, ...allowed })
    .onConflict((conflict) => conflict.columns(['account_id', 'app_id']).doUpdateSet(allowed))
    .execute()
  if (scope.every((name) => before.includes(name))) return
  await recordAllowed(tx, app, use)
  if (isFirst) await notifyOf(tx, 'app-allowed', app, use)
}

/**
 * Records that an application is about to get the code of a sign-in. Call it in a transaction that
 * commits before the application gets anything: `removeAccountApp` and this wait for each other.
 *
 * @returns false if it is not allowed any more: then it must get nothing
 */
export async function recordAppUse(tx: Tx, use: Use): Promise<boolean> {
  const { account, app: id, scope } = use
  const app = await findApp(tx, id)
  if (!app) return false
  const isFirst = await addAccountApp(tx, use, tx.now())
  if (app.trusted_since === null) {
    const allowed = await readConsent(tx, account, id)
    return scope.every((name) => allowed.includes(name))
  }
  if (isFirst) {
    await recordAllowed(tx, app, use)
    await notifyOf(tx, 'app-first-used', app, use)
  }
  return true
}

/** How precise the time of the last use is: a refresh within it writes nothing. */
const usePrecisionMs = minute

/** Records that an application got another token. */
export async function refreshAppUse(db: Db, account: string, app: string): Promise<void> {
  await db
    .updateTable('account_app')
    .set({ last_used_at: now() })
    .where('account_id', '=', account)
    .where('app_id', '=', app)
    .where('last_used_at', '<', now() - usePrecisionMs)
    .execute()
}

/**
 * Removes an application from an account: permission, grants, codes and tokens end with the commit, and
 * the application learns that its sessions have ended.
 *
 * @returns false if the account does not have it
 */
export async function removeAccountApp(
  tx: Tx,
  { account, app: id, session, client }: Omit<Use, 'scope'>,
): Promise<boolean> {
  // First, because a sign-in to the application waits for this row.
  const { numDeletedRows } = await tx
    .deleteFrom('account_app')
    .where('account_id', '=', account)
    .where('app_id', '=', id)
    .executeTakeFirstOrThrow()
  const app = await findApp(tx, id)
  if (numDeletedRows === 0n || !app) return false
  for (const table of ['app_consent', 'oidc_record'] as const) {
    await tx.deleteFrom(table).where('account_id', '=', account).where('app_id', '=', id).execute()
  }
  await tx
    .deleteFrom('forward_auth_cookie')
    .where('app_id', '=', id)
    .where('session_id', 'in', (query) =>
      query.selectFrom('session').select('id').where('account_id', '=', account),
    )
    .execute()
  await leaveSessions(tx, account, id)
  const detail = { app: id, name: app.name }
  await activity.record(tx, account, { type: 'app.removed', client, session, detail })
  return true
}

/**
 * Removes the applications that were allowed since a change that is undone: perhaps by a thief. Their
 * tokens end with the sessions, which the caller ends.
 *
 * @param since milliseconds since 1970
 */
export async function removeAppsAllowedSince(
  tx: Tx,
  account: string,
  since: number,
): Promise<void> {
  const allowed = await tx
    .deleteFrom('app_consent')
    .where('account_id', '=', account)
    .where('granted_at', '>=', since)
    .returning('app_id')
    .execute()
  const ids = allowed.map(({ app_id }) => app_id)
  await tx
    .deleteFrom('account_app')
    .where('account_id', '=', account)
    .where((row) =>
      row.or([row('since', '>=', since), ...(ids.length > 0 ? [row('app_id', 'in', ids)] : [])]),
    )
    .execute()
}

/** The scopes that an owner has allowed an application. */
export async function readConsent(db: Db | Tx, account: string, app: string): Promise<string[]> {
  const consent = await db
    .selectFrom('app_consent')
    .select('scope')
    .where('account_id', '=', account)
    .where('app_id', '=', app)
    .executeTakeFirst()
  return consent?.scope.split(' ') ?? []
}

/** Adds an application, or scopes to it. @returns whether the account did not have it */
async function addAccountApp(
  tx: Tx,
  { account, app, scope }: Use,
  usedAt: number | null,
): Promise<boolean> {
  const row = { account_id: account, app_id: app, scope: scope.join(' '), since: tx.now() }
  const { numInsertedOrUpdatedRows = 0n } = await tx
    .insertInto('account_app')
    .values({ ...row, last_used_at: usedAt })
    .onConflict((conflict) => conflict.columns(['account_id', 'app_id']).doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows > 0n) return true
  const known = await tx
    .selectFrom('account_app')
    .select('scope')
    .where('account_id', '=', account)
    .where('app_id', '=', app)
    .forUpdate()
    .executeTakeFirstOrThrow()
  await tx
    .updateTable('account_app')
    .set({
      scope: [...new Set([...known.scope.split(' '), ...scope])].join(' '),
      ...(usedAt !== null && { last_used_at: usedAt }),
    })
    .where('account_id', '=', account)
    .where('app_id', '=', app)
    .execute()
  return false
}

function recordAllowed(tx: Tx, app: Pick<AppTable, 'id' | 'name' | 'trusted_since'>, use: Use) {
  const { account, scope, session, client } = use
  const trusted = app.trusted_since !== null
  const detail = { app: app.id, name: app.name, scope: scope.join(' '), trusted }
  return activity.record(tx, account, { type: 'app.allowed', client, session, detail })
}

async function notifyOf(
  tx: Tx,
  template: 'app-allowed' | 'app-first-used',
  app: Pick<AppTable, 'name'>,
  { account: id }: Use,
): Promise<void> {
  const account = await tx
    .selectFrom('account')
    .select(['id', 'email', 'mfa_email'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  await notifyOwner(tx, account, { template, params: { app: app.name, at: tx.now() } })
}
