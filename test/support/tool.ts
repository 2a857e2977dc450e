import { execFile } from 'node:child_process'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Finds a program.
 *
 * @returns a function from its arguments to its output; undefined if it is missing, and the test is
 * skipped, or fails with `CI=true`
 */
export async function requireTool(
  t: TestContext,
  name: string,
): Promise<((...args: string[]) => Promise<string>) | undefined> {
  try {
    await run(name, ['--version'])
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    const missing = `No ${name} found. As root: sh scripts/install-test-tools.sh`
    if (process.env.CI === 'true') throw new Error(missing, { cause })
    t.skip(missing)
    return undefined
  }
  return async (...args) => (await run(name, args)).stdout
}

/**
 * Whether a command succeeds, such as one that loads another language’s library. If not, the test is
 * skipped, or fails with `CI=true`.
 */
export async function requireWorking(
  t: TestContext,
  name: string,
  ...args: string[]
): Promise<boolean> {
  try {
    await run(name, args)
    return true
  } catch (cause) {
    const missing = `This command fails: ${[name, ...args].join(' ')}. As root: sh scripts/install-test-tools.sh`
    if (process.env.CI === 'true') throw new Error(missing, { cause })
    t.skip(missing)
    return false
  }
}
