import type { Grant, KoaContextWithOIDC } from 'oidc-provider'
import { readConsent } from '../../apps/account-apps.ts'
import { findApp } from '../../apps/app.ts'
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

/** The requested scopes that exist. Others are ignored (RFC 6749 §3.3). */
export function knownScopes(requested: unknown): string[] {
  const names = typeof requested === 'string' ? requested.split(' ') : []
  return scopes.filter((name) => names.includes(name))
}
