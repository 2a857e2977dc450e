import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { copyOfSources } from '../support/copy.ts'

/** Imports that each rule forbids, and where they would stand. */
const offences: [rule: string, file: string, line: string][] = [
  ['no-circles', 'src/lib/and-back.ts', "import './there.ts'"],
  ['every-import-resolves', 'src/lib/offence.ts', "import './not-there.ts'"],
  ['lib-knows-nobody', 'src/lib/curious.ts', "import type { Settings } from '../settings.ts'"],
  ['store-knows-lib-alone', 'src/store/curious.ts', "import '../version.ts'"],
  [
    'migrations-know-kysely-alone',
    'src/store/migrations/curious.ts',
    "import { now } from '../../lib/clock.ts'",
  ],
  ['services-look-down', 'src/sessions/curious.ts', "import '../accounts/routes.ts'"],
  ['services-look-down', 'src/limits/curious.ts', "import '../undo/undo.ts'"],
  ['services-look-down', 'src/codes/curious.ts', "import '../overview/routes.ts'"],
  ['features-stay-apart', 'src/mfa/curious.ts', "import '../signin/sign-in.ts'"],
  ['only-signin-asks-mfa', 'src/accounts/curious.ts', "import '../mfa/challenge.ts'"],
  ['features-look-down', 'src/signin/curious.ts', "import '../housekeeping.ts'"],
  ['features-look-down', 'src/mfa/wishful.ts', "import '../undo/undo.ts'"],
  ['features-look-down', 'src/accounts/wishful.ts', "import '../overview/routes.ts'"],
  ['those-above-look-down', 'src/undo/wishful.ts', "import '../server.ts'"],
  ['only-main-runs-commands', 'src/loud.ts', "import './commands/migrate.ts'"],
  ['http-is-for-routes', 'src/signin/shown.ts', "import { plainPage } from '../http/page.ts'"],
  ['http-knows-no-feature', 'src/http/curious.ts', "import '../messages/gateway.ts'"],
  ['store-hides-the-database', 'src/activity/direct.ts', "import 'node:sqlite'"],
  ['text-knows-nobody', 'src/text/curious.ts', "import '../version.ts'"],
  ['web-knows-client-and-text', 'web/src/curious.ts', "import '../../src/version.ts'"],
  ['client-knows-nobody', 'client/curious.ts', "import 'node:crypto'"],
  ['client-knows-nobody', 'client/nosy.ts', "import type { Settings } from '../src/settings.ts'"],
  ['src-knows-no-client', 'src/lib/calling.ts', "import '../../client/latchkey.ts'"],
  ['no-dev-dependency-in-src', 'src/signin/tested.ts', "import 'fast-check'"],
]

test('every import rule is broken here once', async () => {
  const { default: config } = await import(
    new URL('../../.dependency-cruiser.mjs', import.meta.url).href
  )
  const names = config.forbidden.map(({ name }: { name: string }) => name)
  const broken = new Set(offences.map(([rule]) => rule))
  assert.deepEqual([...broken].sort(), names.sort())
})

test('the import rules name every offence, and nothing in the sources as they are', (t) => {
  const copy = copyOfSources(t, 'client', 'web', '.dependency-cruiser.mjs')
  const clean = cruise(copy)
  // Beside the wrong TypeScript it reads no file, and is content.
  assert.ok(clean.modules > 50, `${clean.modules} modules`)
  assert.deepEqual(clean.violations, [])

  writeFileSync(join(copy, 'src/lib/there.ts'), "import './and-back.ts'\n")
  for (const [, file, line] of offences) {
    writeFileSync(join(copy, file), `${line}\nexport {}\n`)
  }
  const { violations } = cruise(copy)
  for (const [rule, file, line] of offences) {
    const named = violations.filter(({ from }) => from === file).map(({ name }) => name)
    assert.deepEqual(named, [rule], `${file}: ${line}`)
  }
  assert.equal(violations.length, offences.length)
  // This is what ends `npm run check`.
  assert.equal(depcruise(copy).status, violations.length)
})

interface Cruised {
  modules: number
  violations: { from: string; name: string }[]
}

function cruise(folder: string): Cruised {
  const { stdout, stderr } = depcruise(folder, '--output-type', 'json')
  assert.ok(stdout.startsWith('{'), stdout + stderr)
  const { summary } = JSON.parse(stdout)
  const violations = summary.violations.map(
    ({ from, rule }: { from: string; rule: { name: string } }) => ({ from, name: rule.name }),
  )
  return { modules: summary.totalCruised, violations }
}

/** As `npm run check` does. */
function depcruise(folder: string, ...options: string[]) {
  return spawnSync(
    process.execPath,
    ['node_modules/.bin/depcruise', 'src', 'client', 'web', ...options],
    {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1e8,
    },
  )
}
