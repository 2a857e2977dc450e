/**
 * The package as npm publishes it: packed, installed in an empty folder, and run from there. One file,
 * because packing and installing take longer than all of its tests.
 */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { settingDefinitions } from '../../src/config/settings.ts'
import { version } from '../../src/config/version.ts'
import { copySources } from '../support/copy-sources.ts'
import { startInRoot, supportsOverlayRoot } from '../support/overlay-root.ts'
import {
  createTempFolder,
  type ProcessOptions,
  runLatchkey,
  startLatchkeyProcess,
} from '../support/process.ts'
import { followProductionPage, readFileOf, readUnit } from '../support/production-machine.ts'
import { proxyNames, skipReason } from '../support/reverse-proxies.ts'
import { createSelfSignedCertificate } from '../support/smtp-server.ts'
import { requireTool } from '../support/tool.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const commands = [
  ...readFileSync(join(root, 'src/cli/main.ts'), 'utf8').matchAll(/import\('\.\/.+\.ts'\)/g),
].map(([imported]) => imported)

/** Runs npm under the Node version of the tests. */
const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter)
const npm = (cwd: string, ...args: string[]) =>
  run('npm', args, { cwd, env: { ...process.env, PATH } })

let copy: string
let packed: { filename: string; files: { path: string }[] }
/** `node_modules` of a folder into which only the package was installed. */
let modules: string

before(async (t) => {
  const context = t as TestContext
  copy = copySources(
    context,
    ...['bin', 'deploy', 'web', 'client', 'scripts', '.npmrc', 'LICENSE', 'README.md'],
    'package-lock.json',
  )
  // Leftover files in the publisher's folder.
  for (const [folder, file] of [
    ['.', '.env'],
    ['data', 'encryption-keys'],
    ['dist', 'renamed-since.js'],
    ['dist/server', 'renamed-since.js'],
  ] as const) {
    mkdirSync(join(copy, folder), { recursive: true })
    writeFileSync(join(copy, folder, file), '')
  }
  const folder = createTempFolder(context)
  const { stdout } = await npm(copy, 'pack', '--json', '--pack-destination', folder)
  packed = Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]/m))))[0] as typeof packed

  // Users other than root read it, too.
  chmodSync(folder, 0o755)
  const tarball = `./${packed.filename}`
  await npm(folder, 'install', '--prefer-offline', '--no-audit', '--no-fund', tarball)
  modules = join(folder, 'node_modules')
})

