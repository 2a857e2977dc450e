/** A browser that an application sends here: it follows redirects, and calls what our pages call. */
import assert from 'node:assert/strict'
import type { ApiResponse, TestLatchkey } from './latchkey.ts'
import type { Owner } from './owner.ts'
import { assertMfaRequired, assertSignedIn, assertStatus } from './responses.ts'

interface Cookie {
  name: string
  value: string
  path: string
}

/** Where a navigation ended: at a page of ours, or on the way back to the application. */
export interface Arrival {
  url: URL
  /** Undefined if the address is not ours: nothing is requested there. */
  status: number | undefined
  html: string
}

export class AppBrowser {
  readonly #latchkey: TestLatchkey
  #cookies: Cookie[] = []
  accessToken: string | undefined

  constructor(latchkey: TestLatchkey) {
    this.#latchkey = latchkey
  }

  /** The value of a cookie for every path. */
  cookie(name: string): string | undefined {
    return this.#cookies.find((cookie) => cookie.name === name && cookie.path === '/')?.value
  }

  /** A second browser with the same cookies, as after a copy of its profile. */
  clone(): AppBrowser {
    const copy = new AppBrowser(this.#latchkey)
    copy.#cookies = [...this.#cookies]
    copy.accessToken = this.accessToken
    return copy
  }

  /** Opens an address and follows redirects, up to a page or to another origin. */
  async open(address: URL | string, headers: Record<string, string> = {}): Promise<Arrival> {
    let url = new URL(address, this.#latchkey.origin)
    for (let redirects = 0; redirects < 10; redirects += 1) {
      if (url.origin !== this.#latchkey.origin) return { url, status: undefined, html: '' }
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { accept: 'text/html', cookie: this.#cookieHeader(url.pathname), ...headers },
      })
      this.#store(response.headers, url.pathname)
      const location = response.headers.get('location')
      const html = await response.text()
      if (location === null) return { url, status: response.status, html }
      url = new URL(location, url)
    }
    throw new Error(`${address} redirects without an end.`)
  }

  /** Calls as a page of ours does: with the cookies of this browser, and its access token if there is one. */
  async call(path: string, body: object): Promise<ApiResponse> {
    const response = await this.#latchkey.post(path, body, {
      ...(this.accessToken !== undefined && { token: this.accessToken }),
      headers: {
        origin: this.#latchkey.origin,
        'latchkey-session': 'cookie',
        cookie: this.#cookieHeader(path),
      },
    })
    this.#store(response.headers, path)
    if (response.status === 200) this.accessToken = response.body?.accessToken ?? this.accessToken
    return response
  }

  /**
   * Signs in with every factor that the service requires.
   *
   * @param rememberDevice lets the browser sign in by the password alone from then on
   */
  async signIn(owner: Owner, rememberDevice = false): Promise<void> {
    const { email, password } = owner
    this.accessToken = undefined
    const started = await this.call('/auth/SignIn', { email, password })
    if (started.body.status === 'signedIn') return
    await this.#finish(owner, started, rememberDevice)
  }

  /** Confirms the session, as the step-up dialog does. */
  async reauthenticate(owner: Owner): Promise<void> {
    const started = await this.call('/auth/Reauthenticate', { password: owner.password })
    if (started.body.status !== 'signedIn') await this.#finish(owner, started)
  }

  async #finish(owner: Owner, started: ApiResponse, rememberDevice = false): Promise<void> {
    const { mfaToken, mfaMethod } = assertMfaRequired(started)
    assert.notEqual(mfaMethod, 'passkey')
    const code = await owner.codeFor(mfaMethod)
    this.accessToken = undefined
    assertSignedIn(await this.call('/auth/SignIn/Mfa', { mfaToken, code, rememberDevice }))
  }

  /** Goes on to the application from the page that asks to sign in. */
  async authorize(arrival: Arrival): Promise<Arrival> {
    assert.equal(arrival.url.pathname, '/signin', `${arrival.url}`)
    const answer = await this.call('/auth/Authorization', { interaction: interactionOf(arrival) })
    return this.open(assertStatus(answer, 200).body.redirectTo)
  }

  /** Answers the page that asks for permission. */
  async consent(arrival: Arrival, allowed = true): Promise<Arrival> {
    assert.equal(arrival.url.pathname, '/consent', `${arrival.url}`)
    const answer = await this.call('/auth/Authorization/Consent', {
      interaction: interactionOf(arrival),
      allowed,
    })
    return this.open(assertStatus(answer, 200).body.redirectTo)
  }

  /** Answers the page that asks to sign out. @returns where it leads; undefined if it is refused */
  async confirmSignOut(fields: Record<string, string>): Promise<string | undefined> {
    const path = '/oidc/logout/confirm'
    const response = await fetch(this.#latchkey.origin + path, {
      method: 'POST',
      headers: { accept: 'application/json', cookie: this.#cookieHeader(path) },
      body: new URLSearchParams(fields),
    })
    this.#store(response.headers, path)
    const { redirectTo } = JSON.parse(await response.text())
    return redirectTo
  }

  #cookieHeader(pathname: string): string {
    return this.#cookies
      .filter(({ path }) => path === '/' || pathname === path || pathname.startsWith(`${path}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  #store(headers: Headers, pathname: string): void {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/; ?/)
      const at = pair.indexOf('=')
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
      const path = attributes.find((text) => /^path=/i.test(text))?.slice(5) ?? pathname
      this.#cookies = this.#cookies.filter((old) => old.name !== name || old.path !== path)
      const isRemoved = attributes.some((text) =>
        /^(max-age=0|expires=Thu, 01 Jan 1970.*)$/i.test(text),
      )
      if (!isRemoved && value !== '') this.#cookies.push({ name, value, path })
    }
  }
}

/** The id of what a page of ours waits for. */
export function interactionOf({ url }: Arrival): string {
  return url.searchParams.get('interaction') ?? ''
}
