import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { copySources } from '../support/copy-sources.ts'

/** Imports that each rule forbids, and the files to add them to. */
const offences: [rule: string, file: string, line: string][] = [
  ['no-circles', 'src/lib/and-back.ts', "import './there.ts'"],
  ['every-import-resolves', 'src/lib/offence.ts', "import './not-there.ts'"],
  ['lib-imports-lib-alone', 'src/lib/offence-2.ts', "import '../config/version.ts'"],
  ['i18n-imports-i18n-alone', 'src/i18n/offence.ts', "import '../config/version.ts'"],
  ['config-imports-lib-and-i18n-alone', 'src/config/offence.ts', "import '../store/schema.ts'"],
  ['store-imports-the-base-alone', 'src/store/offence.ts', "import '../keys/keyring.ts'"],
  [
    'migrations-import-kysely-alone',
    'src/store/migrations/offence.ts',
    "import { now } from '../../lib/clock.ts'",
  ],
  ['services-look-down', 'src/sessions/offence.ts', "import '../accounts/sign-up.ts'"],
  ['services-look-down', 'src/rate-limits/offence.ts', "import '../overview/ways-in.ts'"],
  ['services-look-down', 'src/undo/offence.ts', "import '../mfa/mfa-sign-in.ts'"],
  ['services-look-down', 'src/keys/offence.ts', "import '../retention.ts'"],
  ['features-stay-apart', 'src/mfa/offence.ts', "import '../signin/sign-in.ts'"],
  ['undo-imports-challenges-alone', 'src/undo/undo.ts', "import '../mfa/mfa-sign-in.ts'"],
  ['features-stay-apart', 'src/signin/offence.ts', "import '../mfa/mfa-sign-in.ts'"],
  ['accounts-import-confirmation-alone', 'src/accounts/offence.ts', "import '../mfa/challenge.ts'"],
  [
    'invitations-import-the-first-passkey-alone',
    'src/accounts/invitations/offence.ts',
    "import '../../mfa/confirm-owner.ts'",
  ],
  ['passkey-checks-stand-alone', 'src/mfa/passkey/webauthn.ts', "import '../methods/method.ts'"],
  ['features-look-down', 'src/signin/offence-2.ts', "import '../retention.ts'"],
  ['features-look-down', 'src/mfa/offence-2.ts', "import '../admin/users.ts'"],
  ['the-server-alone-imports-oidc', 'src/retention.ts', "import './oidc/oidc.ts'"],
  ['the-provider-is-loaded-on-demand', 'src/oidc/offence.ts', "import './provider/create-oidc.ts'"],
  [
    'forward-auth-is-loaded-on-demand',
    'src/oidc/offence-2.ts',
    "import './forward-auth/forward-auth.ts'",
  ],
  ['above-looks-down', 'src/admin/offence.ts', "import '../server.ts'"],
  ['cli-imports-the-server', 'src/offence.ts', "import './cli/migrate.ts'"],
  ['http-is-for-routes', 'src/signin/offence-3.ts', "import '../http/schemas.ts'"],
  ['http-imports-no-feature', 'src/http/offence.ts', "import '../notifications/transport.ts'"],
  ['only-store-imports-databases', 'src/activity/offence.ts', "import 'node:sqlite'"],
  [
    'web-imports-client-and-i18n-alone',
    'web/src/offence.ts',
    "import '../../src/config/version.ts'",
  ],
  ['client-imports-nothing', 'client/offence.ts', "import 'node:crypto'"],
  [
    'client-imports-nothing',
    'client/offence-2.ts',
    "import type { Settings } from '../src/config/settings.ts'",
  ],
  ['src-imports-no-client', 'src/lib/offence-3.ts', "import '../../client/latchkey.ts'"],
]

test('every import rule has an offence here', async () => {
  const { default: config } = await import(
    new URL('../../.dependency-cruiser.mjs', import.meta.url).href
  )
  const names = config.forbidden.map(({ name }: { name: string }) => name)
  const broken = new Set(offences.map(([rule]) => rule))
  assert.deepEqual([...broken].sort(), names.sort())
})

test('the import rules report every offence, and nothing in the sources themselves', (t) => {
  const copy = copySources(t, 'client', 'web', '.dependency-cruiser.mjs')
  const clean = cruise(copy)
  // With an unsupported TypeScript version, depcruise reads no file and finds no violation.
  assert.ok(clean.modules > 50, `${clean.modules} modules`)
  assert.deepEqual(clean.violations, [])

  writeFileSync(join(copy, 'src/lib/there.ts'), "import './and-back.ts'\n")
  for (const [, file, line] of offences) {
    appendFileSync(join(copy, file), `${line}\nexport {}\n`)
  }
  const { violations } = cruise(copy)
  for (const [rule, file, line] of offences) {
    const named = violations.filter(({ from }) => from === file).map(({ name }) => name)
    assert.deepEqual(named, [rule], `${file}: ${line}`)
  }
  assert.equal(violations.length, offences.length)
  // A non-zero status fails `npm run check`.
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
