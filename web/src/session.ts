import { createLatchkey, type SignedIn } from '../../client/latchkey.ts'
import { config } from './config.ts'
import { hideRetry, showRetry } from './retry-notice.ts'

// The session of this browser. The refresh token is in a cookie that no script can read; the access
// token is in memory and shared with the other tabs.

interface Tokens {
  accessToken: string
  /** The account that the tab shows. */
  account: string
  /** Milliseconds since 1970. */
  refreshAt: number
  /** The access token only allows setting up MFA. */
  mfaSetUpRequired: boolean
}

type TabMessage = { type: 'tokens'; tokens: Tokens } | { type: 'signedOut' }

let tokens: Tokens | undefined
const otherTabs = new BroadcastChannel('latchkey')
otherTabs.onmessage = ({ data }: MessageEvent<TabMessage>) => {
  if (data.type === 'tokens') {
    if (tokens && tokens.account !== data.tokens.account) showOtherAccount()
    else tokens = data.tokens
  } else if (tokens) {
    tokens = undefined
    location.assign('/signin')
  }
}

/** Puts refresh and device tokens into cookies, and messages into the page's language. */
const headers = { 'latchkey-session': 'cookie', 'accept-language': config.language }

/** The browser completes each request, even if the page is closed, and stores its cookies. */
const fetchKeepalive: typeof fetch = (input, init) => fetch(input, { ...init, keepalive: true })

/** The client without an access token. */
export const guest = createLatchkey({ baseUrl: '', headers, fetch: fetchKeepalive })

/** The client with an access token, which is refreshed before it expires. */
export const latchkey = createLatchkey({
  baseUrl: '',
  headers,
  token: getAccessToken,
  fetch: fetchKeepalive,
})

/** Stores the tokens of a completed sign-in or refresh, in every tab. */
export function storeTokens(signedIn: SignedIn): void {
  const { accessToken, expiresIn, mfaSetUpRequired = false } = signedIn
  // Refresh early, so that the token does not expire in transit.
  tokens = {
    accessToken,
    account: subjectOf(accessToken),
    refreshAt: Date.now() + (expiresIn - 20) * 1000,
    mfaSetUpRequired,
  }
  otherTabs.postMessage({ type: 'tokens', tokens } satisfies TabMessage)
}

let refreshing: Promise<string | undefined> | undefined

/** An access token, as soon as the service issues one; undefined when signed out. */
export async function getAccessToken(): Promise<string | undefined> {
  if (!tokens && !config.mayBeSignedIn) return undefined
  const fresh = freshAccessToken()
  if (fresh !== undefined) return fresh
  refreshing ??= refreshUntilAnswered().finally(() => {
    refreshing = undefined
  })
  return refreshing
}

/** Whether somebody is signed in. Tries once, because a guest’s page works without the answer. */
export async function isSignedIn(): Promise<boolean> {
  if (config.mayBeSignedIn) await refresh()
  return freshAccessToken() !== undefined
}

/** Repeats a refresh that failed: it says nothing about the session, so its page stays. */
async function refreshUntilAnswered(): Promise<string | undefined> {
  let backoffSeconds = 1
  for (let failed = await refresh(); failed; failed = await refresh()) {
    const { retryAfter = backoffSeconds } = failed.problem
    showRetry(failed.problem, retryAfter)
    await new Promise((resolve) => setTimeout(resolve, retryAfter * 1000))
    backoffSeconds = Math.min(2 * backoffSeconds, 30)
  }
  hideRetry()
  return freshAccessToken()
}

/** @returns the error response, unless the session was refreshed or has ended */
function refresh() {
  // One tab refreshes for all: a tab that came late with a token of before would end the session.
  return navigator.locks.request('latchkey-refresh', async () => {
    if (freshAccessToken() !== undefined) return undefined
    // The tabs share one cookie, and somebody may have signed in to another account in one of them.
    const result = await guest.auth.refresh.post({ account: tokens?.account })
    if (result.ok) storeTokens(result.data)
    else if (result.problem.code === 'another_account') return showOtherAccount()
    return result.ok || result.status === 401 ? undefined : result
  })
}

/** The `sub` claim of a JWT. */
function subjectOf(accessToken: string): string {
  const [, claims = ''] = accessToken.split('.')
  return JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))).sub
}

const otherAccountKey = 'latchkey-other-account'

/** Reloads the page, so that nobody acts with one account while it shows another. Never settles. */
function showOtherAccount(): Promise<never> {
  sessionStorage.setItem(otherAccountKey, 'shown')
  location.reload()
  return new Promise(() => {})
}

/** Whether the page was reloaded because another account is signed in. True once. */
export function wasOtherAccount(): boolean {
  const wasOther = sessionStorage.getItem(otherAccountKey) !== null
  sessionStorage.removeItem(otherAccountKey)
  return wasOther
}

/** Replaces an access token that is invalid or allows too little. @returns false when signed out */
export async function refreshTokens(): Promise<boolean> {
  if (tokens) tokens = { ...tokens, refreshAt: 0 }
  return (await getAccessToken()) !== undefined
}

/** Whether the session only allows setting up MFA. */
export function mustSetUpMfa(): boolean {
  return tokens?.mfaSetUpRequired ?? false
}

function freshAccessToken(): string | undefined {
  return tokens && tokens.refreshAt > Date.now() ? tokens.accessToken : undefined
}

/** Discards the access token, in every tab. */
export function clearTokens(): void {
  tokens = undefined
  otherTabs.postMessage({ type: 'signedOut' } satisfies TabMessage)
}

/** Signs out in every tab. @returns the error response if that failed */
export async function signOut() {
  const result = await latchkey.auth.signOut.post()
  // 401: the session has already ended.
  if (!result.ok && result.status !== 401) return result
  clearTokens()
  location.assign('/signin')
  return undefined
}
