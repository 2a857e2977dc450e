/** The version before this one, as it was. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { version } from '../../src/config/version.ts'
import { createTempFolder } from './process.ts'

const root = join(import.meta.dirname, '../..')
const migrations = 'src/store/migrations/'

/**
 * The entry point of the version before, with the packages of this checkout. Where the history does
 * not reach back to it the test is skipped and this is undefined.
 */
export function extractPreviousVersion(t: TestContext): string | undefined {
  if (!existsSync(join(root, '.git'))) {
    t.skip('There is no git history here, so no version before.')
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
    t.skip(`The history here has no version before ${version}: clone it whole, with its tags.`)
    return undefined
  }
}

/** The newest tag of another version that led here. */
function previousTag(): string | undefined {
  return lines('tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname').find(
    (tag) => tag !== `v${version}`,
  )
}

/** Before the first release: the commit that last changed the first migration. */
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
