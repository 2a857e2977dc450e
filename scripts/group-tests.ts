// Groups the test files: a group runs in one process, because loading the service and warming it up is a
// third of the time of most files. Writes a file per group, which imports its tests, to dist/test.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const outputFolder = join(root, 'dist/test')

/** The size from which a group is full, in characters of source: it runs for two or three minutes. */
const groupSize = 70_000

/** Folders whose tests may share a process, in the order in which their groups start: slow ones first. */
const shared = [
  'pages',
  'mfa',
  'undo',
  'signin',
  'sessions',
  'accounts',
  'admin',
  'http',
  'notifications',
  'webhooks',
  'rate-limits',
  'overview',
  'activity',
  'store',
  'keys',
  'metrics',
  'client',
  'docs',
  'checks',
  'config',
  'lib',
]

/** Hooks, mocks and subscriptions of a file would hold for the whole group. */
const needsOwnProcess = /^(before|after)(Each)?\(|\bmock\.|^subscribe\(/m

const groups: { folder: string; files: string[] }[] = []
const alone: string[] = []
for (const file of globSync('test/**/*.test.ts', { cwd: root }).sort()) {
  const [, folder = ''] = file.split('/')
  if (!shared.includes(folder) || needsOwnProcess.test(readFileSync(join(root, file), 'utf8'))) {
    alone.push(file)
    continue
  }
  let group = groups.findLast((one) => one.folder === folder)
  if (!group || sizeOf(group.files) > groupSize) {
    group = { folder, files: [] }
    groups.push(group)
  }
  group.files.push(file)
}
groups.sort((a, b) => shared.indexOf(a.folder) - shared.indexOf(b.folder))

rmSync(outputFolder, { recursive: true, force: true })
mkdirSync(outputFolder, { recursive: true })
// Tests that are alone mostly wait for processes, so they run between the groups, which need a core each.
const runs = [
  ...groups.map((group, i) => ({ ...group, at: i / groups.length })),
  ...alone.map((file, i) => ({ folder: nameOf(file), files: [file], at: i / alone.length })),
].sort((a, b) => a.at - b.at)
for (const [i, { folder, files }] of runs.entries()) {
  // The test runner starts files in the order of their names.
  const name = `${String(i + 1).padStart(2, '0')}-${folder}.test.js`
  writeFileSync(join(outputFolder, name), contentOf(files))
}

function nameOf(file: string): string {
  return file
    .replace(/^test\//, '')
    .replace(/\.test\.ts$/, '')
    .replaceAll('/', '-')
}

/** In characters of source. */
function sizeOf(files: string[]): number {
  return files.reduce((sum, file) => sum + readFileSync(join(root, file), 'utf8').length, 0)
}

function contentOf(files: string[]): string {
  return files.map((file) => `import ${JSON.stringify(join(root, file))}\n`).join('')
}
