/** Debian’s Apache with mod_auth_openidc, and a browser that visits its pages. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import type { AppBrowser, Arrival } from './app-browser.ts'
import { createTempFolder, stopChild, waitUntil } from './process.ts'

const modulesFolder = '/usr/lib/apache2/modules'
const modules =
  'mpm_event authn_core authz_core authz_user auth_openidc env dir mime include proxy proxy_http'.split(
    ' ',
  )

export interface Apache {
  origin: string
  /** The error log so far. */
  readonly log: string
}

/** The reason to skip tests with Apache; false if it is installed, or with `CI=true`. */
export function apacheSkipReason(): string | false {
  if (existsSync(`${modulesFolder}/mod_auth_openidc.so`) || process.env.CI === 'true') return false
  return 'No Apache with mod_auth_openidc found. As root: sh scripts/install-test-tools.sh'
}

/** Starts Apache in front of a page that greets. @param options.site the lines of an operator */
export async function startApache(
  t: TestContext,
  { port, site }: { port: number; site: string },
): Promise<Apache> {
  const folder = createTempFolder(t)
  // The worker processes do not run as root.
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'www/payments'), { recursive: true })
  const page =
    '<p>user=<!--#echo var="REMOTE_USER" --></p><p>acr=<!--#echo var="OIDC_CLAIM_acr" --></p>'
  writeFileSync(join(folder, 'www/index.html'), `<h1>Wiki</h1>${page}`)
  writeFileSync(join(folder, 'www/payments/index.html'), `<h1>Payments</h1>${page}`)
  const around = [
    ...['ServerRoot', 'DefaultRuntimeDir'].map((name) => `${name} ${folder}`),
    ...[`PidFile ${folder}/pid`, `ErrorLog ${folder}/error.log`, `Listen 127.0.0.1:${port}`],
    ...modules.map((name) => `LoadModule ${name}_module ${modulesFolder}/mod_${name}.so`),
    ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
    ...['ServerName localhost', 'LogLevel warn auth_openidc:info', 'TypesConfig /etc/mime.types'],
    ...[`DocumentRoot ${folder}/www`, 'DirectoryIndex index.html'],
    ...[
      `<Directory ${folder}/www>`,
      'Options +Includes',
      'SetOutputFilter INCLUDES',
      '</Directory>',
    ],
    site,
  ]
  const file = join(folder, 'apache2.conf')
  writeFileSync(file, around.join('\n'))
  const child = spawn('apache2', ['-f', file, '-D', 'FOREGROUND'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => stopChild(child))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    stderr += more
  })
  await waitUntil(async () => {
    assert.equal(child.exitCode, null, `Apache ended: ${stderr}`)
    return isOpen(port)
  })
  return {
    origin: `http://127.0.0.1:${port}`,
    get log() {
      return readFileSync(join(folder, 'error.log'), 'utf8')
    },
  }
}

/** A browser with cookies of Apache beside those of this service. */
export class ApacheVisitor {
  readonly browser: AppBrowser
  readonly #apache: Pick<Apache, 'origin'>
  readonly #cookies = new Map<string, string>()
  /** Requests to Apache so far. */
  requests = 0

  constructor(apache: Pick<Apache, 'origin'>, browser: AppBrowser) {
    this.#apache = apache
    this.browser = browser
  }

  /** Opens an address, and follows redirects between Apache and this service up to a page. */
  async open(address: string | URL, headers: Record<string, string> = {}): Promise<Arrival> {
    let url = new URL(address, this.#apache.origin)
    for (let redirects = 0; redirects < 20; redirects += 1) {
      if (url.origin === this.#apache.origin) {
        const response = await this.#request(url, headers)
        const html = await text(response)
        const { location } = response.headers
        if (location === undefined) return { url, status: response.statusCode, html }
        url = new URL(location, url)
      } else {
        const arrival = await this.browser.open(url)
        if (arrival.status !== undefined) return arrival
        assert.equal(arrival.url.origin, this.#apache.origin)
        url = arrival.url
      }
    }
    throw new Error(`${address} redirects without an end.`)
  }

  async #request(url: URL, headers: Record<string, string>) {
    this.requests += 1
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ')
    const response = await get(url, { accept: 'text/html', ...(cookie && { cookie }), ...headers })
    for (const line of response.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return response
  }
}

/** Reads a page as leniently as browsers do: after some error pages, the module sends a second one. */
function get(url: URL, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { headers, agent: false, insecureHTTPParser: true }
    request(url, options, resolve).on('error', reject).end()
  })
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
