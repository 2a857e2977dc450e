/** Applications of a running service, registered by the command line. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { TestLatchkey } from './latchkey.ts'
import { type ProcessResult, runLatchkey } from './process.ts'

/** Runs `latchkey apps …` with the database and keys of a running service. */
export function runApps(
  t: TestContext,
  { folder, environment }: TestLatchkey,
  ...args: string[]
): Promise<ProcessResult> {
  return runLatchkey(t, { folder, environment, args: ['apps', ...args] })
}

/** Registers an application. @returns its client id, and its secret unless it is public */
export async function addApp(
  t: TestContext,
  latchkey: TestLatchkey,
  name: string,
  ...args: string[]
): Promise<{ clientId: string; clientSecret: string | undefined }> {
  const { code, stdout, stderr } = await runApps(t, latchkey, 'add', name, '--json', ...args)
  assert.equal(code, 0, stderr)
  const { app, clientSecret } = JSON.parse(stdout)
  latchkey.markSecret(clientSecret)
  return { clientId: app.id, clientSecret }
}
