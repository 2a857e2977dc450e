// Compiles the service to dist/, for the package. Earlier output is deleted first: a renamed source
// would be in the package twice, and a renamed migration would run twice.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

mkdirSync(dist, { recursive: true })
for (const entry of readdirSync(dist)) {
  // scripts/build-pages.ts builds the pages, if they are out of date.
  if (entry !== 'web') rmSync(join(dist, entry), { recursive: true })
}
const tsc = join(root, 'node_modules/.bin/tsc')
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
