/** nginx and Caddy, configured by the files of deploy/ that operators copy. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { createTempFolder, stopChild, waitUntil } from './process.ts'
import { createSelfSignedCertificate } from './smtp-server.ts'
import { findFreePorts } from './tcp.ts'

const run = promisify(execFile)
const deploy = join(import.meta.dirname, '../../deploy')

/** The host name in the files of deploy/. */
export const host = 'accounts.example.com'

export interface ReverseProxy {
  /** The port that redirects HTTP to HTTPS. */
  httpPort: number
  /** Sends a request by HTTPS. @param options.from another address of 127.0.0.0/8 */
  sendRequest(path: string, options?: ProxyRequest): Promise<ProxyResponse>
  /** Reloads the configuration with other nodes, by port, without dropping requests. */
  reload(nodes: number[]): Promise<void>
}

export interface ProxyRequest {
  method?: string
  headers?: Record<string, string>
  body?: object
  from?: string
}

export interface ProxyResponse {
  status: number
  headers: IncomingHttpHeaders
  /** Every line of each header, to notice duplicates. */
  allHeaders: NodeJS.Dict<string[]>
  text: string
}

/** The folder and the loopback ports of a proxy. */
interface ProxyLayout {
  folder: string
  http: number
  https: number
  admin: number
}

interface ProxyProgram {
  program: string
  version: string[]
  /** The arguments that start it with the configuration that `configure` wrote. */
  args(place: ProxyLayout): string[]
  /** Writes the file of deploy/ with this test’s names and ports, and one that includes it. */
  configure(place: ProxyLayout, nodes: number[]): void
  reload(place: ProxyLayout): string[]
}

const programs = {
  nginx: {
    program: 'nginx',
    version: ['-v'],
    args: ({ folder }) => ['-c', join(folder, 'nginx.conf')],
    configure({ folder, http, https }, nodes) {
      const site = renderConfig('nginx.conf', {
        '  server 127.0.0.1:4000 max_fails=0;': nodes
          .map((port) => `server 127.0.0.1:${port} max_fails=0;`)
          .join('\n'),
        'listen 80;': `listen 127.0.0.1:${http};`,
        'listen [::]:80;': '',
        'listen 443 ': `listen 127.0.0.1:${https} `,
        'listen [::]:443 ssl http2;': '',
        [`/etc/letsencrypt/live/${host}/fullchain.pem`]: join(folder, 'cert.pem'),
        [`/etc/letsencrypt/live/${host}/privkey.pem`]: join(folder, 'key.pem'),
      })
      writeFileSync(join(folder, 'site.conf'), site)
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      writeFileSync(
        join(folder, 'nginx.conf'),
        `daemon off; pid ${folder}/pid; error_log ${folder}/log notice; events {}
        http { access_log off; ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
        include ${folder}/site.conf; }`,
      )
    },
    reload: ({ folder }) => ['-c', join(folder, 'nginx.conf'), '-s', 'reload'],
  },
  Caddy: {
    program: 'caddy',
    version: ['version'],
    args: ({ folder }) => ['run', '--config', join(folder, 'around'), '--adapter', 'caddyfile'],
    configure({ folder, http, https, admin }, nodes) {
      const site = renderConfig('Caddyfile', {
        '	# tls /etc/caddy/fullchain.pem /etc/caddy/privkey.pem': `	tls ${folder}/cert.pem ${folder}/key.pem`,
        'reverse_proxy 127.0.0.1:4000 {': `reverse_proxy ${nodes.map((port) => `127.0.0.1:${port}`).join(' ')} {`,
      })
      writeFileSync(join(folder, 'Caddyfile'), site)
      writeFileSync(
        join(folder, 'around'),
        `{\n admin 127.0.0.1:${admin}\n default_bind 127.0.0.1\n http_port ${http}\n https_port ${https}\n}\nimport ${folder}/Caddyfile\n`,
      )
    },
    reload: ({ folder, admin }) => [
      ...['reload', '--config', join(folder, 'around'), '--adapter', 'caddyfile'],
      ...['--address', `127.0.0.1:${admin}`],
    ],
  },
} satisfies Record<string, ProxyProgram>

export type ProxyName = keyof typeof programs
export const proxyNames = Object.keys(programs) as ProxyName[]

/** The reason to skip a proxy’s tests; false if it is installed, or with `CI=true`. */
export async function skipReason(name: ProxyName): Promise<string | false> {
  const { program, version } = programs[name]
  const found = await run(program, version).catch(() => undefined)
  if (found || process.env.CI === 'true') return false
  return `No ${program} found. As root: sh scripts/install-test-tools.sh`
}

/** Starts a proxy for one test, in front of nodes by port. */
export async function startProxy(
  t: TestContext,
  name: ProxyName,
  nodes: number[],
): Promise<ReverseProxy> {
  const program: ProxyProgram = programs[name]
  const certificate = await createSelfSignedCertificate(t, host)
  assert.ok(certificate)
  const folder = createTempFolder(t)
  // The worker processes of nginx do not run as root.
  chmodSync(folder, 0o755)
  const [http, https, admin] = await findFreePorts(3)
  const layout = { folder, http, https, admin }
  writeFileSync(join(folder, 'cert.pem'), certificate.cert)
  writeFileSync(join(folder, 'key.pem'), certificate.key)
  program.configure(layout, nodes)

  const env = { PATH: process.env.PATH, HOME: folder }
  const child = spawn(program.program, program.args(layout), {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => stopChild(child))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    stderr += more
  })
  await waitUntil(async () => {
    assert.equal(child.exitCode, null, `${name} ended: ${stderr}`)
    return (await isOpen(layout.http)) && isOpen(layout.https)
  })

  return {
    httpPort: layout.http,
    sendRequest: (path, options = {}) =>
      sendRequest(path, { ...options, port: layout.https, ca: certificate.cert }),
    async reload(next) {
      program.configure(layout, next)
      await run(program.program, program.reload(layout), { env })
    },
  }
}

/** The file of deploy/ with replacements, each of which must match. */
function renderConfig(file: string, replacements: Record<string, string>): string {
  let content = readFileSync(join(deploy, file), 'utf8')
  for (const [from, to] of Object.entries(replacements)) {
    assert.ok(content.includes(from), `deploy/${file} does not contain “${from}”`)
    content = content.replace(from, to)
  }
  return content
}

function sendRequest(
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
    from,
    port,
    ca,
  }: ProxyRequest & { port: number; ca: string },
): Promise<ProxyResponse> {
  return new Promise((resolve, reject) => {
    const clientRequest = request(
      {
        ...{ host: '127.0.0.1', port, path, method, ca, servername: host, agent: false, family: 4 },
        ...(from && { localAddress: from }),
        headers: { host, ...(body && { 'content-type': 'application/json' }), ...headers },
      },
      async (message) => {
        const { statusCode: status = 0, headers, headersDistinct: allHeaders } = message
        resolve({ status, headers, allHeaders, text: await text(message) })
      },
    )
    clientRequest.on('error', reject)
    clientRequest.end(body && JSON.stringify(body))
  })
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
