import { spawn } from 'node:child_process'
import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Client } from 'pg'
import { codeBlock } from './markdown.ts'
import { commandAs, findUnprivilegedUser } from './postgres-server.ts'
import { createTempFolder, stopChild, waitUntil } from './process.ts'
import { findFreePort } from './tcp.ts'
import { requireTool } from './tool.ts'

/**
 * Starts PgBouncer in front of a database, configured as in docs/operate.md: transaction pooling,
 * with fewer connections than one node would open.
 *
 * @returns the URL of the database through PgBouncer; undefined without PgBouncer, and the test is
 * skipped
 */
export async function startPgbouncer(
  t: TestContext,
  databaseUrl: string,
): Promise<string | undefined> {
  if (!(await requireTool(t, 'pgbouncer'))) return undefined
  const { hostname, port: upstreamPort, username, password, pathname } = new URL(databaseUrl)
  const user = findUnprivilegedUser()
  const folder = createTempFolder(t)
  const port = await findFreePort()
  const users = join(folder, 'users.txt')
  const config = join(folder, 'pgbouncer.ini')
  writeFileSync(users, `"${username}" "${decodeURIComponent(password)}"\n`, { mode: 0o600 })
  const configText = codeBlock('docs/operate.md', 'ini', '[databases]')
    .replace(
      /^latchkey = .*$/m,
      `${pathname.slice(1)} = host=${hostname} port=${upstreamPort || 5432}`,
    )
    .replace(/(?<=^listen_port = ).*$/m, String(port))
    .replace(/(?<=^auth_file = ).*$/m, users)
  // The default folder of its socket is not writable for every user.
  writeFileSync(config, `${configText}\nunix_socket_dir =\n`)
  if (user.ids) {
    chmodSync(folder, 0o755)
    for (const file of [users, config]) chownSync(file, user.ids.uid, user.ids.gid)
  }
  const [file, args, options] = commandAs(user, 'pgbouncer', ['--quiet', config])
  const pgbouncer = spawn(file, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  pgbouncer.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  t.after(() => stopChild(pgbouncer))

  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  await waitUntil(async () => {
    if (pgbouncer.exitCode !== null) throw new Error(`PgBouncer did not start: ${stderr}`)
    const client = new Client({ connectionString: url.href })
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    )
  })
  return url.href
}
