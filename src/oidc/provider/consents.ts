import type { Grant, KoaContextWithOIDC } from 'oidc-provider'
import { findApp } from '../../apps/app.ts'
import { now } from '../../lib/clock.ts'
import type { Db } from '../../store/open.ts'
import { scopes } from './account-claims.ts'

/**
 * The grant of this session to the application. An owner’s permission holds for every session; the
 * operator’s own applications need none.
 *
 * @returns undefined if nothing is granted
 */
export async function loadGrant(db: Db, ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { oidc } = ctx
  const { client, session, account, provider } = oidc
  if (!client || !session || !account) return undefined
  const { clientId } = client
  const grantId = session.grantIdFor(clientId)
  const stored = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const requested = [...oidc.requestParamOIDCScopes]
  const allowed = (await isTrusted(db, clientId))
    ? requested
    : (await readConsent(db, account.accountId, clientId)).filter((name) =>
        requested.includes(name),
      )
  const granted = new Set(stored?.getOIDCScope().split(' '))
  if (allowed.every((name) => granted.has(name))) return stored

  const grant = stored ?? new provider.Grant({ accountId: account.accountId, clientId })
  grant.addOIDCScope(allowed.join(' '))
  await grant.save()
  return grant
}

export async function isTrusted(db: Db, clientId: string): Promise<boolean> {
  const app = await findApp(db, clientId)
  return app?.trusted_since != null
}

/** The scopes that an owner has allowed an application. */
export async function readConsent(db: Db, account: string, app: string): Promise<string[]> {
  const consent = await db
    .selectFrom('app_consent')
    .select('scope')
    .where('account_id', '=', account)
    .where('app_id', '=', app)
    .executeTakeFirst()
  return consent?.scope.split(' ') ?? []
}

/** Keeps what an owner allows an application, beside what was allowed before. */
export async function addConsent(
  db: Db,
  { account, app, scope }: { account: string; app: string; scope: readonly string[] },
): Promise<void> {
  const before = await readConsent(db, account, app)
  const row = { scope: [...new Set([...before, ...scope])].join(' '), granted_at: now() }
  await db
    .insertInto('app_consent')
    .values({ account_id: account, app_id: app, ...row })
    .onConflict((conflict) => conflict.columns(['account_id', 'app_id']).doUpdateSet(row))
    .execute()
}

/** The requested scopes that exist. Others are ignored (RFC 6749 §3.3). */
export function knownScopes(requested: unknown): string[] {
  const names = typeof requested === 'string' ? requested.split(' ') : []
  return scopes.filter((name) => names.includes(name))
}
