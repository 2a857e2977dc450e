/** Holds test/README.md to the helpers in test/support/. */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readPage, root } from '../support/markdown.ts'

test('test/README.md names every helper of test/support/, and no other', () => {
  const [, helpers = ''] = readPage('test/README.md').split('\n## Helpers\n')
  const onPage = [...helpers.matchAll(/`([\w/-]+\.ts)`/g)].map(([, file]) => file)
  const actual = globSync('**/*.ts', { cwd: join(root, 'test/support') })
  assert.deepEqual(onPage.sort(), actual.sort())
})
