import { config } from './config.ts'
import { mustSetUpMfa } from './session.ts'

/** A page of ours, which goes on to the same place afterwards. */
export function withReturnTo(path: string): string {
  const { returnTo } = config
  return returnTo === null ? path : `${path}?returnTo=${encodeURIComponent(returnTo)}`
}

/** Where whoever is signed in wanted to go; to set up a second step first, if they must. */
export function redirectAfterSignIn(): Promise<never> {
  return navigateTo(mustSetUpMfa() ? withReturnTo('/security') : (config.returnTo ?? '/security'))
}

/** Never settles: what waits for it stays busy until the next page is there. */
export function navigateTo(url: string): Promise<never> {
  location.assign(url)
  return new Promise(() => {})
}

// Whoever comes back finds the page afresh, not as it was left, waiting.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload()
})
