/** nginx and Caddy, each run with the file of deploy/ that operators copy. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { emptyFolder, until } from './process.ts'
import { selfSigned } from './smtp.ts'

const run = promisify(execFile)
const deploy = join(import.meta.dirname, '../../deploy')

/** What the files of deploy/ are written for. */
export const host = 'accounts.example.com'

export interface ProxyServer {
  /** Where it takes HTTP, to lead on to HTTPS. */
  httpPort: number
  /** Asks by HTTPS. @param options.from another address of this machine: 127.0.0.0/8 is ours */
  ask(path: string, options?: Asked): Promise<ProxyAnswer>
  /** Has it use these ports of nodes from now on, without letting go of what it is doing. */
  reload(nodes: number[]): Promise<void>
}

export interface Asked {
  method?: string
  headers?: Record<string, string>
  body?: object
  from?: string
}

export interface ProxyAnswer {
  status: number
  headers: IncomingHttpHeaders
  /** Every line of a header, since some may stand there twice by mistake. */
  all: NodeJS.Dict<string[]>
  text: string
}

/** In a folder of its own, everything on loopback. */
interface Place {
  folder: string
  http: number
  https: number
  admin: number
}

interface Kind {
  program: string
  version: string[]
  /** What it is started with, after it has been `configured`. */
  args(place: Place): string[]
  /** Writes the shipped file with names and ports of this test in it, and one around it. */
  configure(place: Place, nodes: number[]): void
  reload(place: Place): string[]
}

const kinds = {
  nginx: {
    program: 'nginx',
    version: ['-v'],
    args: ({ folder }) => ['-c', join(folder, 'nginx.conf')],
    configure({ folder, http, https }, nodes) {
      const site = placed('nginx.conf', {
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
      const site = placed('Caddyfile', {
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
} satisfies Record<string, Kind>

export type ProxyName = keyof typeof kinds
export const everyProxy = Object.keys(kinds) as ProxyName[]

/** Why that proxy can't be tried here; false if it can. Under `CI=true` nothing is left out. */
export async function without(name: ProxyName): Promise<string | false> {
  const { program, version } = kinds[name]
  const found = await run(program, version).catch(() => undefined)
  if (found || process.env.CI === 'true') return false
  return `No ${program} found. As root: sh scripts/install-test-tools.sh`
}

/** Starts it for one test, before these ports of nodes. */
export async function startProxy(
  t: TestContext,
  name: ProxyName,
  nodes: number[],
): Promise<ProxyServer> {
  const kind: Kind = kinds[name]
  const certificate = await selfSigned(t, host)
  assert.ok(certificate)
  const folder = emptyFolder(t)
  // nginx gives its work to processes that are not root.
  chmodSync(folder, 0o755)
  const place = { folder, http: await freePort(), https: await freePort(), admin: await freePort() }
  writeFileSync(join(folder, 'cert.pem'), certificate.cert)
  writeFileSync(join(folder, 'key.pem'), certificate.key)
  kind.configure(place, nodes)

  const env = { PATH: process.env.PATH, HOME: folder }
  const child = spawn(kind.program, kind.args(place), { env, stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => end(child))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    said += more
  })
  await until(async () => {
    assert.equal(child.exitCode, null, `${name} ended: ${said}`)
    return (await isOpen(place.http)) && isOpen(place.https)
  })

  return {
    httpPort: place.http,
    ask: (path, options = {}) => ask(path, { ...options, port: place.https, ca: certificate.cert }),
    async reload(next) {
      kind.configure(place, next)
      await run(kind.program, kind.reload(place), { env })
    },
  }
}

/** The shipped file with some of it replaced; what is replaced must be there. */
function placed(file: string, places: Record<string, string>): string {
  let content = readFileSync(join(deploy, file), 'utf8')
  for (const [from, to] of Object.entries(places)) {
    assert.ok(content.includes(from), `deploy/${file} has no “${from}” any more`)
    content = content.replace(from, to)
  }
  return content
}

function ask(
  path: string,
  { method = 'GET', headers = {}, body, from, port, ca }: Asked & { port: number; ca: string },
): Promise<ProxyAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{ host: '127.0.0.1', port, path, method, ca, servername: host, agent: false, family: 4 },
        ...(from && { localAddress: from }),
        headers: { host, ...(body && { 'content-type': 'application/json' }), ...headers },
      },
      async (answer) => {
        const { statusCode: status = 0, headers, headersDistinct: all } = answer
        resolve({ status, headers, all, text: await text(answer) })
      },
    )
    asked.on('error', reject)
    asked.end(body && JSON.stringify(body))
  })
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
