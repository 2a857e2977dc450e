// Groups the test files: a group runs in one process, because loading the service and warming it up is a
// third of the time of most files. Writes a file per group, which imports its tests, to dist/test.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'dist/test')

/** Files per group: enough to share a start, few enough that groups end at about the same time. */
const groupSize = 5

/** Folders whose tests call the service in their own process. Others start processes or browsers. */
const shared =
  /^test\/(accounts|activity|admin|http|lib|mfa|overview|rate-limits|sessions|signin|store|undo)\//

/** A hook of the whole file would run for the whole group, a mock would outlive its file. */
const needsOwnProcess = /^(before|after)(Each)?\(|\bmock\.|support\/chromium\.ts/m

const files = globSync('test/**/*.test.ts', { cwd: root }).sort()
const isShared = (file: string) =>
  shared.test(file) && !needsOwnProcess.test(readFileSync(join(root, file), 'utf8'))
const { true: sharing = [], false: alone = [] } = Object.groupBy(files, (file) =>
  String(isShared(file)),
)

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
for (const file of alone) writeGroup([file])
for (let i = 0; i < sharing.length; i += groupSize) writeGroup(sharing.slice(i, i + groupSize))

function writeGroup(group: string[]): void {
  const [first = ''] = group
  const name = first
    .replace(/^test\//, '')
    .replace(/\.test\.ts$/, '')
    .replaceAll('/', '-')
  const imports = group.map((file) => `import ${JSON.stringify(join(root, file))}\n`)
  writeFileSync(join(folder, `${name}.test.js`), imports.join(''))
}
