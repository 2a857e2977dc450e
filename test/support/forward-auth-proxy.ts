/** nginx and Caddy with the lines of docs/forward-auth.md, in front of a page that shows its headers. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { codeBlocksIn, readPage } from './markdown.ts'
import { createTempFolder, stopChild, waitUntil } from './process.ts'
import type { ProxyName } from './reverse-proxies.ts'
import { createSelfSignedCertificate } from './smtp-server.ts'
import { findFreePorts } from './tcp.ts'

export interface ProtectedSite {
  /** The address of the application for browsers. */
  origin: string
  /** The headers that each request reached the application with. */
  seen: IncomingHttpHeaders[]
  /** Sends a request of a browser, which keeps cookies. @param path also of the absolute form */
  send(path: string, options?: SiteRequest): Promise<SiteResponse>
  /** The cookies of the browser for this host. */
  cookies: Map<string, string>
}

export interface SiteRequest {
  method?: string
  headers?: Record<string, string>
  body?: string
}

export interface SiteResponse {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** Starts a proxy for an application at a host, in front of Latchkey on a port. */
export async function startProtectedSite(
  t: TestContext,
  name: ProxyName,
  { host, latchkeyPort }: { host: string; latchkeyPort: string | undefined },
): Promise<ProtectedSite> {
  const seen: IncomingHttpHeaders[] = []
  const application = createServer((incoming, response) => {
    seen.push(incoming.headers)
    incoming.resume().on('end', () => response.end('the application'))
  })
  await new Promise<void>((listening) => application.listen(0, '127.0.0.1', listening))
  t.after(() => application.close())

  const certificate = await createSelfSignedCertificate(t, host)
  assert.ok(certificate)
  const folder = createTempFolder(t)
  // The worker processes of nginx do not run as root.
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'cert.pem'), certificate.cert)
  writeFileSync(join(folder, 'key.pem'), certificate.key)
  const [http, https, admin] = await findFreePorts(3)
  const lines = readLines(name === 'nginx' ? 'nginx' : 'caddyfile')
    .replaceAll('wiki.example.com', host)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${(application.address() as AddressInfo).port}`)
    .replaceAll('127.0.0.1:4000', `127.0.0.1:${latchkeyPort}`)
  const args = name === 'nginx' ? configureNginx() : configureCaddy()
  const child = spawn(name.toLowerCase(), args, {
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => stopChild(child))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    stderr += more
  })
  const cookies = new Map<string, string>()
  await waitUntil(async () => {
    assert.equal(child.exitCode, null, `${name} ended: ${stderr}`)
    return send('/').catch(() => undefined)
  })
  cookies.clear()
  return { origin: `https://${host}:${https}`, seen, send, cookies }

  function configureNginx(): string[] {
    const site = lines
      .replace('listen 443 ssl;', `listen 127.0.0.1:${https} ssl;`)
      // Its port is not 443 here.
      .replaceAll('X-Forwarded-Host $host;', `X-Forwarded-Host $host:${https};`)
      .replaceAll(`/etc/letsencrypt/live/${host}/fullchain.pem`, join(folder, 'cert.pem'))
      .replaceAll(`/etc/letsencrypt/live/${host}/privkey.pem`, join(folder, 'key.pem'))
    const file = join(folder, 'nginx.conf')
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
      .join(' ')
    writeFileSync(
      file,
      `daemon off; pid ${folder}/pid; error_log ${folder}/log; events {}
      http { access_log off; ${temporary} ${site} }`,
    )
    return ['-c', file]
  }

  function configureCaddy(): string[] {
    const file = join(folder, 'Caddyfile')
    const site = lines.replace('{\n', `{\n\ttls ${folder}/cert.pem ${folder}/key.pem\n`)
    writeFileSync(
      file,
      `{\n admin 127.0.0.1:${admin}\n default_bind 127.0.0.1\n http_port ${http}\n https_port ${https}\n}\n${site}`,
    )
    return ['run', '--config', file, '--adapter', 'caddyfile']
  }

  function send(path: string, { method = 'GET', headers, body }: SiteRequest = {}) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return new Promise<SiteResponse>((resolve, reject) => {
      const sent = request(
        {
          ...{ host: '127.0.0.1', port: https, path, method, ca: certificate?.cert },
          ...{ servername: host, agent: false },
          headers: {
            host: `${host}:${https}`,
            accept: 'text/html',
            ...(cookie !== '' && { cookie }),
            ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
            ...headers,
          },
        },
        async (response) => {
          for (const line of response.headers['set-cookie'] ?? []) {
            const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
            cookies.set(key, value)
          }
          const { statusCode: status = 0, headers } = response
          resolve({ status, headers, text: await text(response) })
        },
      )
      sent.on('error', reject).end(body)
    })
  }
}

/** The lines for a proxy, as the documentation has them. */
function readLines(language: string): string {
  const blocks = codeBlocksIn(readPage('docs/forward-auth.md'))
  const lines = blocks.find((block) => block.language === language)?.text
  assert.ok(lines)
  return lines
}
