import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { findFreePort } from './tcp.ts'

/** The service in a process of its own, on a database that another node serves too. */
export interface SecondNode {
  origin: string
  stop(): Promise<void>
}

/** @param environment that of the first node; @param log where its lines go */
export async function startSecondNode(
  environment: Record<string, string>,
  { folder, log }: { folder: string; log: (lines: string) => void },
): Promise<SecondNode> {
  const port = String(await findFreePort())
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const node = spawn(process.execPath, [main], {
    // Not where a developer's own .env may lie.
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      ...environment,
      LATCHKEY_PORT: port,
      LATCHKEY_PUBLIC_URL: `http://localhost:${environment.LATCHKEY_PORT}`,
    },
  })
  node.stdout.setEncoding('utf8').on('data', log)
  node.stderr.setEncoding('utf8').on('data', log)

  const origin = `http://localhost:${port}`
  const exited = once(node, 'exit')
  while (!(await isReady(origin))) {
    if (node.exitCode !== null) throw new Error(`The second node ended with ${node.exitCode}.`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    origin,
    async stop() {
      node.kill('SIGTERM')
      await exited
    },
  }
}

async function isReady(origin: string): Promise<boolean> {
  const response = await fetch(`${origin}/health/ready`).catch(() => undefined)
  return response?.ok ?? false
}
