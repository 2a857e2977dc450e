import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Client } from 'pg'
import { freePort } from './free-port.ts'
import { fence } from './markdown.ts'
import { command, unprivileged } from './postgres-server.ts'
import { emptyFolder, until } from './process.ts'
import { tool } from './tool.ts'

/**
 * PgBouncer in front of a database, as docs/operate.md shows it: it hands a connection round with
 * every transaction, and has fewer of them than one node would take.
 *
 * @returns where the database is found behind it; undefined where PgBouncer is missing, and the
 * test is skipped
 */
export async function startPgbouncer(
  t: TestContext,
  databaseUrl: string,
): Promise<string | undefined> {
  if (!(await tool(t, 'pgbouncer'))) return undefined
  const { hostname, port: theirs, username, password, pathname } = new URL(databaseUrl)
  const user = unprivileged()
  const folder = emptyFolder(t)
  const port = await freePort()
  const users = join(folder, 'users.txt')
  const config = join(folder, 'pgbouncer.ini')
  writeFileSync(users, `"${username}" "${decodeURIComponent(password)}"\n`, { mode: 0o600 })
  const shown = fence('docs/operate.md', 'ini', '[databases]')
    .replace(/^latchkey = .*$/m, `${pathname.slice(1)} = host=${hostname} port=${theirs || 5432}`)
    .replace(/(?<=^listen_port = ).*$/m, String(port))
    .replace(/(?<=^auth_file = ).*$/m, users)
  // Its socket would lie in a folder that not everybody may write to.
  writeFileSync(config, `${shown}\nunix_socket_dir =\n`)
  if (user.ids) {
    chmodSync(folder, 0o755)
    for (const file of [users, config]) chownSync(file, user.ids.uid, user.ids.gid)
  }
  const [file, args, options] = command(user, 'pgbouncer', ['--quiet', config])
  const pgbouncer = spawn(file, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  pgbouncer.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  t.after(async () => {
    if (pgbouncer.exitCode !== null) return
    pgbouncer.kill('SIGTERM')
    await once(pgbouncer, 'exit')
  })

  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  await until(async () => {
    if (pgbouncer.exitCode !== null) throw new Error(`PgBouncer did not come up: ${said}`)
    const client = new Client({ connectionString: url.href })
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    )
  })
  return url.href
}
