/** docs/dependencies.md gives a reason for every package, and for no other. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readPage, root } from '../support/markdown.ts'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const [, production = '', development = ''] = readPage('docs/dependencies.md').split(/^## /m)

for (const [kind, section, names] of [
  ['dependencies', production, Object.keys(manifest.dependencies)],
  ['devDependencies', development, Object.keys(manifest.devDependencies)],
] as const) {
  test(`docs/dependencies.md has a line for each of ${kind} and no other`, () => {
    const rows = [...section.matchAll(/^\| `([^`]+)` \| (.+) \| (.+) \|$/gm)]
    assert.deepEqual(
      rows.map(([, name]) => name),
      names.sort(),
    )
    for (const [, name, job = '', why = ''] of rows) {
      assert.ok(job.trim().length > 8 && why.trim().length > 8, `${name} has no reason`)
    }
  })
}
