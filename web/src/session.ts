import { createLatchkey } from '../../client/latchkey.ts'
import { config } from './config.ts'

// Who is signed in in this browser. The refresh token is in a cookie that no script can read; the
// access token is in memory, and shared with the other tabs.

interface Tokens {
  accessToken: string
  /** Milliseconds since 1970. */
  refreshAt: number
  /** They can do nothing but set MFA up. */
  mfaSetUpRequired: boolean
}

type TabMessage = { type: 'tokens'; tokens: Tokens } | { type: 'signedOut' }

let tokens: Tokens | undefined
const otherTabs = new BroadcastChannel('latchkey')
otherTabs.onmessage = ({ data }: MessageEvent<TabMessage>) => {
  if (data.type === 'tokens') {
    tokens = data.tokens
  } else if (tokens) {
    tokens = undefined
    location.assign('/signin')
  }
}

/** Has the service keep refresh and device tokens in cookies, and speak this page's language. */
const headers = { 'latchkey-session': 'cookie', 'accept-language': config.language }

/** An answer may bring cookies: it is waited for even if its page is closed meanwhile. */
const fetchKeepalive: typeof fetch = (input, init) => fetch(input, { ...init, keepalive: true })

/** For whoever is not signed in yet. */
export const guest = createLatchkey({ baseUrl: '', headers, fetch: fetchKeepalive })

/** For whoever is: each call has an access token that is good for a while longer. */
export const latchkey = createLatchkey({
  baseUrl: '',
  headers,
  token: accessToken,
  fetch: fetchKeepalive,
})

/** Keeps what a sign-in gave, for all tabs. */
export function storeTokens(signedIn: {
  accessToken: string
  expiresIn: number
  mfaSetUpRequired?: true
}): void {
  const { accessToken, expiresIn, mfaSetUpRequired = false } = signedIn
  // A little before it expires, so that it does not on its way.
  tokens = { accessToken, refreshAt: Date.now() + (expiresIn - 20) * 1000, mfaSetUpRequired }
  otherTabs.postMessage({ type: 'tokens', tokens } satisfies TabMessage)
}

/** An access token; undefined if nobody is signed in. */
export async function accessToken(): Promise<string | undefined> {
  if (isFresh(tokens)) return tokens.accessToken
  if (!tokens && !config.mayBeSignedIn) return undefined
  // One tab at a time: a refresh token is good for one use.
  return navigator.locks.request('latchkey-refresh', async () => {
    if (isFresh(tokens)) return tokens.accessToken
    const result = await guest.auth.refresh.post({})
    if (!result.ok) return undefined
    storeTokens(result.data)
    return result.data.accessToken
  })
}

/** Another access token, because this one is refused, or can do too little. @returns whether there is one */
export async function refreshTokens(): Promise<boolean> {
  if (tokens) tokens = { ...tokens, refreshAt: 0 }
  return (await accessToken()) !== undefined
}

/** Whether whoever is signed in must set up a second step before anything else. */
export function mustSetUpMfa(): boolean {
  return tokens?.mfaSetUpRequired ?? false
}

function isFresh(candidate: Tokens | undefined): candidate is Tokens {
  return candidate !== undefined && candidate.refreshAt > Date.now()
}

/** Nobody is signed in any more, in no tab. */
export function clearTokens(): void {
  tokens = undefined
  otherTabs.postMessage({ type: 'signedOut' } satisfies TabMessage)
}

/** Signs out in every tab. @returns what the service said, unless that worked */
export async function signOut() {
  const result = await latchkey.auth.signOut.post()
  // Where there is no session any more, that is all that was wanted.
  if (!result.ok && result.status !== 401) return result
  clearTokens()
  location.assign('/signin')
  return undefined
}