test('the package contains the bundle, pages, deployment files, README and licences, and nothing else', () => {
  const paths = packed.files.map(({ path }) => path)
  const {
    server = [],
    web = [],
    others = [],
  } = Object.groupBy(
    paths,
    (path) => (/^dist\/(server|web)\//.exec(path)?.[1] as 'server' | 'web' | undefined) ?? 'others',
  )
  assert.deepEqual(
    others.sort(),
    [
      ...['latchkey', 'latchkey.service', 'latchkey-backup.service', 'latchkey-backup.timer'].map(
        inDeploy,
      ),
      ...['Caddyfile', 'nginx.conf', 'grafana-dashboard.json', 'prometheus-alerts.yml'].map(
        inDeploy,
      ),
      ...['LICENSE', 'README.md', 'bin/latchkey.js', 'package.json'],
    ].sort(),
  )
  assert.ok(web.length > 10)
  for (const path of web) assert.match(path, /\.(html|js|css)$|^dist\/web\/done$/)
  assert.ok(server.includes('dist/server/latchkey.cjs'))
  for (const path of server) {
    assert.match(path, /^dist\/server\/([\w-]+\.cjs(\.map)?|licenses\.md)$/)
    assert.doesNotMatch(path, /renamed-since/)
  }
})

test('no file of the package refers to a source map that it lacks', () => {
  const paths = new Set(packed.files.map(({ path }) => path))
  for (const path of paths) {
    const end = readFileSync(join(modules, 'latchkey', path), 'utf8').slice(-200)
    const [, map] = /sourceMappingURL=(\S+)/.exec(end) ?? []
    if (map) assert.ok(paths.has(join(dirname(path), map)), path)
  }
})

test('the package contains the licence of every package in its bundle', () => {
  const licenses = readFileSync(join(modules, 'latchkey/dist/server/licenses.md'), 'utf8')
  for (const name of ['fastify', 'kysely', 'pg', 'nodemailer', 'jose', 'find-my-way']) {
    assert.match(licenses, new RegExp(`^## ${name} - `, 'm'))
  }
})

test('installing the package brings the packages with native code and no others', () => {
  const installed = readdirSync(modules).filter((name) => !name.startsWith('.'))
  const scopes = Object.keys(manifest.dependencies).map((name) => name.split('/')[0] as string)
  const brought = ['latchkey', ...scopes, '@emnapi', '@napi-rs', '@tybys', 'tslib']
  for (const name of installed) assert.ok(brought.includes(name), name)
  for (const scope of scopes) assert.ok(installed.includes(scope), scope)
})

test('a stack trace of the package names files and lines of the sources', async (t) => {
  const latchkey = await startLatchkeyProcess(t, packaged({}))
  const database = new DatabaseSync(join(latchkey.folder, 'data/latchkey.sqlite'))
  database.exec('alter table account rename to moved')
  database.close()
  const response = await fetch(`${latchkey.origin}/auth/SignIn`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com', password: 'a long sentence' }),
  })
  assert.equal(response.status, 500)
  await latchkey.stop()
  assert.match(latchkey.stdout, /src\/store\/sqlite\.ts:\d+:\d+/)
})

test('npx latchkey runs the package', async () => {
  const { stdout, stderr } = await npm(
    dirname(modules),
    'exec',
    '--no',
    'latchkey',
    '--',
    '--version',
  )
  assert.deepEqual([stdout, stderr], [`${version}\n`, ''])
})

test('every command of the package loads', async (t) => {
  const { code, stdout, stderr } = await runLatchkey(t, packaged({ args: ['--help'] }))
  assert.deepEqual([code, stderr], [0, ''])
  // Two more for --help and --version. Listing the commands loads them all.
  assert.equal(stdout.match(/^ {2}latchkey /gm)?.length, commands.length + 2)
  assert.ok(commands.length >= 3)
})

test('the package creates its database, prints its settings and serves the pages and the API reference', async (t) => {
  const folder = createTempFolder(t)
  const migrated = await runLatchkey(t, packaged({ folder, args: ['migrate'] }))
  assert.deepEqual([migrated.code, migrated.stderr], [0, ''])
  const newest = readdirSync(join(root, 'src/store/migrations')).sort().at(-1)
  assert.match(migrated.stdout, new RegExp(newest?.replace('.ts', '') ?? 'no migration'))
  assert.doesNotMatch(migrated.stdout, /renamed-since/)

  const settings = await runLatchkey(t, packaged({ folder, args: ['settings'] }))
  assert.deepEqual([settings.code, settings.stderr], [0, ''])
  for (const { name } of Object.values(settingDefinitions))
    assert.ok(settings.stdout.includes(name), name)

  const latchkey = await startLatchkeyProcess(t, packaged({ folder }))
  const reference = await (await fetch(`${latchkey.origin}/docs`)).text()
  const script = /src="([^"]*scalar[^"]*)"/.exec(reference)?.[1] ?? 'no script'
  const pages = [
    '/',
    '/signin',
    '/signup',
    '/forgot',
    '/undo',
    '/invitation',
    '/security',
    '/dev/inbox',
  ]
  for (const path of [
    ...pages,
    '/openapi.json',
    '/docs/errors',
    new URL(script, `${latchkey.origin}/docs`).pathname,
  ]) {
    assert.equal((await fetch(latchkey.origin + path)).status, 200, path)
  }
  const { code, stderr } = await latchkey.stop()
  assert.deepEqual([code, stderr], [0, ''])
})

