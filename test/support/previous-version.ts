/** The sources of the previous version. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { version } from '../../src/config/version.ts'
import { createTempFolder } from './process.ts'

const root = join(import.meta.dirname, '../..')
const migrations = 'src/store/migrations/'

/**
 * Extracts the previous version, which uses the packages of this checkout.
 *
 * @returns its entry point; undefined if the git history lacks it, and the test is skipped
 */
export function extractPreviousVersion(t: TestContext): string | undefined {
  if (!existsSync(join(root, '.git'))) {
    t.skip('No git history, so no previous version.')
    return undefined
  }
  try {
    const commit = previousTag() ?? firstWithTheseTables()
    const folder = createTempFolder(t)
    const archive = git('archive', commit, 'package.json', 'src')
    execFileSync('tar', ['-x', '-C', folder], { input: archive })
    for (const part of ['node_modules', 'dist']) symlinkSync(join(root, part), join(folder, part))
    const mains = ['src/cli/main.ts', 'src/main.ts'].map((main) => join(folder, main))
    return mains.find((main) => existsSync(main))
  } catch {
    t.skip(`The git history has no version before ${version}: clone all of it, with tags.`)
    return undefined
  }
}

/** The newest version tag before this version. */
function previousTag(): string | undefined {
  return lines('tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname').find(
    (tag) => tag !== `v${version}`,
  )
}

/** The commit that last changed the first migration, for use before the first release. */
function firstWithTheseTables(): string {
  const [first = ''] = readdirSync(join(root, migrations)).sort()
  const [commit] = lines('rev-list', '--max-count=1', 'HEAD', '--', `${migrations}${first}`)
  if (!commit) throw new Error('No commit has the first migration.')
  return commit
}

const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: root, maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] })

const lines = (...args: string[]) =>
  git(...args)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
