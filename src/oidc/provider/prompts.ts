import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import type { Db } from '../../store/open.ts'
import { isTrusted } from './consents.ts'

/** When a person has to act before going on to the application. */
export function createPolicy(db: Db) {
  const { base, Check } = interactionPolicy
  const policy = base()

  policy
    .get('login')
    ?.checks.add(
      new Check(
        'acr_values',
        'a stronger sign-in is required',
        ({ oidc }: KoaContextWithOIDC) =>
          !oidc.result?.login && !satisfiesAcr(oidc.params?.acr_values, oidc.session?.acr),
      ),
    )

  const consent = policy.get('consent')
  // Others on the same machine could take the place of an application that has no secret (RFC 8252 §8.6).
  consent?.checks.remove('native_client_prompt')
  consent?.checks.add(
    new Check('native_client', 'native clients ask each time', async ({ oidc }) => {
      const { client, result } = oidc
      if (client?.applicationType !== 'native' || result?.consent) return false
      return !(await isTrusted(db, client.clientId))
    }),
  )
  return policy
}

/**
 * Whether a sign-in of this strength satisfies `acr_values` (OpenID Connect Core §3.1.2.1). Unknown values
 * ask for nothing, and a stronger sign-in satisfies those who accept a weaker one.
 */
export function satisfiesAcr(acrValues: unknown, acr: string | undefined): boolean {
  const wanted = typeof acrValues === 'string' ? acrValues.split(' ') : []
  return !wanted.includes('aal2') || wanted.includes('aal1') || acr === 'aal2'
}
