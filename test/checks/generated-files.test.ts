import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { copySources } from '../support/copy-sources.ts'

const generated = [
  'openapi.json',
  'client/latchkey.ts',
  'docs/settings.md',
  'docs/errors.md',
  'docs/rate-limits.md',
  'docs/abuse-cases.md',
  '.env.example',
]

test('a stale or missing generated file fails the check, which names it', (t) => {
  const copy = copySources(t, 'client', 'scripts', 'test', 'docs', 'openapi.json', '.env.example')
  const generate = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/generate.ts', ...args], { cwd: copy, encoding: 'utf8' })

  assert.equal(generate().status, 0)
  const fresh = generate('--check')
  assert.deepEqual([fresh.status, fresh.stderr], [0, ''])

  const [missing = '', ...stale] = generated
  rmSync(join(copy, missing))
  for (const file of stale) appendFileSync(join(copy, file), '\n')
  const { status, stderr } = generate('--check')
  assert.equal(status, 1)
  assert.deepEqual(
    stderr.trim().split('\n'),
    generated.map((file) => `${file} is out of date: run npm run generate`),
  )
})
