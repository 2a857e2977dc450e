// Groups the test files: a group runs in one process, because loading the service and warming it up is a
// third of the time of most files. Writes a file per group, which imports its tests, to dist/test.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'dist/test')

/** The size of a group, in characters of source: a group runs for a minute or two. */
const groupSize = 60_000

/** Folders whose tests call the service in their own process. Others start processes or browsers. */
const shared =
  /^test\/(accounts|activity|admin|http|lib|metrics|mfa|notifications|overview|rate-limits|sessions|signin|store|undo)\//

/** Hooks, mocks and subscriptions of a file would hold for the whole group. */
const needsOwnProcess = /^(before|after)(Each)?\(|\bmock\.|^subscribe\(|support\/chromium\.ts/m

const groups: string[][] = [[]]
const alone: string[] = []
let size = 0
for (const file of globSync('test/**/*.test.ts', { cwd: root }).sort()) {
  const source = readFileSync(join(root, file), 'utf8')
  if (!shared.test(file) || needsOwnProcess.test(source)) {
    alone.push(file)
    continue
  }
  if (size > groupSize) {
    groups.push([])
    size = 0
  }
  groups.at(-1)?.push(file)
  size += source.length
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
// The test runner starts files in the order of their names: groups first, because they take longest.
for (const [i, group] of groups.entries()) writeFile(`group-${i + 1}`, group)
for (const file of alone) {
  writeFile(
    file
      .replace(/^test\//, 'own-')
      .replace(/\.test\.ts$/, '')
      .replaceAll('/', '-'),
    [file],
  )
}

function writeFile(name: string, files: string[]): void {
  const imports = files.map((file) => `import ${JSON.stringify(join(root, file))}\n`)
  writeFileSync(join(folder, `${name}.test.js`), imports.join(''))
}
