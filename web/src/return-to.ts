import { config } from './config.ts'
import { mustSetUpMfa } from './session.ts'

/** The path of another page of the service, with the `returnTo` of this one. */
export function withReturnTo(path: string): string {
  const { returnTo } = config
  return returnTo === null ? path : `${path}?returnTo=${encodeURIComponent(returnTo)}`
}

/** Opens `returnTo`, else the security page; if MFA must be set up, the security page first. */
export function redirectAfterSignIn(): Promise<never> {
  return navigateTo(mustSetUpMfa() ? withReturnTo('/security') : (config.returnTo ?? '/security'))
}

/** Never settles, so a button that awaits it stays busy until the next page has loaded. */
export function navigateTo(url: string): Promise<never> {
  location.assign(url)
  return new Promise(() => {})
}

// A page from the back/forward cache would still be busy, so it is reloaded.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})