test('the package writes nothing to its install folder', async (t) => {
  const folder = createTempFolder(t)
  const isRoot = process.getuid?.() === 0
  if (isRoot) chownSync(folder, 65534, 65534)
  else chmodSync(join(modules, 'latchkey'), 0o555)
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const before = readdirSync(modules, { recursive: true })
  const latchkey = await startLatchkeyProcess(
    t,
    packaged({ folder, wrapper: isRoot ? nobody : [] }),
  )
  const { code, stderr } = await latchkey.stop()
  assert.deepEqual([code, stderr], [0, ''])
  assert.deepEqual(readdirSync(modules, { recursive: true }), before)
})

test('an outdated Node exits with instructions', async (t) => {
  const old = olderNode()
  if (!old) return t.skip('every Node of this machine is new enough')
  const ended = await run(old, [join(modules, 'latchkey/bin/latchkey.js')]).catch((error) => error)
  assert.deepEqual([ended.code, ended.stdout], [1, ''])
  assert.match(ended.stderr, /^Latchkey needs Node 24 or newer, and this is Node [\d.]+\. .*\n$/)
})

test('following docs/production.md to the letter produces a healthy service', async (t) => {
  if (!(await supportsOverlayRoot(t)) || !(await createSelfSignedCertificate(t))) return
  for (const name of ['curl', 'systemd-analyze']) if (!(await requireTool(t, name))) return
  for (const name of proxyNames) {
    const missing = await skipReason(name)
    if (missing) return t.skip(missing)
  }
  const root = await followProductionPage(t, modules)

  // Does what systemd would do with the unit, as far as possible without systemd.
  const service = await readUnit(root, 'latchkey.service')
  const [state, cache] = [createTempFolder(t), createTempFolder(t)]
  const [, uid = '', gid = ''] =
    /^latchkey:x:(\d+):(\d+)/m.exec(await readFileOf(root, '/etc/passwd')) ?? []
  for (const folder of [state, cache]) chownSync(folder, Number(uid), Number(gid))
  chmodSync(state, Number.parseInt(service.StateDirectoryMode ?? '', 8))
  chmodSync(cache, Number.parseInt(service.CacheDirectoryMode ?? '', 8))
  const CACHE_DIRECTORY = `/var/cache/${service.CacheDirectory}`
  const options = {
    user: `${uid}:${gid}`,
    cwd: service.WorkingDirectory ?? '',
    writable: { [`/var/lib/${service.StateDirectory}`]: state, [CACHE_DIRECTORY]: cache },
  }
  const start = (env = {}) =>
    startInRoot(t, root, service.ExecStart?.split(' ') ?? [], {
      ...options,
      env: { CACHE_DIRECTORY, ...env },
    })

  const latchkey = start()
  await latchkey.waitUntilHealthy(['curl', '--fail', 'http://127.0.0.1:4000/health/ready'])
  assert.ok(readdirSync(state).includes('latchkey.sqlite'))
  assert.notEqual(readdirSync(cache).length, 0)
  const stoppedAt = performance.now()
  const { code, stderr } = await latchkey.stop('SIGTERM')
  assert.deepEqual([code, stderr], [0, ''])
  assert.ok(performance.now() - stoppedAt < Number(service.TimeoutStopSec) * 1000)

  const wrong = await start({ LATCHKEY_RATE_LIMITS: 'off' }).result
  assert.equal(String(wrong.code), service.RestartPreventExitStatus)
})

/** Options that run the installed package, without the compile cache of other tests. */
function packaged(options: ProcessOptions): ProcessOptions {
  const main = join(modules, 'latchkey/bin/latchkey.js')
  return { main, ...options, environment: { NODE_COMPILE_CACHE: '', ...options.environment } }
}

function olderNode(): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .find((node) => {
      try {
        return (
          Number.parseInt(
            execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }),
            10,
          ) < 24
        )
      } catch {
        return false
      }
    })
}

function inDeploy(name: string): string {
  return `deploy/${name}`
}
