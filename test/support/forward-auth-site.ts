/** A browser at an application that a reverse proxy protects: the test asks as the proxy does. */
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { AppBrowser } from './app-browser.ts'
import type { TestLatchkey } from './latchkey.ts'

export interface Verified {
  status: number
  headers: Headers
  text: string
  /** Undefined unless it redirects. */
  location: URL | undefined
}

export interface VerifyOptions {
  origin?: string
  method?: string
  headers?: Record<string, string | string[]>
  /** As nginx asks. */
  redirect?: 'false'
  /** The client’s address, which the proxy adds; null: none. */
  forwardedFor?: string | null
}

/** The headers of a browser that opens a page. */
export const navigation = {
  accept: 'text/html',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
}

export class ForwardAuthSite {
  readonly origin: string
  readonly #latchkey: TestLatchkey
  /** The cookies of the application’s host. */
  readonly cookies = new Map<string, string>()

  constructor(latchkey: TestLatchkey, origin: string) {
    this.#latchkey = latchkey
    this.origin = origin
  }

  /** Asks about one request of the browser, which keeps the cookies of the response. */
  async verify(uri: string, options: VerifyOptions = {}): Promise<Verified> {
    const { origin = this.origin, method = 'GET', forwardedFor = '192.0.2.1', redirect } = options
    const url = new URL(origin)
    const path = `/forward-auth/Verify${redirect === undefined ? '' : `?redirect=${redirect}`}`
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await send(this.#latchkey.origin + path, {
      ...(forwardedFor !== null && { 'x-forwarded-for': forwardedFor }),
      'x-forwarded-method': method,
      'x-forwarded-proto': url.protocol.slice(0, -1),
      'x-forwarded-host': url.host,
      'x-forwarded-uri': uri,
      ...(cookie !== '' && { cookie }),
      ...(options.headers ?? navigation),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      this.cookies.set(name, value)
      this.#latchkey.markSecret(value)
    }
    return response
  }

  /** Opens a page, and signs in on the way. @returns the response to the return from there */
  async signIn(browser: AppBrowser, uri = '/'): Promise<Verified> {
    return this.comeBack(await this.startSignIn(browser, uri))
  }

  /** Opens a page, and goes through the sign-in. @returns the address to return to, with a code */
  async startSignIn(browser: AppBrowser, uri = '/'): Promise<URL> {
    const { location, text } = await this.verify(uri)
    if (!location) throw new Error(`No redirect: ${text}`)
    const arrival = await browser.open(location)
    const back = arrival.status === undefined ? arrival : await browser.authorize(arrival)
    return back.url
  }

  comeBack({ pathname, search }: URL): Promise<Verified> {
    return this.verify(pathname + search)
  }
}

/** Sends several lines of a header as such, which `fetch` joins. */
function send(url: string, headers: Record<string, string | string[]>): Promise<Verified> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, agent: false }, async (response) => {
      const received = new Headers()
      const { rawHeaders } = response
      for (let i = 0; i < rawHeaders.length; i += 2) {
        received.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
      }
      const location = received.get('location')
      resolve({
        status: response.statusCode ?? 0,
        headers: received,
        text: await text(response),
        location: location === null ? undefined : new URL(location),
      })
    })
    sent.on('error', reject).end()
  })
}
