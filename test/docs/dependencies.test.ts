/** docs/dependencies.md gives a reason for every package, and for no other. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readPage, root } from '../support/markdown.ts'

const { dependencies, devDependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
)
const [, installed = '', bundled = '', development = ''] =
  readPage('docs/dependencies.md').split(/^## /m)
const importedBySources = new Set(
  globSync('src/**/*.ts', { cwd: root }).flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8').replace(/import type [^']+'[^']+'/g, '')
    return [...source.matchAll(/(?:from|import\()\s*'((?:@[^/']+\/)?[^/'.:][^/':]*)/g)].map(
      ([, name]) => name as string,
    )
  }),
)
const isBundled = (name: string) => importedBySources.has(name)

for (const [kind, section, names] of [
  ['packages installed with the service', installed, Object.keys(dependencies)],
  ['packages in the bundle', bundled, Object.keys(devDependencies).filter(isBundled)],
  [
    'packages for development',
    development,
    Object.keys(devDependencies).filter((name) => !isBundled(name)),
  ],
] as const) {
  test(`docs/dependencies.md has a line for each of the ${kind} and no other`, () => {
    const rows = [...section.matchAll(/^\| `([^`]+)` \| (.+) \| (.+) \|$/gm)]
    assert.ok(names.length > 0)
    assert.deepEqual(
      rows.map(([, name]) => name),
      names.sort(),
    )
    for (const [, name, job = '', why = ''] of rows) {
      assert.ok(job.trim().length > 8 && why.trim().length > 8, `${name} has no reason`)
    }
  })
}
