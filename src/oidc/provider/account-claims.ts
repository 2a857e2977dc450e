import type { Account } from 'oidc-provider'
import type { Db } from '../../store/open.ts'

/** The claims of each scope (OpenID Connect Core §5.4). Every ID token says how its owner signed in. */
export const claimsByScope = {
  openid: ['sub', 'sid', 'auth_time', 'amr', 'acr'],
  email: ['email', 'email_verified'],
}

/** The scopes that applications can ask for. */
export const scopes: readonly string[] = Object.keys(claimsByScope)

/** The claims of an account; undefined if it is deleted or suspended. */
export async function findAccount(db: Db, id: string): Promise<Account | undefined> {
  const account = await db
    .selectFrom('account')
    .select('email')
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .where('suspended_since', 'is', null)
    .executeTakeFirst()
  if (!account) return undefined
  const { email } = account
  return {
    accountId: id,
    // An account begins with the proof of its address, and each change of it needs one.
    claims: async () => ({ sub: id, email, email_verified: true }),
  }
}
