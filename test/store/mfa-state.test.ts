import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')

/** Files that may name the columns, and why. */
const allowed: Record<string, string> = {
  'src/store/mfa-state.ts': 'reads and sets them for everyone else',
  'src/store/schema.ts': 'declares them',
  'src/undo/snapshot.ts': 'lists mfa_on_since among the columns that an undo restores',
}

test('one file decides whether MFA is on: no other code names the columns that hold it', () => {
  const files = globSync('{src,scripts}/**/*.ts', { cwd: root }).filter(
    (file) => !file.startsWith('src/store/migrations/'),
  )
  const naming = files.filter((file) =>
    /\bmfa_(on_since|changed_at)\b/.test(readFileSync(join(root, file), 'utf8')),
  )
  assert.deepEqual(naming.sort(), Object.keys(allowed).sort())
})
