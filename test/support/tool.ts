import { execFile } from 'node:child_process'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * A program that some tests hold us against, as a function of its arguments to its output.
 *
 * Where it is missing the test is skipped and this is undefined; but not under `CI=true`, where a
 * missing program must not look like a pass.
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
 * Whether a call works here, such as one that loads a library of another language. Where it does
 * not the test is skipped; under `CI=true` it fails.
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
    const missing = `This does not work: ${[name, ...args].join(' ')}. As root: sh scripts/install-test-tools.sh`
    if (process.env.CI === 'true') throw new Error(missing, { cause })
    t.skip(missing)
    return false
  }
}
