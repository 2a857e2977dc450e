import { hasApps } from '../apps/app.ts'
import type { Oidc, OidcDeps } from './oidc.ts'

/**
 * Loads the provider with the first request after an application was registered, on every node without a
 * restart. Until then none of its code is loaded.
 *
 * @returns a function that returns undefined while there is no application
 */
export function createOidcLoader(deps: OidcDeps): () => Promise<Oidc | undefined> {
  const { db, signingKeys } = deps
  let loading: Promise<Oidc> | undefined

  async function load(): Promise<Oidc> {
    const { createOidc } = await import('./provider/create-oidc.ts')
    // The command that registered the application has made the key of ID tokens.
    if (signingKeys.idTokenKeys().length === 0) await signingKeys.sync()
    return createOidc(deps)
  }

  return async () => {
    if (!(await hasApps(db))) return undefined
    loading ??= load().catch((error) => {
      loading = undefined
      throw error
    })
    return loading
  }
}
