// Compiles the service to dist/, for the package. What was compiled there before goes: a source that
// has another name now would be in the package twice, and a migration would run twice.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

mkdirSync(dist, { recursive: true })
for (const entry of readdirSync(dist)) {
  // The pages are built by scripts/build-pages.ts, which knows whether they are up to date.
  if (entry !== 'web') rmSync(join(dist, entry), { recursive: true })
}
const tsc = join(root, 'node_modules/.bin/tsc')
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
