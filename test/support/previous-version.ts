/** The version before this one, as it was. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { version } from '../../src/version.ts'
import { emptyFolder } from './process.ts'

const root = join(import.meta.dirname, '../..')
const migrations = 'src/store/migrations/'

/**
 * The `src/main.ts` of the version before, with the packages of this checkout. Where the history does
 * not reach back to it the test is skipped and this is undefined.
 */
export function previousVersion(t: TestContext): string | undefined {
  if (!existsSync(join(root, '.git'))) {
    t.skip('There is no git history here, so no version before.')
    return undefined
  }
  try {
    const commit = releasedBefore() ?? lastOfAnotherNumber()
    const folder = emptyFolder(t)
    const archive = git('archive', commit, 'package.json', 'src')
    execFileSync('tar', ['-x', '-C', folder], { input: archive })
    for (const part of ['node_modules', 'dist']) symlinkSync(join(root, part), join(folder, part))
    return join(folder, 'src/main.ts')
  } catch {
    t.skip(`The history here has no version before ${version}: clone it whole, with its tags.`)
    return undefined
  }
}

/** The newest tag of another version that led here. */
function releasedBefore(): string | undefined {
  return lines('tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname').find(
    (tag) => tag !== `v${version}`,
  )
}

/** Until there are tags: the last commit before this number, whose migrations are where ours begin. */
function lastOfAnotherNumber(): string {
  const now = readdirSync(join(root, migrations)).sort()
  const found = lines('rev-list', '--first-parent', 'HEAD').find((commit) => {
    const manifest = JSON.parse(git('show', `${commit}:package.json`).toString())
    if (manifest.version === version) return false
    const then = lines('ls-tree', '--name-only', commit, migrations).map((path) =>
      path.slice(migrations.length),
    )
    return then.length > 0 && then.every((name, at) => name === now[at])
  })
  if (!found) throw new Error('No commit has another version.')
  return found
}

const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: root, maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] })

const lines = (...args: string[]) =>
  git(...args)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
