import { spawn } from 'node:child_process'
import { clockAheadBy, stopTravelling } from './clock.ts'
import { compileCacheFolder, latchkeyBin, stopChild } from './process.ts'
import { findFreePort } from './tcp.ts'

/** A node in its own process, on the first node’s database. */
export interface SecondNode {
  origin: string
  stop(): Promise<void>
}

/**
 * Starts a second node with the clock of this process, which can't travel until the node stops.
 *
 * @param environment of the first node
 * @param options.log receives the node's output
 * @param options.clockBehindMs how far its clock is behind this process's
 */
export async function startSecondNode(
  environment: Record<string, string>,
  {
    folder,
    log,
    clockBehindMs,
  }: { folder: string; log: (lines: string) => void; clockBehindMs: number },
): Promise<SecondNode> {
  const port = String(await findFreePort())
  const node = spawn(process.execPath, [latchkeyBin], {
    // Not the checkout, which may contain a developer's .env.
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: compileCacheFolder,
      ...clockAheadBy(-clockBehindMs),
      ...environment,
      LATCHKEY_PORT: port,
      LATCHKEY_PUBLIC_URL: `http://localhost:${environment.LATCHKEY_PORT}`,
    },
  })
  node.stdout.setEncoding('utf8').on('data', log)
  node.stderr.setEncoding('utf8').on('data', log)

  const origin = `http://localhost:${port}`
  node.once('exit', stopTravelling())
  while (!(await isReady(origin))) {
    if (node.exitCode !== null) throw new Error(`The second node exited with ${node.exitCode}.`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { origin, stop: () => stopChild(node) }
}

async function isReady(origin: string): Promise<boolean> {
  const response = await fetch(`${origin}/health/ready`).catch(() => undefined)
  return response?.ok ?? false
}
